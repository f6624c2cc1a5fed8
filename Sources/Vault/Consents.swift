internal import Foundation
internal import Ledger
public import Rules
internal import Sealing
public import Storage

/// A consent as it is listed: its terms, and everything that happened to it.
public struct Consent: Hashable, Sendable, Codable {
    public struct Event: Hashable, Sendable, Codable {
        public let state: ConsentState
        public let time: String
        public let note: String?
    }

    public let id: String
    public let child: String
    /// Today's.
    public let state: ConsentState
    public let terms: ConsentTerms
    /// The role and organisation of whoever wrote it down.
    public let recordedBy: String
    /// The oldest first.
    public let events: [Event]
}

/// What was said about a consent, before the vault has looked at it.
public struct NewConsent: Sendable {
    public var isRefusal: Bool
    public var terms: ConsentTerms
    /// The user name of the only person it is for.
    public var recipient: String?
    /// The user name of the giver, where the giver has an account.
    public var giver: String?

    public init(isRefusal: Bool, terms: ConsentTerms, recipient: String?, giver: String?) {
        self.isRefusal = isRefusal
        self.terms = terms
        self.recipient = recipient
        self.giver = giver
    }
}

extension DocumentVault {
    /// Records that somebody consents, or refuses. A member of the family on the case speaks for himself or herself; those with the
    /// duty record what they were told, but nothing that would open papers to their own role.
    ///
    /// - Throws: `VaultError.invalid`, `.notFound`, `.denied`, `.reviewOverdue`.
    public func recordConsent(_ new: NewConsent, about child: ChildID, as caller: Caller) async throws -> ActID {
        try await requireWritable()
        var new = new
        var recorder = "the giver"
        if let own = try await family(of: child, caller) {
            new.giver = nil
            new.terms.giverPerson = "\(caller.person)"
            new.terms.giver = try await identity(of: caller).name
            new.terms.capacity = own
        } else {
            let place = try await authorise("consent.record", about: child, caller).1.place
            guard new.isRefusal || !new.terms.roles.contains(place.role.rawValue) else {
                throw VaultError.needsAnother("Recording a consent that opens papers to your own role")
            }
            recorder = try await title(of: place)
            new.terms.giverPerson = try await idText(ofUser: new.giver)
        }
        let recordedBy = recorder
        if !new.isRefusal { try requireNewSharing() }
        new.terms.person = try await idText(ofUser: new.recipient)
        let terms = try checked(new.terms)
        let event = new.isRefusal ? EventKind.consentRefused : .consentGiven
        let state = new.isRefusal ? ConsentState.refused : .given
        let id = ActID(from: environment.random)
        try await enact(about: child, by: caller) { standing, snapshot in
            try checkGiver(terms, standing)
            try checkEvidence(terms, snapshot)
            var act = try NewAct(
                .consent, id: id, ConsentBody(event: state, terms: terms, recordedBy: recordedBy),
                Event(event, by: caller).on(["consent": "\(id)"]).with(["kind": terms.kind.rawValue]))
            act.person = terms.person.flatMap { PersonID($0) }
            return [act]
        }
        return id
    }

    /// Ends a consent. It works at the next read, and takes the wraps that only this consent held with it.
    ///
    /// `note`: who said so and how, for the record.
    ///
    /// - Throws: `VaultError.notFound(.consent)`, `.alreadySo`, `.denied`.
    public func withdrawConsent(_ id: ActID, note: String?, as caller: Caller) async throws {
        let child = try await child(ofConsent: id, caller)
        let own = try await family(of: child, caller)
        if own == nil { _ = try await authorise("consent.record", about: child, caller) }
        let note = try note.map { try PlainText.paragraph($0, field: "note") }
        try await enact(about: child, by: caller) { standing, _ in
            guard let record = standing.consents[id] else { throw VaultError.notFound(.consent) }
            // The giver may, and the young person, whose right it now is.
            guard own == nil || own == .youngPerson || record.giver == caller.person else {
                throw VaultError.notFound(.consent)
            }
            guard record.events.last?.state == .given else { throw VaultError.alreadySo("This consent does not stand") }
            var act = try NewAct(
                .consent, id: ActID(from: environment.random), ConsentBody(event: .withdrawn, note: note),
                Event(.consentWithdrawn, by: caller).on(["consent": "\(id)"]))
            act.refers = id
            return [act]
        }
    }

    /// Every consent about a child; for a member of the family, what he or she gave, and for the young person all.
    ///
    /// - Throws: `VaultError.notFound(.child)`, `.denied`.
    public func consents(about child: ChildID, as caller: Caller) async throws -> [Consent] {
        try await requireWritable()
        let own = try await family(of: child, caller)
        if own == nil { _ = try await authorise("consent.record", about: child, caller) }
        let snapshot = try await snapshot(of: child)
        let standing = try standing(snapshot)
        try await log(Event(.consentShown, by: caller).about(child), childKey: snapshot.key)
        return standing.consents
            .filter { own == nil || own == .youngPerson || $0.value.giver == caller.person }
            .map { consent($0.key, $0.value, standing, child) }
            .sorted { ($0.events.first?.time ?? "", $0.id) < ($1.events.first?.time ?? "", $1.id) }
    }

    /// - Throws: `VaultError.notFound(.consent)`.
    public func consent(_ id: ActID, as caller: Caller) async throws -> Consent {
        let child = try await child(ofConsent: id, caller)
        guard let found = try await consents(about: child, as: caller).first(where: { $0.id == "\(id)" }) else {
            throw VaultError.notFound(.consent)
        }
        return found
    }

    private func consent(_ id: ActID, _ record: ConsentRecord, _ standing: Standing, _ child: ChildID) -> Consent {
        Consent(
            id: "\(id)", child: "\(child)", state: record.state(on: environment.today(), in: standing),
            terms: record.terms, recordedBy: record.recordedBy,
            events: record.events.map { .init(state: $0.state, time: $0.time.text, note: $0.note) })
    }

    private func child(ofConsent id: ActID, _ caller: Caller) async throws -> ChildID {
        try await requireWritable()
        guard let act = try await records.read({ try $0.act(id) }), act.kind == .consent, act.refers == nil,
            try await !scenes(of: act.child, caller).filter({ $0.isOnCase || $0.isOfRightsOffice }).isEmpty
        else {
            try await refuse(.notFound(.consent), Event(.accessDenied, by: caller).on(["consent": "\(id)"]))
        }
        return act.child
    }

    /// In what capacity the caller is of the child's family, on one of the cases.
    func family(of child: ChildID, _ caller: Caller) async throws -> Capacity? {
        for scene in try await scenes(of: child, caller) {
            let roles = scene.askings.filter(\.isOnCase).map(\.place.role)
            if let capacity = roles.lazy.compactMap(scene.agreement.capacity).first { return capacity }
        }
        return nil
    }

    /// A role and its organisation, as a family may read it.
    private func title(of place: Caller.Place) async throws -> String {
        let row = try await records.read { try $0.organisation(place.organisation) }
        let organisation = try row.map { try open($0.name, "organisations", $0.id.bytes) } ?? place.party.rawValue
        return "\(agreement.title(of: place.role) ?? place.role.rawValue), \(organisation)"
    }

    private func idText(ofUser username: String?) async throws -> String? {
        guard let username else { return nil }
        return "\(try await person(named: username))"
    }

    /// Terms whose every word the agreement knows, and that end.
    private func checked(_ terms: ConsentTerms) throws -> ConsentTerms {
        var terms = terms
        let agreement = agreement
        guard terms.kind == .service || !terms.categories.isEmpty && !terms.roles.isEmpty else {
            throw VaultError.invalid(field: "consent", reason: "name what may be seen and who may see it")
        }
        for category in terms.categories where !agreement.categories.contains(Category(rawValue: category)) {
            throw VaultError.denied(.unknownCategory(Category(rawValue: category)))
        }
        for role in terms.roles where !agreement.roles.contains(Role(rawValue: role)) {
            throw VaultError.denied(.unknownRole(Role(rawValue: role)))
        }
        let purpose = Purpose(rawValue: terms.purpose)
        guard agreement.purposes.contains(purpose) else { throw VaultError.denied(.unknownPurpose(purpose)) }
        let today = environment.today()
        let longest = agreement.limits.consentDays
        guard terms.until >= today, today.days(until: terms.until) <= longest else {
            throw VaultError.invalid(field: "end", reason: "a consent holds from today for at most \(longest) days")
        }
        terms.giver = try PlainText.line(terms.giver, field: "giver")
        terms.authority = try PlainText.line(terms.authority, field: "authority")
        terms.notice = try PlainText.line(terms.notice, field: "notice")
        terms.language = try PlainText.line(terms.language, field: "language")
        terms.channel = try PlainText.line(terms.channel, field: "channel")
        terms.interpreter = try terms.interpreter.map { try PlainText.line($0, field: "interpreter") }
        return terms
    }

    /// From the day the rights pass, a parent can consent only for a young person who lacks capacity; before it, nobody is a young person.
    private func checkGiver(_ terms: ConsentTerms, _ standing: Standing) throws {
        let hasPassed = standing.youngPersonFrom.map { $0 <= environment.today() } ?? false
        if terms.capacity == .parent, hasPassed, !standing.lacksCapacity {
            throw VaultError.invalid(field: "capacity", reason: "the rights have passed to the young person")
        }
        if terms.capacity == .youngPerson, !hasPassed {
            throw VaultError.invalid(field: "capacity", reason: "the rights have not passed to the young person yet")
        }
    }

    private func checkEvidence(_ terms: ConsentTerms, _ snapshot: ChildSnapshot) throws {
        guard let evidence = terms.evidence else { return }
        guard let id = DocumentID(evidence), snapshot.documents[id] != nil else {
            throw VaultError.notFound(.document)
        }
    }
}

extension Scene {
    /// Whether the person works in the rights office, whose duties are not tied to a case.
    var isOfRightsOffice: Bool { askings.contains { $0.place.party == .rights } }
}
