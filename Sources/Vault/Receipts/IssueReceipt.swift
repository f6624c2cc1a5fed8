internal import Rules
public import Storage

extension DocumentVault {
    /// The receipt of a consent as it stands now, for the same people who may list it.
    ///
    /// - Throws: `VaultError.notFound(.consent)`, `.invalid`.
    public func receipt(of id: ActID, as caller: Caller) async throws -> ConsentReceipt {
        let consent = try await consent(id, as: caller)
        let terms = consent.terms
        let agreement = agreement
        let categories = terms.categories.map { Category(rawValue: $0) }
        let holders = categories.flatMap { agreement.holders(of: $0) }
        let parties = Party.allCases.filter { holders.isEmpty ? $0 == .education : holders.contains($0) }
        let told = agreement.transparency
        let names = try await recipient(terms)
        return ConsentReceipt(
            receiptID: "\(ActID(from: environment.random))", recordID: consent.id, childID: consent.child,
            kind: terms.kind.rawValue, state: consent.state.rawValue, purpose: terms.purpose,
            purposeTitle: agreement.title(of: Purpose(rawValue: terms.purpose)) ?? terms.purpose,
            categories: categories.map { .init(id: $0.rawValue, title: agreement.title(of: $0) ?? $0.rawValue) },
            recipients: terms.roles.map { role in
                .init(role: role, title: agreement.title(of: Role(rawValue: role)) ?? role, person: names)
            }, giver: terms.giver, capacity: terms.capacity.rawValue, authority: terms.authority,
            recordedBy: consent.recordedBy, notice: terms.notice, noticeDigest: nil, language: terms.language,
            channel: terms.channel, interpreter: terms.interpreter, evidence: terms.evidence,
            validUntil: "\(terms.until)",
            events: consent.events.map { .init(state: $0.state.rawValue, time: $0.time) },
            controllers: parties.compactMap { party in
                told.controllers[party].map {
                    .init(party: party.rawValue, name: $0.name, address: $0.address, contact: $0.contact)
                }
            }, lawfulBasis: lawfulBasis(terms), storage: told.storage, retention: told.retention,
            jurisdiction: told.jurisdiction, withdrawal: told.withdrawal, rights: told.rights,
            issued: environment.now().text,
            restsElsewhere: categories.compactMap { restsElsewhere($0, agreement) })
    }

    private func recipient(_ terms: ConsentTerms) async throws -> String? {
        guard let id = terms.person.flatMap({ PersonID($0) }),
            let row = try await records.read({ try $0.person(id) })
        else { return nil }
        return try names(of: row).name
    }

    private func lawfulBasis(_ terms: ConsentTerms) -> String {
        switch terms.kind {
        case .service: "Taking part is voluntary. What the law requires to be shared does not rest on this."
        case .confidentiality: "The common law duty of confidence, which this lifts for what is named here."
        case .lawfulBasis: "UK GDPR Article 6(1)(a) consent and Article 9(2)(a) explicit consent."
        }
    }

    /// Who sees papers of a category in full or as an extract with no consent at all, in a sentence.
    private func restsElsewhere(_ category: Category, _ agreement: Agreement) -> String? {
        let today = environment.today()
        var roles: [String] = []
        for holder in agreement.holders(of: category) {
            for role in agreement.roles where agreement.capacity(of: role) == nil {
                let reads = agreement.parties(of: role).contains { party in
                    agreement.purposes.contains { purpose in
                        [Rendition.original, .extract].contains { rendition in
                            let facts = AccessFacts(
                                .read, category: category, holder: holder, rendition: rendition, caller: party,
                                role: role, purpose: purpose, isOnCase: true)
                            return agreement.decide(facts, on: today).permit != nil
                        }
                    }
                }
                if reads, let title = agreement.title(of: role), !roles.contains(title) { roles.append(title) }
            }
        }
        guard let title = agreement.title(of: category), !roles.isEmpty else { return nil }
        return "\(title): the law lets these people see it, or a part of it, while they work on the case: "
            + roles.joined(separator: "; ") + "."
    }
}
