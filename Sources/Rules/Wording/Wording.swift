/// The sentences in which an agreement is told.
struct Wording {
    /// How roles are named, and in which order things are listed.
    enum Names {
        /// By their identifiers in alphabetical order, so that neither a new title nor a new order changes a sentence.
        case identifiers
        /// By their titles, in the order of the agreement.
        case titles
    }

    let agreement: Agreement
    let names: Names

    /// Who may do what with the categories of a rule, on which condition and basis.
    func sentence(_ clause: Clause, about subject: String) -> String {
        let provisos = Self.provisos(clause)
        let condition = provisos.isEmpty ? "" : ", " + provisos.joined(separator: ", ")
        let obligations = clause.obligations.isEmpty ? "" : " \(Self.sentence(clause.obligations))"
        return "\(roles(clause.roles)) may \(Self.act(clause, on: subject))\(condition).\(obligations)"
    }

    private static func act(_ clause: Clause, on subject: String) -> String {
        if let rendition = clause.rendition { return "read \(subject) in the rendition \(rendition) only" }
        switch clause.grant {
        case .full: return "read \(subject) in full"
        case [.author, .full]: return "write \(subject) and read it in full"
        case .author: return "write \(subject) and read what is their own"
        case .extract: return "read the extract or the summary of \(subject) only"
        case .metadata: return "know of \(subject) that it exists, its date and its type, and no more"
        default: return "release \(subject) to the family"
        }
    }

    private static func provisos(_ clause: Clause) -> [String] {
        var provisos: [String] = []
        let conditions = clause.conditions
        if conditions.contains(.own) { provisos.append("if it is their own or their organisation's") }
        if conditions.contains(.released) { provisos.append("once it is released to the family") }
        if clause.harmCheck { provisos.append("after a check for serious harm and for third parties") }
        if conditions.contains(.confidentialityConsent) { provisos.append("with consent to lifting confidence") }
        if conditions.contains(.lawfulConsent) { provisos.append("with consent as the lawful basis") }
        if conditions.contains(.task) { provisos.append("on a task that names the document") }
        if conditions.contains(.emergency) { provisos.append("in an emergency only") }
        if !clause.needsCase { provisos.append("within their own party, without a place on the case") }
        return provisos
    }

    /// What goes with a permit: `Watermarked. On screen only.`
    static func sentence(_ obligations: Set<Obligation>) -> String {
        Obligation.allCases.filter(obligations.contains).map { obligation in
            switch obligation {
            case .watermark: "Every page is marked with person, time and case."
            case .viewOnly: "It is shown on screen only, neither downloaded nor printed."
            case .notifyFamily: "The family is told."
            case .part3Log: "The law-enforcement log is kept."
            }
        }.joined(separator: " ")
    }

    /// Whom a label lets pass.
    func sentence(_ label: LabelEntry) -> String {
        let always = roles(places(label.exempt))
        let onTask = places(label.exemptOnTask)
        let also = onTask.isEmpty ? "" : ", and on a task that names the document \(roles(onTask))"
        return "\(label.reason) It keeps out everybody but \(always)\(also)."
    }

    private func places(_ bits: Bits) -> [Int] { agreement.roles.indices.filter(bits.contains) }

    /// What one party may have from another; `nil` if nothing.
    func sharing(from holder: Party, to asker: Party) -> String? {
        var groups: [(purposes: Bits, categories: [Int])] = []
        for category in agreement.categories.indices {
            let purposes = agreement.sharing[holder: holder, asker: asker, category: category]
            if purposes.isEmpty { continue }
            if let known = groups.firstIndex(where: { $0.purposes == purposes }) {
                groups[known].categories.append(category)
            } else {
                groups.append((purposes, [category]))
            }
        }
        if groups.isEmpty { return nil }
        return groups.map { "\(categories($0.categories)), for \(purposes($0.purposes))" }.joined(separator: "; ") + "."
    }

    func roles(_ places: [Int]) -> String {
        switch names {
        case .identifiers: identifiers(places, of: agreement.roles)
        case .titles: Self.list(places.sorted().map { agreement.roleEntries[$0].title })
        }
    }

    func roles(_ roles: [Role]) -> String { self.roles(roles.compactMap { agreement.roleIndex[$0] }) }

    /// By their identifiers always: their titles, in a list, would run into each other.
    func categories(_ places: [Int]) -> String { identifiers(places, of: agreement.categories) }

    private func purposes(_ bits: Bits) -> String {
        identifiers(agreement.purposes.indices.filter(bits.contains), of: agreement.purposes)
    }

    private func identifiers(_ places: [Int], of words: [some PolicyWord]) -> String {
        switch names {
        case .identifiers: Self.list(places.map { words[$0].rawValue }.sorted())
        case .titles: Self.list(places.sorted().map { words[$0].rawValue })
        }
    }

    /// `A`, `A and B`, `A, B and C`.
    static func list(_ items: [String]) -> String {
        guard let last = items.last, items.count > 1 else { return items.first ?? "nobody" }
        return items.dropLast().joined(separator: ", ") + " and " + last
    }
}

extension Limits {
    /// Each limit by its key, in a sentence.
    var sentences: [(key: String, sentence: String)] {
        [
            ("emergencyHours", "An emergency grant runs for \(emergencyHours) hours at the most."),
            ("emergencyReasonCharacters", "Its reason has at least \(emergencyReasonCharacters) characters."),
            (
                "emergencySignInMinutes",
                "Whoever opens an emergency signed in no more than \(emergencySignInMinutes) minutes before."
            ),
            ("taskDays", "A task grant runs for \(taskDays) days at the most."),
            ("consentDays", "A consent holds for \(consentDays) days at the most, and is then asked for again."),
            ("closedCaseDays", "A team keeps its access for \(closedCaseDays) days after its case has closed."),
            (
                "youngPersonGraceDays",
                "Parents keep reading for \(youngPersonGraceDays) days while a young person's choice is awaited."
            ),
        ]
    }
}

extension Party {
    /// Within a sentence.
    var name: String {
        switch self {
        case .education: "education"
        case .health: "health"
        case .socialCare: "social care"
        case .youthJustice: "youth justice"
        case .family: "the family"
        case .rights: "the rights office"
        }
    }

    /// At its beginning.
    var title: String { name.prefix(1).uppercased() + name.dropFirst() }
}
