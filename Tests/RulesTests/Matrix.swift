import Rules

/// The access matrix of the information-sharing paper, section 12, transcribed from the paper and not from the agreement,
/// and a plain reading of it.
///
/// `F` read in full; `A` author; `X` extract or summary; `M` that it exists; `R` read once released, `R*` after a harm
/// check; `c` with consent; `s` in an emergency; `t` on a task; `own` one's own only; a digit, one redaction only.
enum Matrix {
    static let text = """
        -    P/C/YP REP SCH   CON   SEND SMGR EP  HADV DCO/ICB SW  SCA DSL YJS CUST FIN LEG MED/TRI
        D01  F      c   A/F   -     F    F    F   X    X       F   F   X   X   X    -   t   t
        D02  A/F    c   F     X     F    F    F   F    X       F   F   F   X   F    -   t   t
        D03  R      c   A/F   X     F    F    F   F    M       X   F   X   X   F    X   t   t
        D04  R      c   F     X     F    F    A/F F    M       X   F   X   X   F    -   t   t
        D05  R      c   X     X     F    X    F   A/F  F       X   F   s   -   F    -   t   t
        D06  R*     c   X+c   -     X    X    X   A/F  X       s   X   s   s   X    -   t   t
        D07  R*     c   X     -     X    X    X   X    M       A/F A/F F   X   X    -   t   t
        D08  R*     -   -     -     M    M    M   M    -       A/F X   F   X   X    -   t   t
        D09  R*     -   X     -     X    X    X   X    M       A/F X   F   X   X    -   t   t
        D10a R      c   X     -     X    X    X   X    -       X   X   X   A/F F    -   t   t
        D10b -      -   -     -     -    -    -   -    -       -   -   s   A/F t    -   -   -
        D11  F      c   F     F+t+1 A/F  F    F   F    F+2     F+3 F   X   X   F    X   t   t
        D12  F      c   F     -     A/F  F    F   F    F       F   F   F   X   F    X   t   t
        D13  F      c   A/F   -     F    F    F   F    X       F   F   X   X   F    -   t   t
        D14a F      c   X     -     F    F    F   X    X       X   X   -   -   X    -   A/F A/F
        D14b -      -   -     -     F    F    -   -    -       -   -   -   -   -    -   A/F -
        D15  R      c   F+own F+own A/F  F    -   -    -       X   -   -   -   X    F   t   t
        D16  X      -   F+own -     A/F  F    X   X    X+4     -   -   -   -   -    A/F t   t
        D17  F      c   X     -     F    F    -   X    F+5     X   F   -   -   -    A/F t   t
        D18  -      -   -     -     -    -    -   s    -       F   -   A/F s   s    -   t   t
        D19  X      -   -     -     F    A/F  X   X    X       -   X   -   -   -    X   t   t
        D20  F+own  c   -     -     X    X    -   -    -       -   -   -   -   -    -   t   t
        D21  F+own  c   M     -     F    F    M   M    M       F   M   M   M   M    -   t   t
        D22  X+own  -   -     -     -    X    -   -    -       -   -   -   -   -    -   -   -
        D23  F+own  -   -     -     M    M    -   -    -       -   -   -   -   -    -   -   -
        """

    private static let redactions: [Substring: Rendition] = [
        "1": .redacted("consultation"), "2": .redacted("health-sections"), "3": .redacted("social-care-sections"),
        "4": .redacted("health-costs"), "5": .redacted("health-budget"),
    ]

    /// The cell of each category and role. The rights office and inspectors have `t` and the administrator `M` throughout,
    /// and the two administrative roles nothing.
    static let cells: [Category: [Role: Cell]] = {
        let rows = text.split(separator: "\n").map { $0.split(separator: " ") }
        var cells: [Category: [Role: Cell]] = [:]
        for row in rows.dropFirst() {
            var cell: [Role: Cell] = [:]
            for role in ["DPO", "REC", "INS"] as [Role] { cell[role] = Cell("t") }
            cell["ADM"] = Cell("M")
            for role in ["LEAD", "IGO"] as [Role] { cell[role] = Cell("-") }
            for (heading, code) in zip(rows[0], row).dropFirst() {
                for role in heading.split(separator: "/") { cell[Role(rawValue: String(role))] = Cell(code) }
            }
            cells[Category(rawValue: String(row[0]))] = cell
        }
        return cells
    }()

    /// Section 12.3: SEND for D01 to D05 and D11 to D13, and for D15, whose author it is; the authors for D06 to D10a. A
    /// release means something only where the family waits for one.
    private static func releases(_ role: Role, _ category: Category) -> Bool {
        guard cells[category]?["P"]?.onRelease == true else { return false }
        guard ["D06", "D07", "D08", "D09", "D10a"].contains(category) else { return role == "SEND" }
        return cells[category]?[role]?.authors == true
    }

    private static let carried: [Category: Set<Label>] = ["D10b": ["yj.le"], "D14b": ["legal.privileged"]]
    /// Whom a label lets pass, and whom on a task.
    private static let labels: [Label: (always: Set<Role>, onTask: Set<Role>)] = [
        "sealed.adoption": (["SW"], ["DPO"]), "legal.privileged": (["LEG", "SEND", "SMGR"], ["DPO", "REC"]),
        "yj.le": (["YJS"], ["CUST", "DPO", "REC", "INS"]), "safe-contact": (["SEND", "SMGR", "SW", "DSL"], ["DPO"]),
        "court-order": (["SEND", "SMGR", "SW", "LEG"], ["DPO"]),
    ]

    private static let emergencyRoles: Set<Role> = ["SW", "DSL", "SMGR", "HADV", "YJS", "CUST"]

    /// Whether the paper gives this, for a purpose that is shared.
    static func gives(_ facts: AccessFacts) -> Bool {
        guard let cell = cells[facts.category]?[facts.role], passesLabels(facts) else { return false }
        let isReading = facts.action == .see || facts.action == .read
        if let restraint = facts.restraint {
            guard isReading, restraint.reach.rawValue >= (facts.action == .see ? 1 : 2) else { return false }
        }
        let isEmergency = facts.hasEmergency && isReading && emergencyRoles.contains(facts.role)
        let operates = facts.role == "ADM" && facts.caller == facts.holder
        guard facts.isOnCase || facts.hasTaskGrant || isEmergency || operates else { return false }
        if facts.action == .release { return releases(facts.role, facts.category) }
        return gives(cell, facts, isEmergency: isEmergency)
    }

    private static func passesLabels(_ facts: AccessFacts) -> Bool {
        facts.labels.union(carried[facts.category] ?? []).allSatisfy { label in
            guard let exempt = labels[label] else { return false }
            return exempt.always.contains(facts.role) || (facts.hasTaskGrant && exempt.onTask.contains(facts.role))
        }
    }

    private static func gives(_ cell: Cell, _ facts: AccessFacts, isEmergency: Bool) -> Bool {
        if cell.isClosed { return false }
        if cell.ownOnly, !facts.isOwn { return false }
        if cell.onTask, !facts.hasTaskGrant { return false }
        if cell.inEmergency, !isEmergency { return false }
        if cell.onRelease, !facts.isReleased { return false }
        // A supporter reads because the family wants it; a school, because confidence was lifted.
        let needed: ConsentKinds = facts.role == "REP" ? .lawfulBasis : .confidentiality
        if cell.onConsent, !facts.consents.contains(needed) { return false }

        switch facts.action {
        case .see: return true
        case .deposit: return cell.authors
        case .release: return false
        case .read:
            if cell.metadataOnly { return false }
            if let redaction = cell.redaction { return facts.rendition == redaction }
            return !cell.extractOnly || facts.rendition == .extract || facts.rendition == .summary
        }
    }
}

extension Matrix {
    /// What the codes of a cell say.
    struct Cell {
        let isClosed, ownOnly, onTask, inEmergency, onRelease, onConsent, authors, metadataOnly, extractOnly: Bool
        let redaction: Rendition?

        init(_ text: Substring) {
            let codes = Set(text.split(separator: "+"))
            isClosed = codes.contains("-")
            ownOnly = codes.contains("own")
            onTask = codes.contains("t")
            inEmergency = codes.contains("s")
            onRelease = codes.contains("R") || codes.contains("R*")
            onConsent = codes.contains("c")
            authors = codes.contains("A/F")
            metadataOnly = codes.contains("M")
            extractOnly = codes.contains("X")
            redaction = codes.lazy.compactMap { Matrix.redactions[$0] }.first
        }
    }
}
