import Rules
import Testing

@Suite("Wraps")
struct WrapsTests {
    let agreement: Agreement
    let space: Space
    let today: Day

    init() throws {
        agreement = try Shipped.agreement.get()
        space = Space(agreement: agreement)
        today = try Shipped.today()
    }

    @Test(
        "go to the parties that can read, and to no other",
        arguments: [
            (
                "D05", .health, .original,
                [.health: .ordinary, .education: .ordinary, .socialCare: .ordinary, .youthJustice: .ordinary]
            ),
            (
                "D06", .health, .original,
                [.health: .ordinary, .education: .override, .socialCare: .override, .youthJustice: .override]
            ),
            (
                "D06", .health, .extract,
                [.health: .ordinary, .education: .ordinary, .socialCare: .ordinary, .youthJustice: .ordinary]
            ),
            ("D08", .socialCare, .original, [.socialCare: .ordinary, .education: .ordinary]),
            ("D10b", .youthJustice, .original, [.youthJustice: .ordinary]),
            (
                "D11", .education, .redacted("health-sections"),
                [
                    .education: .ordinary, .health: .ordinary, .socialCare: .ordinary, .youthJustice: .ordinary,
                    .family: .ordinary,
                ]
            ),
            ("D14b", .education, .original, [.education: .ordinary]),
            ("D16", .education, .original, [.education: .ordinary]),
            ("D16", .education, .redacted("health-costs"), [.education: .ordinary, .health: .ordinary]),
            (
                "D18", .education, .original,
                [
                    .education: .ordinary, .socialCare: .ordinary, .health: .override, .youthJustice: .override,
                ]
            ),
            ("D05", .education, .original, [.education: .override]),
            ("D99", .education, .original, [.education: .override]),
        ] as [(Category, Party, Rendition, [Party: WrapKind])])
    func examples(category: Category, holder: Party, rendition: Rendition, wraps: [Party: WrapKind]) {
        let facts = WrapFacts(category: category, holder: holder, rendition: rendition)
        #expect(agreement.wraps(for: facts, on: today) == wraps)
    }

    @Test("follow a release, a consent and a task grant")
    func follow() {
        var facts = WrapFacts(category: "D06", holder: .health)
        #expect(agreement.wraps(for: facts, on: today)[.family] == nil)
        facts.isReleased = true
        #expect(agreement.wraps(for: facts, on: today)[.family] == .ordinary)
        facts.isReleased = false
        facts.consented = ["REP": [.service, .confidentiality]]
        #expect(agreement.wraps(for: facts, on: today)[.family] == nil)
        facts.consented = ["SCH": .lawfulBasis]
        #expect(agreement.wraps(for: facts, on: today)[.family] == nil)
        facts.consented = ["REP": .lawfulBasis]
        #expect(agreement.wraps(for: facts, on: today)[.family] == .ordinary)
        #expect(agreement.wraps(for: facts, on: today)[.rights] == nil)
        facts.tasked = ["DPO"]
        #expect(agreement.wraps(for: facts, on: today)[.rights] == .ordinary)
    }

    @Test("leave every other party when the agreement ends, but for emergencies")
    func afterTheEnd() throws {
        let after = try #require(Day("2027-09-01"))
        let facts = WrapFacts(category: "D05", holder: .health)
        #expect(
            agreement.wraps(for: facts, on: after)
                == [.health: .ordinary, .education: .override, .youthJustice: .override])
    }

    @Test("leave every party that a label keeps out")
    func labelled() {
        let facts = WrapFacts(category: "D09", holder: .socialCare, labels: ["sealed.adoption"], rendition: .extract)
        #expect(agreement.wraps(for: facts, on: today) == [.socialCare: .ordinary])
        let unknown = WrapFacts(category: "D09", holder: .socialCare, labels: ["not-declared"])
        #expect(agreement.wraps(for: unknown, on: today) == [.socialCare: .override])
        #expect(agreement.opensForNobody(unknown, on: today) && !agreement.opensForNobody(facts, on: today))
    }

    /// Otherwise its key would be lost the moment it is made.
    @Test("reach the holder of whatever can be deposited")
    func holderOpens() {
        space.eachCell { cell in
            let facts = cell.with(flags: 63).with(.deposit, for: "ehc.plan")
            guard agreement.decide(facts, on: today).permit != nil else { return }
            let wraps = agreement.wraps(for: WrapFacts(category: cell.category, holder: cell.holder), on: today)
            #expect(wraps[cell.holder] == .ordinary, "\(cell.category) held by \(cell.holder)")
        }
    }

    @Test(
        "are exactly the parties of the roles that could be permitted to read",
        arguments: [
            ("2026-10-01", nil), ("2027-07-15", "2027-06-30"), ("2027-07-15", "2027-07-01"), ("2027-09-01", nil),
        ] as [(String, String?)])
    func equalDecisions(day: String, shared: String?) throws {
        let day = try #require(Day(day))
        let shared = try shared.map { try #require(Day($0)) }
        var differing: Set<String> = []
        for category in agreement.categories {
            for holder in agreement.holders(of: category) {
                for rendition in Space.renditions {
                    for standing in Standing.all {
                        let facts = standing.wrapFacts(
                            category, holder, rendition, roles: Set(agreement.roles), shared: shared)
                        if agreement.wraps(for: facts, on: day) != readers(facts, standing, on: day) {
                            differing.insert("\(category) of \(holder), \(rendition), \(standing)")
                        }
                    }
                }
            }
        }
        #expect(differing.isEmpty)
    }

    /// Whoever `decide` permits to read, by asking it for every role and every fact about the person.
    private func readers(_ wrap: WrapFacts, _ standing: Standing, on day: Day) -> [Party: WrapKind] {
        var readers: [Party: WrapKind] = [:]
        for role in agreement.roles {
            for caller in agreement.parties(of: role) {
                var facts = AccessFacts(
                    .read, category: wrap.category, holder: wrap.holder, rendition: wrap.rendition, caller: caller,
                    role: role, purpose: "curiosity")
                facts.purpose = Self.purpose(of: facts)
                facts.shared = wrap.shared
                for person in 0..<8 {
                    let asked = facts.with(flags: standing.flags | (person & 3) | ((person & 4) << 1))
                    guard let permit = agreement.decide(asked, on: day).permit else { continue }
                    if !permit.isOverride { readers[caller] = .ordinary }
                    if readers[caller] == nil { readers[caller] = .override }
                }
            }
        }
        // What nobody may read its holder keeps, for nobody to use.
        return readers.isEmpty ? [wrap.holder: .override] : readers
    }

    /// A purpose for which every sharing that the role's party has is open.
    private static func purpose(of cell: AccessFacts) -> Purpose {
        switch cell.caller {
        case .family: "ehc.participation"
        case .rights: ["MED", "TRI"].contains(cell.role) ? "ehc.appeal" : "rights.request"
        default:
            switch (cell.holder, cell.category) {
            case (_, "D18"): "safeguarding"
            case (.rights, "D14a"): "ehc.appeal"
            case (.rights, _): "rights.request"
            default: "ehc.plan"
            }
        }
    }
}

/// What stands for every role alike: task grants, consents, the release.
private struct Standing: CustomStringConvertible {
    let task: Bool
    let consent: Bool
    let released: Bool

    static let all = (0..<8).map { Standing(task: $0 & 1 != 0, consent: $0 & 2 != 0, released: $0 & 4 != 0) }

    var flags: Int { (task ? 4 : 0) | (consent ? 16 : 0) | (released ? 32 : 0) }
    var description: String { "task \(task), consent \(consent), released \(released)" }

    private static let consents: ConsentKinds = [.confidentiality, .lawfulBasis]

    func wrapFacts(
        _ category: Category, _ holder: Party, _ rendition: Rendition, roles: Set<Role>, shared: Day?
    ) -> WrapFacts {
        WrapFacts(
            category: category, holder: holder, rendition: rendition, isReleased: released,
            consented: consent ? Dictionary(uniqueKeysWithValues: roles.map { ($0, Self.consents) }) : [:],
            tasked: task ? roles : [], shared: shared)
    }
}
