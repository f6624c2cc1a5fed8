/// The agreement as a document to be signed, in Markdown.
///
/// It says everything that the policy files say, and says it the same way every time.
///
/// `digest`: of the files, so that the signatures are bound to them.
public func rendering(of agreement: Agreement, digest: String) -> String {
    Rendering(agreement: agreement, wording: Wording(agreement: agreement, names: .titles)).text(digest: digest)
}

private struct Rendering {
    let agreement: Agreement
    let wording: Wording

    func text(digest: String) -> String {
        let parts = [
            term, parties, purposes, roles, consents, labels, emergencies, sharing, rules, bases, duties,
            signatures(digest: digest),
        ]
        return "# \(Self.plain(agreement.title))\n\n" + parts.joined(separator: "\n")
    }

    private var term: String {
        """
        Version \(agreement.version). In force from \(agreement.from) to \(agreement.until), both days included. To be \
        reviewed by \(agreement.reviewBy): what comes after that day is not shared between parties until the agreement \
        is renewed.

        What this agreement does not allow is refused. A label on a document, and a restriction on a person, come before \
        every rule. Every look is recorded, and so is every refusal.

        """
    }

    private var parties: String {
        let transparency = agreement.transparency
        let controllers = Party.allCases.compactMap { party in
            transparency.controllers[party].map {
                "\(party.title): \($0.name), \($0.address), \($0.contact)."
            }
        }
        return section(1, "Parties and controllers", Self.bullets(controllers))
            + paragraphs([
                "Where documents are kept: \(transparency.storage)", "How long: \(transparency.retention)",
                "Law: \(transparency.jurisdiction).",
            ])
    }

    private var purposes: String {
        section(
            2, "Purposes",
            Self.bullets(zip(agreement.purposes, agreement.purposeTitles).map { "\($1) (\($0))." }))
    }

    private var roles: String {
        let lines = zip(agreement.roles, agreement.roleEntries).map { role, entry in
            "\(entry.title) (\(role)), of \(Wording.list(entry.parties.map(\.name)))."
        }
        return section(3, "Roles", "A person acts only in a role, and for the party in which the person sits.\n")
            + "\n" + Self.bullets(lines)
    }

    private var consents: String {
        let capacities = Capacity.allCases.map { capacity in
            "\(agreement.title(of: agreement.role(of: capacity)) ?? "") (\(agreement.role(of: capacity))) "
                + "acts as \(Self.words(of: capacity))."
        }
        let limits = agreement.limits.sentences.filter { ["consentDays", "youngPersonGraceDays"].contains($0.key) }
        return section(
            4, "Consent",
            paragraphs([
                "Three consents are kept apart, and none stands for another: to a service, which opens nothing; to "
                    + "lifting confidence; and as a lawful basis."
            ])) + "\n" + Self.bullets(capacities + limits.map(\.sentence))
            + paragraphs([
                "Withdrawal: \(agreement.transparency.withdrawal)", "Rights: \(agreement.transparency.rights)",
            ])
    }

    private static func words(of capacity: Capacity) -> String {
        switch capacity {
        case .parent: "a parent"
        case .competentChild: "a child who understands the decision"
        case .youngPerson: "a young person, over compulsory school age"
        case .representative: "the family's representative"
        }
    }

    private var labels: String {
        let lines = agreement.labels.compactMap { label in
            agreement.labelEntries[label].map { "\(label): \(wording.sentence($0))" }
        }
        return section(5, "Labels", Self.bullets(lines))
    }

    private var emergencies: String {
        let roles = agreement.roleEntries.indices.filter { agreement.roleEntries[$0].actsInEmergency }
        let limits = agreement.limits.sentences.filter { !["consentDays", "youngPersonGraceDays"].contains($0.key) }
        return section(
            6, "Emergencies, tasks and closed cases",
            paragraphs([
                "An emergency grant serves \(wording.roles(roles)). It stands in for a place on the case and for "
                    + "missing sharing, and opens the rules that say so. It never lifts a label or a restriction on a "
                    + "person, it lets nobody write or release, and it is always reviewed."
            ])) + "\n" + Self.bullets(limits.map(\.sentence))
            + paragraphs(
                agreement.extraBankHolidays.isEmpty
                    ? []
                    : [
                        "Also no working days: "
                            + Wording.list(agreement.extraBankHolidays.sorted().map(\.description)) + "."
                    ])
    }

    private var sharing: String {
        let lines = Party.allCases.flatMap { holder in
            Party.allCases.compactMap { asker in
                wording.sharing(from: holder, to: asker).map { "From \(holder.name) to \(asker.name): \($0)" }
            }
        }
        return section(7, "What one party may have from another", Self.bullets(lines))
    }

    /// The rules of each category, then those that are for several.
    private var rules: String {
        var text = section(
            8, "Who may do what",
            paragraphs([
                "Whoever asks must be on the case or, where a rule says so, hold a task that names the document. Beside "
                    + "the rules of its own, a category is under the rules for several categories below."
            ]))
        for category in agreement.categories.indices {
            let own = agreement.clauses.filter { $0.categories == [category] }
            text += "\n### \(heading(category))\n\n\(Self.plain(about(category)))\n"
            if !own.isEmpty { text += "\n" + Self.bullets(own.map(sentence)) }
        }
        let shared = agreement.clauses.filter { $0.categories.count > 1 }
        if shared.isEmpty { return text }
        let lines = shared.map { "For each of \(wording.categories($0.categories)): \(sentence($0))" }
        return text + "\n### Several categories\n\n" + Self.bullets(lines)
    }

    private func heading(_ category: Int) -> String {
        Self.plain("\(agreement.categories[category]) \(agreement.categoryEntries[category].title)")
    }

    private func about(_ category: Int) -> String {
        let entry = agreement.categoryEntries[category]
        var sentences = ["Held by \(Wording.list(entry.holders.map(\.name)))."]
        if !entry.labels.isEmpty { sentences.append("Always labelled \(Wording.list(entry.labels.map(\.rawValue))).") }
        if !entry.obligations.isEmpty { sentences.append(Wording.sentence(entry.obligations)) }
        return sentences.joined(separator: " ")
    }

    private func sentence(_ clause: Clause) -> String {
        "\(wording.sentence(clause, about: "it")) Rule \(clause.id), basis \(clause.basis)."
    }

    private var bases: String {
        let lines = agreement.bases.keys.sorted().compactMap { id in
            agreement.bases[id].map { "\(id): \($0.sentence)." }
        }
        return section(9, "Lawful bases", Self.bullets(lines))
    }

    private var duties: String {
        let lines = agreement.duties.map { "\($0): \(wording.roles(agreement.dutyRoles[$0] ?? []))." }
        return section(10, "Administrative acts", Self.bullets(lines))
    }

    private func signatures(digest: String) -> String {
        let rows = Party.allCases.compactMap { party in
            agreement.transparency.controllers[party].map {
                "| \(party.title) | \(Self.plain($0.name)) | | | | |\n"
            }
        }
        return section(
            11, "Signatures",
            paragraphs(["This document was made from version \(agreement.version) of the agreement files: \(digest)."]))
            + "\n| Party | Controller | Role | Name | Signature | Date |\n| --- | --- | --- | --- | --- | --- |\n"
            + rows.joined()
    }

    private func section(_ number: Int, _ title: String, _ body: String) -> String {
        "## \(number). \(title)\n\n\(body.drop { $0 == "\n" })"
    }

    private func paragraphs(_ texts: [String]) -> String { texts.map { "\n\(Self.plain($0))\n" }.joined() }

    private static func bullets(_ lines: [String]) -> String { lines.map { "- \(plain($0))\n" }.joined() }

    /// Keeps what the files say from being read as Markdown, which could hide or dress up what is signed.
    private static func plain(_ text: String) -> String {
        var plain = ""
        for character in text {
            if #"\`*_<>[]|&!"#.contains(character) { plain.append(#"\"#) }
            plain.append(character)
        }
        return plain
    }
}
