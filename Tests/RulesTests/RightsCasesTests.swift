import Rules
import Testing

@Suite("The shipped rules on requests")
struct RightsCasesTests {
    let policy: RightsPolicy
    let outcomes: [CaseOutcome]

    init() throws {
        policy = try Shipped.rights.get()
        outcomes = try checkCases(Shipped.rightsCases.get(), under: policy)
    }

    @Test("answer every agreed case as agreed")
    func answersCases() {
        #expect(outcomes.summary == "\(outcomes.count) cases, all answered as agreed.")
    }

    @Test("have a case for every exemption")
    func everyExemptionIsCited() throws {
        let text = try Shipped.rightsCases.get().text
        let words = Set(text.split { !$0.isLetter && !$0.isNumber && $0 != "-" }.map(String.init))
        #expect(policy.exemptions.map(\.id.rawValue).filter { !words.contains($0) } == [])
    }

    @Test("have a case for every capacity")
    func everyCapacityIsAsked() {
        let asked = Set(outcomes.compactMap { $0.question.split(separator: ",").first.map(String.init) })
        #expect(asked == Set(RequesterCapacity.allCases.map(\.rawValue)))
    }

    @Test("know every paragraph of the paper's section 4, and say how well founded each is")
    func isComplete() {
        let paper = [
            "S3-P2-3", "S3-P2-4", "S3-P2-5", "S3-P3-9", "S3-P3-10", "S3-P3-11", "S3-P4-18", "S3-P4-19", "S3-P5-21",
            "S2-P1-2", "S2-P1-5", "S2-P2-10", "S2-P3-16", "S2-P4-19", "S2-P4-20", "S2-P4-22", "S2-P4-23", "S2-P4-24",
            "S2-P4-25-1", "S2-P4-25-2", "S4-adoption", "S4-ehc-plan", "S4-fertilisation", "S4-parental-order",
            "PIR-own-notes", "PIR-other-parents", "P3-45-4",
        ]
        #expect(policy.exemptions.map(\.id.rawValue) == paper)
        #expect(policy.exemption("S3-P3-11")?.code == "S3 P3 Para 11 SC harm")
        #expect(policy.exemption("S3-P3-11")?.confidence == .secondarySource)
        #expect(policy.exemptions.filter { $0.needs.contains(.opinion) }.map(\.id) == ["S3-P2-5"])
        #expect(policy.exemptions.filter(\.tipsOff).map(\.id) == ["S3-P5-21", "S2-P1-2", "P3-45-4"])
    }

    @Test("have a case for every fault that a decision can have")
    func everyFaultIsExpected() {
        let expected = Set(outcomes.flatMap { $0.expected.split(separator: " ").map(String.init) })
        let unasked = Self.codes.subtracting(expected)
        // These need facts that no row of the table states; ReviewRuleTests has them.
        #expect(
            unasked == ["not-the-subject", "another-item", "decided-by-requester", "decided-later", "reason-missing"])
        #expect(expected.subtracting(Self.codes) == ["ready"])
    }

    static let codes: Set<String> = {
        let requester: [RequesterFault] = [
            .notAboutAccess, .subjectHasDied, .notTheSubject, .authorityNotShown, .notAuthorised, .ageUnknown,
            .adultActsAlone, .youngPersonActsAlone, .competenceNotJudged, .bestInterestsNotJudged, .replyGoesToSubject,
            .recipientNotEntitled, .ordersNotChecked, .restrainedByOrder, .onlyForParents, .schoolNotMaintained,
        ]
        let faults: [ReviewFault] = [
            .decisionOnAnotherItem, .decidedByRequester, .decidedLater(RightsReleaseTests.today), .separateWithoutCause,
            .citesThoughReleased, .citesNothing, .unknownExemption("x"), .exemptionNotForKind("x"),
            .exemptionNotForData("x"), .exemptionNotAgainst("x"), .reasonMissing("x"), .groundMissing("x", .court),
            .examWindowOver("x"), .cannotNeitherConfirmNorDeny, .tipsOff("x"), .allegationNotConsidered,
            .whereaboutsShown, .anothersPaperShown, .opinionMissing, .opinionNotByHealthProfessional,
            .opinionByWhomUnclear, .opinionTooOld,
            .opinionSaysOtherwise, .thirdPartyShown("x"), .thirdPartyConsented("x"), .reasonableToShow("x"),
            .reasonablenessNotJudged("x"), .noThirdParty, .hidesNobody("x"), .staffNameHidden("x"),
        ]
        let routes = ReviewRoute.allCases.filter { $0 != .thisRequest }.map { ReviewFault.belongsTo($0) }
        return Set((requester.map { .requester($0) } + faults + routes).map(\.code))
    }()

    @Test("every fault has a name and a sentence of its own, which names nobody")
    func codesDiffer() {
        #expect(Self.codes.count == 46 + ReviewRoute.allCases.count - 1)
        #expect(!ReviewFault.thirdPartyShown("Aunt Agatha").userMessage.contains("Agatha"))
        #expect(!ReviewFault.staffNameHidden("Aunt Agatha").code.contains("Agatha"))
    }
}

@Suite("A table of cases on requests")
struct RightsCaseTableTests {
    private static func table(_ row: String) -> PolicyText {
        PolicyText(
            file: "rights.cases.yaml", text: "version: 1\nday: 2026-10-01\ncases:\n  - { \(row), source: x }\n")
    }

    @Test(
        "reports an answer that is not the agreed one",
        arguments: [
            ("as: adult, outcome: release, expect: ready", true),
            ("as: adult, outcome: withhold, expect: ready", false),
            ("as: adult, outcome: release, expect: cites-nothing", false),
            ("as: adult, to: other, outcome: withhold, expect: [cites-nothing, recipient-not-entitled]", true),
            ("as: adult, to: other, outcome: withhold, expect: cites-nothing", false),
        ])
    func compares(row: String, isAsAgreed: Bool) throws {
        let outcomes = try checkCases(Self.table(row), under: Shipped.rights.get())
        #expect(outcomes.allSatisfy { $0.isAsAgreed == isAsAgreed && $0.line == 4 })
    }

    @Test(
        "is refused where it cannot be read",
        arguments: [
            ("as: stranger, outcome: release, expect: ready", .unknown(kind: "capacity", name: "stranger")),
            ("as: adult, outcome: burn, expect: ready", .unknown(kind: "outcome", name: "burn")),
            ("as: adult, outcome: release, flags: [loud], expect: ready", .unknown(kind: "flag", name: "loud")),
            ("as: adult, outcome: release, orders: some, expect: ready", .unknown(kind: "order", name: "some")),
            ("as: adult, outcome: release, authority: [me], expect: ready", .unknown(kind: "authority", name: "me")),
            (
                "as: adult, outcome: release, item: { is: [big] }, expect: ready",
                .unknown(kind: "property", name: "big")
            ),
            ("as: adult, expect: ready", .missingKey("outcome")),
            ("as: adult, outcome: release", .missingKey("expect")),
            ("as: adult, outcome: release, mood: good, expect: ready", .unknownKey("mood")),
        ] as [(String, PolicyError.Reason)])
    func refuses(row: String, reason: PolicyError.Reason) throws {
        let policy = try Shipped.rights.get()
        let error = try #require(throws: PolicyError.self) { try checkCases(Self.table(row), under: policy) }
        #expect(error == PolicyError(file: "rights.cases.yaml", line: 4, reason: reason))
    }
}
