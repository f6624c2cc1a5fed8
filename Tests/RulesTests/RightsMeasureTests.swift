import Rules
import Testing

@Suite("Decisions on erasure and objection")
struct RightsMeasureTests {
    static let reason = "The plan rests on this advice."
    let policy: RightsPolicy

    init() throws { policy = try Shipped.rights.get() }

    @Test(
        "what goes is optional and free, what is kept has an exception that covers it, and both have a reason",
        arguments: [
            ("D02", nil, reason, false, []), ("D02", nil, reason, true, [.held]),
            ("D05", nil, reason, false, [.notOptional]), ("D05", "17-3-b", reason, true, []),
            ("D05", "17-3-c", reason, false, []), ("D12", "17-3-c", reason, false, [.notOfCategory]),
            ("D12", "17-3-z", reason, false, [.unknownException]),
            ("D12", "17-3-e", "So it is.", false, [.reasonMissing]),
        ] as [(Category, ErasureExceptionID?, String, Bool, [ErasureFault])])
    func erasure(
        category: Category, exception: ErasureExceptionID?, reasoning: String, isHeld: Bool, faults: [ErasureFault]
    ) {
        let decision = ErasureDecision(document: "d", exception: exception, reasoning: reasoning)
        #expect(policy.judge(decision, on: category, isHeld: isHeld) == faults)
    }

    @Test("nothing is decided by silence, and rules that say nothing of erasure let nothing go")
    func silence() throws {
        #expect(policy.judge(nil, on: "D02", isHeld: false) == [.undecided])
        let text = try Shipped.rightsText.get().text
        let start = try #require(text.firstRange(of: "\nerasure:\n"))
        let end = try #require(text.firstRange(of: "\n# The grounds on which data may be withheld."))
        let without = String(text[..<start.lowerBound]) + String(text[end.lowerBound...])
        let bare = try RightsPolicy.load(PolicyText(file: "rights.yaml", text: without))
        #expect(bare.erasure == .nothing)
        let decision = ErasureDecision(document: "d", exception: nil, reasoning: Self.reason)
        #expect(bare.judge(decision, on: "D02", isHeld: false) == [.notOptional])
    }

    @Test(
        "an objection is weighed on restricted data, and only a rejection has grounds",
        arguments: [
            (.upheld, nil, true, []), (.upheld, nil, false, [.notRestricted]),
            (.upheld, .claims, true, [.groundUncalledFor]), (.rejected, .compelling, true, []),
            (.rejected, nil, true, [.groundMissing]), (.noRight, nil, false, []),
            (.noRight, .claims, false, [.groundUncalledFor]),
        ] as [(ObjectionDecision.Outcome, ObjectionDecision.Ground?, Bool, [ObjectionFault])])
    func objection(
        outcome: ObjectionDecision.Outcome, ground: ObjectionDecision.Ground?, isRestricted: Bool,
        faults: [ObjectionFault]
    ) {
        let decision = ObjectionDecision(outcome: outcome, ground: ground, reasoning: Self.reason)
        #expect(policy.judge(decision, isRestricted: isRestricted) == faults)
        let short = ObjectionDecision(outcome: outcome, ground: ground, reasoning: "No.")
        #expect(policy.judge(short, isRestricted: isRestricted).contains(.reasonMissing))
    }
}
