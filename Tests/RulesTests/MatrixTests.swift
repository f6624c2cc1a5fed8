import Rules
import Testing

@Suite("The access matrix")
struct MatrixTests {
    let agreement: Agreement
    let today: Day

    init() throws {
        agreement = try Shipped.agreement.get()
        today = try Shipped.today()
    }

    static let categories = Matrix.cells.keys.sorted()

    @Test("has a row for every category and a column for every role")
    func isWhole() {
        #expect(Set(Matrix.cells.keys) == Set(agreement.categories))
        for cells in Matrix.cells.values { #expect(Set(cells.keys) == Set(agreement.roles)) }
    }

    private static let consents: [ConsentKinds] = [.service, .confidentiality, .lawfulBasis]
    private static let renditions: [Rendition] =
        [.original, .extract, .summary]
        + ["consultation", "health-sections", "social-care-sections", "health-costs", "health-budget", "other"]
        .map(Rendition.redacted)
    private static let labels: [Set<Label>] =
        ["sealed.adoption", "legal.privileged", "yj.le", "safe-contact", "court-order", "not-declared"].map { [$0] } + [
            ["safe-contact", "court-order"], ["sealed.adoption", "safe-contact"], ["yj.le", "legal.privileged"],
        ]

    @Test("is what every consent, release, grant and rendition opens, no more and no less", arguments: categories)
    func conditions(category: Category) {
        compare(category, flags: 0..<32) { cell, check in
            for consents in Self.consents { Self.eachAction(of: cell, consents: consents, check) }
            var facts = cell
            facts.consents = [.confidentiality, .lawfulBasis]
            for rendition in Self.renditions {
                facts.rendition = rendition
                check(facts)
            }
        }
    }

    @Test("gives way to every label and pair of labels, under every consent and relationship", arguments: categories)
    func labelled(category: Category) {
        compare(category, flags: 0..<32) { cell, check in
            for labels in Self.labels {
                for consents in Self.consents + [[], [.confidentiality, .lawfulBasis]] {
                    Self.eachAction(of: cell.labelled(labels), consents: consents, check)
                }
            }
        }
    }

    @Test("gives way to every restraint of a person, with a label or without", arguments: categories)
    func restrained(category: Category) {
        compare(category, flags: Self.standing) { cell, check in
            for reach in Restraint.Reach.allCases {
                var facts = cell
                facts.restraint = Restraint(.youngPerson, reach: reach)
                Self.eachAction(of: facts, check)
                Self.eachAction(of: facts.labelled(["court-order"]), check)
            }
        }
    }

    @Test("gives an administrator off the case nothing that another party holds, for any purpose")
    func operations() {
        var open: Set<String> = []
        Space(agreement: agreement).eachCell { cell in
            guard cell.role == "ADM", cell.caller != cell.holder else { return }
            for purpose in agreement.purposes {
                let facts = cell.with(flags: 62 & ~4).with(.see, for: purpose)
                if agreement.decide(facts, on: today).permit != nil { open.insert("\(cell.category) for \(purpose)") }
            }
        }
        #expect(open.isEmpty)
    }

    @Test("gives nothing to a role outside its parties, nor of a document held where it may not be")
    func misplaced() {
        var open: Set<String> = []
        for role in agreement.roles {
            for category in agreement.categories {
                for caller in Party.allCases {
                    for holder in Party.allCases {
                        let isPlaced =
                            agreement.parties(of: role).contains(caller)
                            && agreement.holders(of: category).contains(holder)
                        if isPlaced { continue }
                        let facts = AccessFacts(
                            .read, category: category, holder: holder, caller: caller, role: role, purpose: "ehc.plan"
                        ).with(flags: 63)
                        if agreement.decide(facts, on: today).permit != nil { open.insert("\(role) \(category)") }
                    }
                }
            }
        }
        #expect(open.isEmpty)
    }

    /// Every relationship of the caller to the case, for one who owns what is released.
    private static let standing = (0..<32).filter { $0 & 18 == 18 }

    /// Puts every question that `vary` makes of a cell both to the agreement and to the matrix.
    private func compare(
        _ category: Category, flags: some Sequence<Int>, _ vary: (AccessFacts, (AccessFacts) -> Void) -> Void
    ) {
        var wrong: Set<String> = []
        Space(agreement: agreement).eachCell { cell in
            // Whether parties share at all is not the matrix's to say, and every cell is for a shared purpose.
            guard cell.category == category, cell.role != "ADM" || cell.caller == cell.holder else { return }
            for bits in flags {
                // The consents have a bit of their own, which each variation sets for itself.
                let facts = cell.with(flags: (bits & 15) | ((bits & 16) << 1)).with(.read, for: Self.purpose(of: cell))
                vary(facts) { asked in
                    let found = agreement.decide(asked, on: today).permit != nil
                    if found == Matrix.gives(asked) { return }
                    wrong.insert("\(asked.role) \(asked.action) \(asked.rendition): \(found ? "open" : "closed")")
                }
            }
        }
        #expect(wrong.isEmpty)
    }

    private static func eachAction(
        of facts: AccessFacts, consents: ConsentKinds = [.confidentiality, .lawfulBasis],
        _ check: (AccessFacts) -> Void
    ) {
        var facts = facts
        facts.consents = consents
        for action in AccessAction.allCases {
            facts.action = action
            check(facts)
        }
        facts.action = .read
        facts.rendition = .extract
        check(facts)
    }

    /// A purpose for which whatever the matrix gives the role is shared with its party.
    private static func purpose(of cell: AccessFacts) -> Purpose {
        if cell.holder == cell.caller { return "ehc.plan" }
        switch (cell.caller, cell.holder, cell.category) {
        case (.family, _, _): return "ehc.participation"
        case (.rights, _, _): return ["MED", "TRI"].contains(cell.role) ? "ehc.appeal" : "rights.request"
        case (_, _, "D18"): return "safeguarding"
        case (_, .rights, "D14a"): return "ehc.appeal"
        case (_, .rights, _): return "rights.request"
        default: return "ehc.plan"
        }
    }
}
