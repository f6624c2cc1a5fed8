import Rules
import Testing

@Suite("Releasing a package")
struct RightsReleaseTests {
    static let today: Day = {
        guard let day = Day("2026-10-01") else { preconditionFailure("a day of the calendar") }
        return day
    }()

    static let reason = "A reason that was recorded in full"

    static func request() -> ReviewRequest {
        ReviewRequest(
            id: "R1", kind: .subjectAccess, received: today, requester: "mother", subject: "mother",
            recipient: "mother", capacity: .ownData)
    }

    static func release(_ id: String) -> ReviewedItem {
        ReviewedItem(
            item: ReviewItem(id: id, data: [], about: ["mother"]),
            decision: ItemDecision(item: id, outcome: .release, decidedBy: "officer", decidedOn: today))
    }

    static func redact(_ id: String) -> ReviewedItem {
        var entry = release(id)
        entry.decision?.outcome = .redact
        entry.decision?.citations = [Citation("S2-P1-2", reasoning: reason)]
        entry.decision?.redactedBy = "redactor"
        return entry
    }

    static func withhold(_ id: String) -> ReviewedItem {
        var entry = redact(id)
        entry.decision?.outcome = .withhold
        entry.decision?.redactedBy = nil
        return entry
    }

    static let package = ReleasePackage(
        request: "R1", recipient: "mother", items: ["a", "b"], approvedBy: "second", approvedOn: today)

    /// The faults of the package after a change.
    private static func faults(
        on day: Day = today,
        _ change: (inout ReleasePackage, inout [ReviewedItem], inout ReviewRequest) -> Void = { _, _, _ in }
    ) throws -> [ReleaseFault] {
        var package = package
        var items = [release("a"), redact("b"), withhold("c")]
        var request = request()
        change(&package, &items, &request)
        return try Shipped.rights.get().judge(package, of: items, for: request, on: day)
    }

    @Test("goes when everything is decided, sound and approved by a second person")
    func releases() throws {
        #expect(try Self.faults() == [])
    }

    @Test("needs an approver who is nobody else in the matter")
    func approver() throws {
        #expect(try Self.faults { package, _, _ in package.approvedBy = nil } == [.notApproved])
        #expect(try Self.faults { package, _, _ in package.approvedOn = nil } == [.notApproved])
        #expect(try Self.faults { package, _, _ in package.approvedOn = Self.today.adding(days: 1) } == [.notApproved])
        #expect(try Self.faults { package, _, _ in package.approvedBy = "mother" } == [.approvedByRequester])
        #expect(
            try Self.faults { package, _, _ in package.approvedBy = "redactor" } == [.approvedByRedactor(item: "b")])
        #expect(
            try Self.faults { package, _, _ in package.approvedBy = "officer" }
                == ["a", "b", "c"].map { .approvedByDecider(item: $0) })
        #expect(
            try Self.faults { package, _, _ in package.approvedOn = Self.today.adding(days: -1) }
                == ["a", "b", "c"].map { .approvedBeforeDecision(item: $0) })
    }

    @Test("needs every item decided, and no opinion open")
    func decided() throws {
        #expect(try Self.faults { _, items, _ in items[2].decision = nil } == [.undecided(item: "c")])
        #expect(try Self.faults { _, items, _ in items[2].isOpinionOpen = true } == [.opinionOpen(item: "c")])
        #expect(try Self.faults { _, items, _ in items[1].decision?.redactedBy = nil } == [.redactorUnknown(item: "b")])
        #expect(try Self.faults { _, items, _ in items.append(items[0]) } == [.decidedTwice(item: "a")])
        #expect(
            try Self.faults { _, items, _ in items[2].decision?.citations = [] }
                == [.faulty(item: "c", [.citesNothing])])
    }

    @Test("goes to the requester it was made for, and to no other")
    func recipient() throws {
        #expect(try Self.faults { package, _, _ in package.recipient = "father" } == [.madeForAnotherRecipient])
        #expect(try Self.faults { package, _, _ in package.request = "R2" } == [.madeForAnotherRequest])
        #expect(
            try Self.faults { package, _, request in
                package.recipient = "father"
                request.recipient = "father"
            } == [.request([.recipientNotEntitled])])
    }

    @Test("holds exactly the items that are to be released")
    func content() throws {
        #expect(try Self.faults { package, _, _ in package.items.remove("b") } == [.missing(item: "b")])
        #expect(try Self.faults { package, _, _ in package.items.insert("c") } == [.notToBeReleased(item: "c")])
        #expect(try Self.faults { package, _, _ in package.items.insert("z") } == [.notToBeReleased(item: "z")])
        #expect(
            try Self.faults { _, items, _ in
                items[0].item.about = ["child"]
                items[0].decision?.outcome = .separate(.none)
            } == [.notToBeReleased(item: "a")])
    }

    @Test("is judged anew on its day: an opinion that was fresh has aged")
    func ages() throws {
        func faults(on day: Day?) throws -> [ReleaseFault] {
            try Self.faults(on: try #require(day)) { _, items, _ in
                items[0].item.data = [.health]
                items[0].item.opinion = Opinion(
                    by: "doctor", profession: .medicalPractitioner, obtained: Self.today, findsSeriousHarm: false)
            }
        }
        #expect(try faults(on: Day("2027-04-01")) == [])
        #expect(try faults(on: Day("2027-04-02")) == [.faulty(item: "a", [.opinionTooOld])])
    }

    @Test("every fault says what to do")
    func messages() throws {
        let faults: [ReleaseFault] = [
            .request([.ageUnknown]), .madeForAnotherRequest, .madeForAnotherRecipient, .notApproved,
            .approvedByRequester, .approvedByDecider(item: "a"), .approvedByRedactor(item: "a"),
            .approvedBeforeDecision(item: "a"), .undecided(item: "a"), .opinionOpen(item: "a"),
            .redactorUnknown(item: "a"), .faulty(item: "a", [.citesNothing]), .missing(item: "a"),
            .notToBeReleased(item: "a"), .decidedTwice(item: "a"),
        ]
        #expect(Set(faults.map(\.userMessage)).count == faults.count)
    }
}

@Suite("Reviewing an item")
struct ReviewRuleTests {
    private static func faults(
        _ change: (inout ReviewRequest, inout ReviewItem, inout ItemDecision) -> Void
    ) throws -> [ReviewFault] {
        var request = RightsReleaseTests.request()
        var item = ReviewItem(id: "a", data: [], about: ["mother"])
        var decision = ItemDecision(
            item: "a", outcome: .release, decidedBy: "officer", decidedOn: RightsReleaseTests.today)
        change(&request, &item, &decision)
        return try Shipped.rights.get().judge(decision, of: item, for: request, on: RightsReleaseTests.today)
    }

    @Test("nobody decides on their own request, on another item or on a day to come")
    func decider() throws {
        #expect(try Self.faults { _, _, decision in decision.decidedBy = "mother" } == [.decidedByRequester])
        #expect(try Self.faults { _, _, decision in decision.item = "b" } == [.decisionOnAnotherItem])
        let tomorrow = try #require(RightsReleaseTests.today.adding(days: 1))
        #expect(try Self.faults { _, _, decision in decision.decidedOn = tomorrow } == [.decidedLater(tomorrow)])
    }

    @Test("who asks and in what capacity must agree")
    func capacity() throws {
        #expect(try Self.faults { request, _, _ in request.capacity = .agent } == [.requester(.notTheSubject)])
        #expect(
            try Self.faults { request, item, _ in
                request.subject = "child"
                item.about = ["child"]
            } == [.requester(.notTheSubject)])
    }

    @Test("every citation has its reasoning, and what its exemption asks for in words")
    func reasoning() throws {
        #expect(
            try Self.faults { _, _, decision in
                decision.outcome = .withhold
                decision.citations = [Citation("S2-P1-2", reasoning: "because          it is so")]
            } == [.reasonMissing("S2-P1-2")])
        #expect(
            try Self.faults { _, item, decision in
                item.data = [.socialWork]
                decision.outcome = .withhold
                decision.citations = [
                    Citation("S3-P3-9", reasoning: RightsReleaseTests.reason, grounds: [.court: "a court"])
                ]
            } == [.groundMissing("S3-P3-9", .court)])
    }

    @Test("a judgement counts only with its judge, its day and its reasoning")
    func judgements() throws {
        let sound = Judgement(by: "officer", on: RightsReleaseTests.today, reasoning: RightsReleaseTests.reason)
        func faults(_ change: (inout Judgement) -> Void) throws -> [ReviewFault] {
            var judgement = sound
            change(&judgement)
            return try Self.faults { _, item, _ in
                item.thirdParties = [
                    ThirdParty(
                        id: "aunt", kind: .family, consent: .refused,
                        reasonableness: Reasonableness(
                            considered: Set(Reasonableness.Factor.allCases), isReasonable: true, judgement: judgement))
                ]
            }
        }
        #expect(try faults { _ in } == [])
        #expect(try faults { $0.by = " " } == [.thirdPartyShown("aunt")])
        #expect(try faults { $0.reasoning = "It is." } == [.thirdPartyShown("aunt")])
        let tomorrow = try #require(RightsReleaseTests.today.adding(days: 1))
        #expect(try faults { $0.on = tomorrow } == [.thirdPartyShown("aunt")])
    }

    @Test("all five things are considered about another person", arguments: Reasonableness.Factor.allCases)
    func factors(factor: Reasonableness.Factor) throws {
        let judgement = Judgement(by: "officer", on: RightsReleaseTests.today, reasoning: RightsReleaseTests.reason)
        let faults = try Self.faults { _, item, _ in
            item.thirdParties = [
                ThirdParty(
                    id: "aunt", kind: .family, consent: .refused,
                    reasonableness: Reasonableness(
                        considered: Set(Reasonableness.Factor.allCases).subtracting([factor]), isReasonable: true,
                        judgement: judgement))
            ]
        }
        #expect(faults == [.thirdPartyShown("aunt")])
    }
}
