/// One thing in which two agreements differ, in words for the people who approve the newer one.
public struct AgreementChange: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Hashable, Sendable { case added, removed, changed }

    public let kind: Kind
    /// `rule D05-full`, `sharing education → health`, `limit taskDays`.
    public let what: String
    /// What the older agreement says; `nil` if it was silent.
    public let before: String?
    /// What the newer one says; `nil` if it is silent.
    public let after: String?

    fileprivate init?(_ what: String, before: String?, after: String?) {
        switch (before, after) {
        case (nil, nil): return nil
        case (nil, _): kind = .added
        case (_, nil): kind = .removed
        case let (before, after):
            if before == after { return nil }
            kind = .changed
        }
        self.what = what
        self.before = before
        self.after = after
    }
}

/// Everything that the newer agreement says otherwise: what it adds and changes, in its own order, then what it drops.
///
/// The order of a list and the version number make no difference; everything else that the files can say does.
public func changes(from old: Agreement, to new: Agreement) -> [AgreementChange] {
    let (before, after) = (old.articles, new.articles)
    let told = Dictionary(uniqueKeysWithValues: before.map { ($0.what, $0.sentence) })
    let kept = Set(after.map(\.what))
    let changed = after.compactMap { AgreementChange($0.what, before: told[$0.what], after: $0.sentence) }
    let dropped = before.filter { !kept.contains($0.what) }
    return changed + dropped.compactMap { AgreementChange($0.what, before: $0.sentence, after: nil) }
}

extension Agreement {
    typealias Article = (what: String, sentence: String)

    /// All that the agreement says, each thing under a name of its own.
    fileprivate var articles: [Article] {
        let wording = Wording(agreement: self, names: .identifiers)
        return termArticles + wordArticles(wording) + adminArticles(wording) + sharingArticles(wording)
            + clauses.map { clause in
                let subject = wording.categories(clause.categories)
                return ("rule \(clause.id)", "\(wording.sentence(clause, about: subject)) Basis: \(clause.basis).")
            }
    }

    private var termArticles: [Article] {
        var articles: [Article] = [
            ("title", title), ("dates", "In force from \(from) to \(until), to be reviewed by \(reviewBy)."),
        ]
        articles += limits.sentences.map { ("limit \($0.key)", $0.sentence) }
        articles += extraBankHolidays.sorted().map { ("bank holiday \($0)", "It is no working day.") }
        articles += Party.allCases.compactMap { party in
            transparency.controllers[party].map {
                ("controller \(party.rawValue)", "\($0.name), \($0.address), \($0.contact)")
            }
        }
        articles += [
            ("transparency storage", transparency.storage), ("transparency retention", transparency.retention),
            ("transparency jurisdiction", transparency.jurisdiction),
            ("transparency withdrawal", transparency.withdrawal), ("transparency rights", transparency.rights),
        ]
        return articles
    }

    private func wordArticles(_ wording: Wording) -> [Article] {
        var articles: [Article] = zip(purposes, purposeTitles).map { ("purpose \($0)", $1) }
        articles += zip(roles, roleEntries).map { role, entry in
            let parties = Wording.list(entry.parties.map(\.rawValue).sorted())
            let emergency = entry.actsInEmergency ? " May act in an emergency." : ""
            return ("role \(role)", "\(entry.title), of \(parties).\(emergency)")
        }
        articles += Capacity.allCases.map { ("capacity \($0.rawValue)", "Acts as \(capacities[$0]).") }
        articles += zip(categories, categoryEntries).map { category, entry in
            let holders = Wording.list(entry.holders.map(\.rawValue).sorted())
            let labels = entry.labels.isEmpty ? "" : " Carries \(Wording.list(entry.labels.map(\.rawValue).sorted()))."
            let obligations = entry.obligations.isEmpty ? "" : " \(Wording.sentence(entry.obligations))"
            return ("category \(category)", "\(entry.title), held by \(holders).\(labels)\(obligations)")
        }
        articles += labels.compactMap { label in
            labelEntries[label].map { ("label \(label)", wording.sentence($0)) }
        }
        return articles
    }

    private func adminArticles(_ wording: Wording) -> [Article] {
        duties.map { ("duty \($0)", "Done by \(wording.roles(dutyRoles[$0] ?? [])).") }
            + bases.keys.sorted().compactMap { id in bases[id].map { ("basis \(id)", $0.sentence) } }
    }

    private func sharingArticles(_ wording: Wording) -> [Article] {
        Party.allCases.flatMap { holder in
            Party.allCases.compactMap { asker in
                wording.sharing(from: holder, to: asker).map {
                    ("sharing \(holder.rawValue) → \(asker.rawValue)", $0)
                }
            }
        }
    }
}
