import Rules
import Testing

@Suite("Explaining")
struct ExplainTests {
    let agreement: Agreement
    let today: Day

    init() throws {
        agreement = try Shipped.agreement.get()
        today = try Shipped.today()
    }

    @Test("gives a permit's checks in order, its rule and its basis")
    func permit() {
        let facts = AccessFacts(
            .read, category: "D05", holder: .health, caller: .education, role: "SEND", purpose: "ehc.plan",
            isOnCase: true)
        let explanation = agreement.explain(facts, on: today)
        #expect(explanation.steps.map(\.check) == AccessCheck.allCases)
        #expect(explanation.steps.allSatisfy { $0.outcome == .passed })
        #expect(explanation.steps.last?.sentence.contains("D05-full") == true)
        #expect(explanation.steps.last?.sentence.contains("reg") == true)
        #expect(explanation.decision == agreement.decide(facts, on: today))
    }

    @Test(
        "ends with the check that refused",
        arguments: [
            (
                AccessFacts(
                    .read, category: "D99", holder: .health, caller: .health, role: "HADV", purpose: "ehc.plan"), .words
            ),
            (
                AccessFacts(
                    .read, category: "D05", holder: .family, caller: .health, role: "HADV", purpose: "ehc.plan"), .place
            ),
            (
                AccessFacts(
                    .read, category: "D14b", holder: .education, caller: .health, role: "HADV", purpose: "ehc.plan"),
                .labels
            ),
            (
                AccessFacts(
                    .read, category: "D05", holder: .health, caller: .health, role: "HADV", purpose: "ehc.plan",
                    restraint: Restraint(.protection, reach: .see)), .restraint
            ),
            (
                AccessFacts(
                    .read, category: "D05", holder: .health, caller: .health, role: "HADV", purpose: "ehc.plan"),
                .membership
            ),
            (
                AccessFacts(
                    .read, category: "D05", holder: .health, caller: .education, role: "SEND", purpose: "ehc.funding",
                    isOnCase: true), .agreement
            ),
            (
                AccessFacts(
                    .read, category: "D05", holder: .health, caller: .education, role: "SMGR", purpose: "ehc.plan",
                    isOnCase: true), .rule
            ),
        ] as [(AccessFacts, AccessCheck)])
    func refusal(facts: AccessFacts, check: AccessCheck) {
        let explanation = agreement.explain(facts, on: today)
        #expect(explanation.steps.last?.check == check)
        #expect(explanation.steps.last?.outcome == .failed)
        #expect(explanation.steps.dropLast().allSatisfy { $0.outcome == .passed })
        #expect(explanation.decision == agreement.decide(facts, on: today))
    }

    @Test("says what an emergency stood in for")
    func waived() {
        let facts = AccessFacts(
            .read, category: "D18", holder: .education, caller: .youthJustice, role: "YJS", purpose: "safeguarding",
            hasEmergency: true)
        let explanation = agreement.explain(facts, on: today)
        #expect(explanation.steps.filter { $0.outcome == .waived }.map(\.check) == [.membership, .agreement])
    }

    @Test("gives the agreement's own reason for a label")
    func label() {
        let facts = AccessFacts(
            .read, category: "D09", holder: .socialCare, labels: ["sealed.adoption"], caller: .education, role: "DSL",
            purpose: "safeguarding", isOnCase: true)
        #expect(agreement.explain(facts, on: today).steps.last?.sentence.contains("sealed by law") == true)
    }

    @Test(
        "says for every reason what happened, and then what would change it",
        arguments: [
            .unknownRole("X"), .label("safe-contact"), .restrained(.protection), .restrained(.youngPerson), .notOnCase,
            .agreementReviewOverdue, .releaseNotHeld, .consentMissing(.service), .consentMissing(.confidentiality),
            .consentMissing(.lawfulBasis), .notReleased(harmCheck: true), .dutyNotHeld("case.open"),
        ] as [DenialReason])
    func messages(reason: DenialReason) {
        #expect(reason.userMessage.hasSuffix(". \(reason.remedy())"))
        #expect(reason.remedy().hasSuffix("."))
    }

    @Test("names the kind of consent that is missing, and the review that is overdue")
    func codes() {
        #expect(DenialReason.consentMissing(.confidentiality).code == "consent-missing:confidentiality")
        #expect(DenialReason.consentMissing(.lawfulBasis).code == "consent-missing:lawful-basis")
        #expect(DenialReason.agreementReviewOverdue.code == "agreement-review-overdue")
        #expect(DenialReason.releaseNotHeld.code == "release-not-held")
    }
}
