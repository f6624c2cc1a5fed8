import Rules
import Testing

/// A request of the given kind that came on 3 September 2026, after some events.
func request(_ kind: RequestKind = .subjectAccess, _ events: [(String, RequestEvent)] = []) throws -> RequestHistory {
    var history = RequestHistory(kind, received: try Clock.day("2026-09-03"))
    for (day, event) in events {
        try history.record(event, on: try Clock.day(day), under: try Shipped.rights.get())
    }
    return history
}

@Suite("The state of a request")
struct RightsHistoryTests {
    static let identity = RequestEvent.identityAsked(doubt: "A new address", wasSignedIn: false)

    static let toReview: [(String, RequestEvent)] = [
        ("2026-09-04", .triaged), ("2026-09-07", .searchBegun), ("2026-09-14", .searchFinished),
    ]
    static let toApproved = toReview + [("2026-09-16", .redactionBegun), ("2026-09-20", .approved)]
    static let toAnswer = toApproved + [("2026-09-21", .answered(.inPart))]
    static let toComplaint = toAnswer + [("2026-09-25", .complaintReceived)]

    @Test("follows a request from receipt to its closing after a complaint")
    func wholeWay() throws {
        let steps: [(RequestEvent, RequestState)] = [
            (Self.identity, .waitingForIdentity), (.triaged, .waitingForIdentity),
            (.clarificationAsked, .waitingForIdentity), (.identityReceived, .clarifying), (.searchBegun, .clarifying),
            (.clarificationAnswered, .searching), (.searchFinished, .reviewing), (.opinionAsked, .consulting),
            (.redactionBegun, .consulting), (.opinionReceived, .redacting), (.sentBack, .reviewing),
            (.redactionBegun, .redacting), (.approved, .approved), (.sentBack, .reviewing), (.approved, .approved),
            (.answered(.inPart), .partlyRefused), (.complaintReceived, .complaint),
            (.complaintAcknowledged, .complaint), (.complaintDecided, .complaint), (.closed(.answered), .closed),
        ]
        var history = try request()
        #expect(history.state == .received)
        for (event, state) in steps {
            try history.record(event, on: try Clock.day("2026-09-10"), under: try Shipped.rights.get())
            #expect(history.state == state, "\(event)")
        }
    }

    @Test("is the outcome of the answer")
    func outcomes() throws {
        let states = try [RequestOutcome.inFull, .inPart, .refused].map {
            try request(.subjectAccess, Self.toApproved + [("2026-09-21", .answered($0))]).state
        }
        #expect(states == [.disclosed, .partlyRefused, .refused])
        // What is no request for access is decided without a search.
        let decided: [(String, RequestEvent)] = [
            ("2026-09-04", .triaged), ("2026-09-05", .approved), ("2026-09-06", .answered(.inFull)),
        ]
        #expect(try request(.erasure, decided).state == .disclosed)
        #expect(try request(.erasure, decided).clock.answered == (try Clock.day("2026-09-06")))
    }

    @Test("keeps, for the clock, all that moves it")
    func clock() throws {
        let history = try request(
            .subjectAccess,
            [
                ("2026-09-04", Self.identity), ("2026-09-08", .identityReceived), ("2026-09-05", .clarificationAsked),
                ("2026-09-09", .clarificationAnswered), ("2026-09-10", .feeCharged(.manifestlyExcessive)),
                ("2026-09-12", .feePaid), ("2026-09-14", .clarificationAsked), ("2026-09-16", .clarificationDropped),
                ("2026-09-15", .extensionNoticed(.severalRequests)),
            ])
        var facts = try Clock.facts("2026-09-03", pauses: ["2026-09-05..2026-09-09", "2026-09-14..2026-09-16"])
        facts.identityChecks = [try Clock.identity("2026-09-04", received: "2026-09-08", doubt: "A new address")]
        facts.fee = .init(
            charged: try Clock.day("2026-09-10"), reason: .manifestlyExcessive, paid: try Clock.day("2026-09-12"))
        facts.extended = .init(noticed: try Clock.day("2026-09-15"), reason: .severalRequests)
        #expect(history.clock == facts)
        let dropped = try request(.subjectAccess, [("2026-09-04", Self.identity), ("2026-09-20", .identityDropped)])
        #expect(dropped.clock == (try Clock.facts("2026-09-03")))
        #expect(dropped.state == .received)
    }

    static let refusals: [([(String, RequestEvent)], RequestEvent, String)] = [
        ([], .searchBegun, "the search begins after triage."),
        ([], .approved, "there is nothing to approve."),
        ([], .answered(.refused), "a second person approves the answer first."),
        ([], .identityReceived, "no proof of identity is awaited."),
        ([], .identityDropped, "no proof of identity is awaited."),
        ([], .clarificationAnswered, "no question is open."), ([], .feePaid, "no fee is awaited."),
        ([], .chased, "nothing is awaited from the requester."),
        ([], .opinionReceived, "no opinion has been asked for."),
        ([], .opinionAsked, "an opinion is asked for while the items are reviewed."),
        ([], .complaintReceived, "a complaint before the answer, or a second one, is a request of its own."),
        ([], .complaintAcknowledged, "there is no complaint to acknowledge."),
        ([], .complaintDecided, "there is no complaint to decide."),
        ([], .closed(.answered), "it has not been answered."), ([], .closed(.noReply), "no reply is awaited."),
        ([], .sentBack, "there is nothing to send back."), ([], .searchFinished, "no search has begun."),
        ([("2026-09-04", .triaged)], .triaged, "it has been triaged already."),
        ([("2026-09-04", .triaged)], .redactionBegun, "redaction begins after review."),
        ([("2026-09-04", identity)], identity, "this has been asked for already."),
        (
            [("2026-09-04", .clarificationAsked)], .clarificationAsked, "this has been asked for already."
        ),
        (
            [("2026-09-04", .feeCharged(.manifestlyExcessive))], .feeCharged(.manifestlyUnfounded),
            "this has been asked for already."
        ),
        (
            [("2026-09-04", .extensionNoticed(.complex))], .extensionNoticed(.complex),
            "it has been extended once already."
        ),
        (toReview + [("2026-09-15", .opinionAsked)], .approved, "an opinion is still awaited."),
        (
            toReview + [("2026-09-15", .clarificationAsked)], .approved,
            "a question is open. Record its answer, or drop it."
        ),
        (
            toReview + [("2026-09-15", identity)], .approved,
            "who asks must be known first. Record the proof, or drop the question."
        ),
        (toApproved, .clarificationAsked, "it has been approved. Send it back first."),
        (
            [("2026-09-04", .triaged), ("2026-09-05", .approved)], .answered(.inFull),
            "nothing has been searched for, so that it can only be refused."
        ),
        (toAnswer, .sentBack, "it has been answered."), (toAnswer, .closed(.withdrawn), "it has been answered."),
        (
            toComplaint, .complaintReceived, "a complaint before the answer, or a second one, is a request of its own."
        ),
        (toComplaint, .closed(.answered), "the complaint is undecided."),
        (
            toComplaint + [("2026-09-26", .complaintAcknowledged)], .complaintAcknowledged,
            "there is no complaint to acknowledge."
        ),
        ([("2026-09-04", .clarificationAsked)], .closed(.noReply), "the requester has not been chased."),
        (
            [("2026-09-04", .clarificationAsked), ("2026-10-01", .chased)], .closed(.noReply),
            "the requester has until 2026-11-01 to reply."
        ),
        (
            [("2026-09-04", .closed(.withdrawn))], .triaged, "nothing more can be recorded. Open a new request."
        ),
    ]

    @Test("refuses what does not fit, says why, and stays as it was", arguments: refusals.indices)
    func refuses(index: Int) throws {
        let (events, event, why) = Self.refusals[index]
        let before = try request(.subjectAccess, events)
        var after = before
        let day = try Clock.day("2026-10-05")
        #expect(throws: RightsError.notNow(before.state, why), "\(event)") {
            try after.record(event, on: day, under: try Shipped.rights.get())
        }
        #expect(after == before)
    }

    @Test("refuses a day before the receipt or before what it answers")
    func days() throws {
        var history = try request(.subjectAccess, [("2026-09-10", .clarificationAsked)])
        let policy = try Shipped.rights.get()
        #expect(throws: RightsError.beforeReceipt(try Clock.day("2026-09-02"))) {
            try history.record(.triaged, on: try Clock.day("2026-09-02"), under: policy)
        }
        #expect(throws: RightsError.answeredBeforeAsked(try Clock.day("2026-09-09"))) {
            try history.record(.clarificationAnswered, on: try Clock.day("2026-09-09"), under: policy)
        }
        #expect(history.state == .clarifying)
    }

    @Test("may be closed without a reply a month after the requester was chased, and not before")
    func noReply() throws {
        var events: [(String, RequestEvent)] = [("2026-09-04", .clarificationAsked), ("2026-09-30", .chased)]
        #expect(try request(.subjectAccess, events + [("2026-10-30", .closed(.noReply))]).state == .closed)
        // What was asked for after the chasing is chased again.
        events.append(("2026-10-05", Self.identity))
        let history = try request(.subjectAccess, events)
        #expect(history.closable(try Shipped.rights.get().numbers) == nil)
    }

    @Test("of a complaint stops the clock with the acknowledgement, for which an early answer serves as well")
    func complaints() throws {
        let acknowledged: [(String, RequestEvent)] = [("2026-09-04", .triaged), ("2026-09-10", .complaintAcknowledged)]
        let answer: [(String, RequestEvent)] = [("2026-11-09", .approved), ("2026-11-10", .answered(.inFull))]
        #expect(try request(.complaint, acknowledged).clock.answered == (try Clock.day("2026-09-10")))
        #expect(try request(.complaint, acknowledged).state == .triaged)
        let answered = try request(.complaint, acknowledged + answer)
        #expect(answered.clock.answered == (try Clock.day("2026-09-10")))
        #expect(answered.state == .disclosed)
        let early = try request(.complaint, [("2026-09-04", .triaged)] + answer)
        #expect(early.clock.answered == (try Clock.day("2026-11-10")))
        for event in [RequestEvent.complaintReceived, .complaintDecided] {
            var history = answered
            #expect(throws: RightsError.self) {
                try history.record(event, on: try Clock.day("2026-11-11"), under: try Shipped.rights.get())
            }
        }
    }

    @Test("is the same when its events are read back, whatever the numbers are by then")
    func replays() throws {
        let events = Self.toComplaint + [("2026-09-26", .complaintDecided), ("2026-09-27", .closed(.answered))]
        func replay(_ events: [(String, RequestEvent)]) throws -> RequestHistory {
            try RequestHistory(
                .subjectAccess, received: try Clock.day("2026-09-03"),
                replaying: events.map { (event: $0.1, day: try Clock.day($0.0)) })
        }
        #expect(try replay(events) == (try request(.subjectAccess, events)))
        let closed: [(String, RequestEvent)] = [("2026-09-04", .clarificationAsked), ("2026-09-05", .closed(.noReply))]
        #expect(try replay(closed).state == .closed)
        #expect(throws: RightsError.self) { try replay([("2026-09-04", .searchBegun)]) }
    }

    @Test("nothing is searched for that is no request for access")
    func search() throws {
        var history = try request(.rectification, [("2026-09-04", .triaged)])
        #expect(throws: RightsError.self) {
            try history.record(.searchBegun, on: try Clock.day("2026-09-05"), under: try Shipped.rights.get())
        }
    }
}

@Suite("What must be done now about a request")
struct RightsNextActionTests {
    private static func next(
        _ events: [(String, RequestEvent)], _ today: String, _ kind: RequestKind = .subjectAccess
    ) throws -> [String] {
        let actions = try Shipped.rights.get().nextActions(
            for: request(kind, events), working: WorkingDays(), on: Clock.day(today))
        return actions.map { "\($0.code.rawValue) \($0.by?.description ?? "-")" }
    }

    private static let identity = RightsHistoryTests.identity
    private static let toReview = RightsHistoryTests.toReview
    private static let toComplaint = RightsHistoryTests.toComplaint

    @Test(
        "follows the state, by the internal target while it can be met and then by the legal limit",
        arguments: [
            ([], "2026-09-04", ["triage 2026-09-10"]),
            ([("2026-09-04", .triaged)], "2026-09-07", ["search 2026-10-01"]),
            (toReview, "2026-09-14", ["review 2026-10-01"]),
            (toReview, "2026-10-02", ["notice-extension 2026-10-02", "review 2026-10-05"]),
            (toReview, "2026-10-10", ["review 2026-10-05"]),
            (toReview, "2026-09-25", ["review 2026-10-01", "notice-extension 2026-10-02"]),
            (toReview + [("2026-09-15", .extensionNoticed(.complex))], "2026-09-30", ["review 2026-10-01"]),
            (toReview + [("2026-09-15", .extensionNoticed(.complex))], "2026-10-05", ["review 2026-12-03"]),
            (toReview + [("2026-09-15", .opinionAsked)], "2026-09-15", ["consult 2026-10-01"]),
            (toReview + [("2026-09-15", .redactionBegun)], "2026-09-15", ["redact 2026-10-01"]),
            (toReview + [("2026-09-15", .approved)], "2026-09-15", ["release 2026-10-01"]),
            ([("2026-09-04", identity)], "2026-09-05", ["chase 2026-09-18"]),
            ([("2026-09-04", identity), ("2026-09-18", .chased)], "2026-09-18", ["chase 2026-10-02"]),
            ([("2026-09-04", identity), ("2026-09-18", .chased)], "2026-10-18", ["close-or-go-on -"]),
            ([("2026-09-12", identity)], "2026-09-12", ["go-on 2026-10-01"]),
            ([("2026-09-04", .clarificationAsked)], "2026-09-05", ["chase 2026-09-18"]),
            (
                [("2026-09-04", .feeCharged(.manifestlyUnfounded))], "2026-09-05",
                ["triage 2026-09-10", "chase 2026-09-18"]
            ),
            (toComplaint, "2026-09-26", ["acknowledge-complaint 2026-10-26"]),
            (toComplaint + [("2026-09-28", .complaintAcknowledged)], "2026-09-28", ["decide-complaint -"]),
            (toComplaint + [("2026-09-28", .complaintDecided)], "2026-09-28", ["close -"]),
            (RightsHistoryTests.toAnswer, "2026-09-28", ["close -"]),
            ([("2026-09-04", .closed(.withdrawn))], "2026-09-28", []),
        ] as [([(String, RequestEvent)], String, [String])])
    func actions(events: [(String, RequestEvent)], today: String, expected: [String]) throws {
        #expect(try Self.next(events, today) == expected)
    }

    @Test("of another right is a decision, and of a restriction first of all the restriction")
    func others() throws {
        let triaged: [(String, RequestEvent)] = [("2026-09-04", .triaged)]
        #expect(try Self.next(triaged, "2026-09-05", .erasure) == ["decide 2026-10-01"])
        #expect(try Self.next(triaged, "2026-09-05", .restriction) == ["restrict 2026-09-03", "decide 2026-10-01"])
        #expect(
            try Self.next(triaged + [("2026-09-05", .approved)], "2026-09-05", .restriction) == ["release 2026-10-01"])
    }

    @Test("of a complaint is the acknowledgement, and then a decision without a date")
    func complaint() throws {
        let triaged: [(String, RequestEvent)] = [("2026-09-04", .triaged)]
        #expect(try Self.next(triaged, "2026-09-05", .complaint) == ["acknowledge-complaint 2026-10-05", "decide -"])
        let acknowledged = triaged + [("2026-09-05", .complaintAcknowledged)]
        #expect(try Self.next(acknowledged, "2026-09-05", .complaint) == ["decide -"])
    }

    @Test("is late from the day after its day")
    func late() throws {
        let action = NextAction(code: .review, sentence: "", by: try Clock.day("2026-10-05"))
        #expect(!action.isLate(on: try Clock.day("2026-10-05")))
        #expect(action.isLate(on: try Clock.day("2026-10-06")))
    }
}

@Suite("The backlog")
struct BacklogTests {
    @Test("counts open requests by how late they are, and all by the month in which they were due")
    func counts() throws {
        let facts = [
            try Clock.facts("2026-09-03"), try Clock.facts("2026-09-03", answered: "2026-10-05"),
            try Clock.facts("2026-09-03", answered: "2026-10-06"),
            try Clock.facts("2026-09-08", pauses: ["2026-09-09"]),
            try Clock.facts("2026-09-10", extended: "2026-09-20"), try Clock.facts("2025-01-06"),
            try Clock.facts("2026-07-01"), try Clock.facts("2026-01-05"),
        ]
        let backlog = Backlog(try facts.map { try Clock.read($0) }, on: try Clock.day("2026-11-04"))
        #expect(backlog.overdue == [.month: 1, .quarter: 0, .year: 2, .longer: 1])
        #expect(backlog.inTime == 1)
        #expect(backlog.withoutDate == 1)
        #expect(backlog.byMonthDue.keys.sorted() == ["2025-02", "2026-02", "2026-08", "2026-10", "2026-12"])
        let october = try #require(backlog.byMonthDue["2026-10"])
        #expect([october.open, october.answeredInTime, october.answeredLate, october.extended] == [1, 1, 1, 0])
        #expect(backlog.byMonthDue["2026-12"]?.extended == 1)
    }

    @Test(
        "has bands of 30, 90 and 365 days",
        arguments: [
            ("2026-10-05", nil), ("2026-10-06", .month), ("2026-11-04", .month), ("2026-11-05", .quarter),
            ("2027-01-03", .quarter), ("2027-01-04", .year), ("2027-10-05", .year), ("2027-10-06", .longer),
        ] as [(String, Backlog.Band?)])
    func bands(today: String, band: Backlog.Band?) throws {
        let backlog = Backlog([try Clock.read(try Clock.facts("2026-09-03"))], on: try Clock.day(today))
        #expect(backlog.overdue.filter { $0.value > 0 } == (band.map { [$0: 1] } ?? [:]))
    }
}
