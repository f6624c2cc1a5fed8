import Rules
import Testing

/// Builds facts from ISO days.
enum Clock {
    static func day(_ text: String) throws -> Day { try #require(Day(text)) }

    static func of(
        _ kind: RequestKind = .subjectAccess, working: WorkingDays = WorkingDays(), school: SchoolCalendar? = nil
    ) throws -> RequestClock {
        RequestClock(
            try #require(try Shipped.rights.get().rule(for: kind)).clock, working: working, school: school)
    }

    /// `pauses`: `asked` or `asked..answered`.
    static func facts(
        _ received: String, pauses: [String] = [], extended: String? = nil, answered: String? = nil
    ) throws -> ClockFacts {
        ClockFacts(
            received: try day(received),
            clarifications: try pauses.map { text in
                let ends = text.split(separator: ".").map(String.init)
                return ClockFacts.Clarification(
                    asked: try day(ends[0]), answered: try ends.count > 1 ? day(ends[1]) : nil)
            }, extended: try extended.map { .init(noticed: try day($0), reason: .complex) },
            answered: try answered.map(day))
    }

    static func identity(
        _ asked: String, received: String?, signedIn: Bool = false, doubt: String = "The address is new to us."
    ) throws -> ClockFacts.IdentityCheck {
        ClockFacts.IdentityCheck(
            asked: try day(asked), doubt: doubt, wasSignedIn: signedIn, received: try received.map(day))
    }

    static func read(_ facts: ClockFacts, _ kind: RequestKind = .subjectAccess) throws -> ClockReading {
        try of(kind).read(facts, on: day("2030-01-01"))
    }
}

@Suite("The clock of a request")
struct RightsClockTests {
    @Test(
        "answers every computed case",
        arguments: [
            ("2026-09-03", [], nil, "2026-10-03", "2026-10-05"),
            ("2026-01-31", [], nil, "2026-02-28", "2026-03-02"),
            ("2028-01-31", [], nil, "2028-02-29", "2028-02-29"),
            ("2026-11-25", [], nil, "2026-12-25", "2026-12-29"),
            ("2026-12-01", [], nil, "2027-01-01", "2027-01-04"),
            ("2026-09-03", ["2026-09-08..2026-09-15"], nil, "2026-10-03", "2026-10-12"),
            ("2026-09-03", [], "2026-09-20", "2026-12-03", "2026-12-03"),
            // A Friday, at whatever hour: that date is the start.
            ("2026-09-04", [], nil, "2026-10-04", "2026-10-05"),
            // 29, 30 and 31 January: the last day of February.
            ("2026-01-29", [], nil, "2026-02-28", "2026-03-02"),
            ("2026-01-30", [], nil, "2026-02-28", "2026-03-02"),
            ("2028-01-30", [], nil, "2028-02-29", "2028-02-29"),
            ("2026-08-31", [], nil, "2026-09-30", "2026-09-30"),
            // Three months from the start, not one and then two.
            ("2026-11-30", [], "2026-12-02", "2027-02-28", "2027-03-01"),
        ] as [(String, [String], String?, String, String)])
    func computed(received: String, pauses: [String], extended: String?, base: String, due: String) throws {
        let reading = try Clock.read(try Clock.facts(received, pauses: pauses, extended: extended))
        #expect(reading.base?.description == base)
        #expect(reading.dueDay?.description == due)
        #expect(reading.start?.description == received)
        #expect(reading.flags.isEmpty)
        #expect(reading.isExtended == (extended != nil))
        #expect(reading.target == (try Clock.day(received)).adding(days: 28))
    }

    @Test(
        "leaves out the days of every question once",
        arguments: [
            (["2026-09-08..2026-09-15"], 8), (["2026-09-08..2026-09-08"], 0), (["2026-09-08..2026-09-09"], 2),
            (["2026-09-08..2026-09-15", "2026-09-10..2026-09-12"], 8),
            (["2026-09-10..2026-09-12", "2026-09-08..2026-09-15"], 8),
            (["2026-09-08..2026-09-15", "2026-09-15..2026-09-17"], 10),
            (["2026-09-08..2026-09-10", "2026-09-11..2026-09-12"], 5),
            (["2026-09-08..2026-09-10", "2026-09-20..2026-09-21"], 5),
            (["2026-09-08..2026-09-10", "2026-09-09..2026-09-09"], 3),
            (["2026-09-08..2026-09-10", "2026-09-11..2026-09-11"], 3),
            (["2026-09-03..2026-09-04"], 2),
        ] as [([String], Int)])
    func pauses(pauses: [String], days: Int) throws {
        let reading = try Clock.read(try Clock.facts("2026-09-03", pauses: pauses))
        #expect(reading.pausedDays == days)
        let end = try #require(try Clock.day("2026-10-03").adding(days: days))
        #expect(reading.dueDay == WorkingDays().onOrAfter(end))
    }

    @Test("shows no date while a question is open", arguments: [nil, "2026-09-20"] as [String?])
    func openQuestion(extended: String?) throws {
        let facts = try Clock.facts(
            "2026-09-03", pauses: ["2026-09-08", "2026-09-04..2026-09-05", "2026-09-10..2026-09-12"],
            extended: extended)
        let reading = try Clock.read(facts)
        #expect(reading.due == .paused(since: try Clock.day("2026-09-08")))
        #expect(reading.dueDay == nil)
        #expect(reading.extensionNoticeBy == nil)
        #expect(reading.daysLeft(on: try Clock.day("2027-01-01")) == nil)
        #expect(!reading.isOverdue(on: try Clock.day("2027-01-01")))
        #expect(reading.isExtended == (extended != nil))
    }

    @Test("is not stopped by a question that comes after the time has run out")
    func lateQuestion() throws {
        for pause in ["2026-10-04", "2026-10-04..2026-10-20"] {
            let reading = try Clock.read(try Clock.facts("2026-09-03", pauses: [pause]))
            #expect(reading.dueDay?.description == "2026-10-05")
            #expect(reading.flags == [.clarificationTooLate])
            #expect(reading.extensionNoticeBy?.description == "2026-10-02")
        }
        // An earlier pause keeps the period running; so does an extension.
        let facts = [
            try Clock.facts("2026-09-03", pauses: ["2026-09-08..2026-09-15", "2026-10-04..2026-10-05"]),
            try Clock.facts("2026-09-03", pauses: ["2026-10-04..2026-10-05"], extended: "2026-09-30"),
        ]
        #expect(try facts.map { try Clock.read($0).dueDay?.description } == ["2026-10-13", "2026-12-07"])
        #expect(try facts.allSatisfy { try Clock.read($0).flags.isEmpty })
    }

    @Test(
        "takes an extension of which notice is given within the first month, pauses left out",
        arguments: [
            ("2026-10-03", [], true), ("2026-10-04", [], false), ("2026-11-25", [], false),
            // On the last day during a pause: the pause shifts the limit.
            ("2026-10-05", ["2026-09-30..2026-10-08"], true), ("2026-10-12", ["2026-09-30..2026-10-08"], true),
            ("2026-10-13", ["2026-09-30..2026-10-08"], false), ("2026-12-20", ["2026-09-30"], true),
            // A pause after the first month shifts nothing.
            ("2026-10-05", ["2026-10-04..2026-10-08"], false),
        ] as [(String, [String], Bool)])
    func extensions(noticed: String, pauses: [String], isInTime: Bool) throws {
        let reading = try Clock.read(try Clock.facts("2026-09-03", pauses: pauses, extended: noticed))
        #expect(reading.isExtended == isInTime)
        #expect(reading.flags.contains(.extensionTooLate) == !isInTime)
    }

    @Test(
        "names the last working day for the notice",
        arguments: [
            ("2026-09-03", [], "2026-10-02"), ("2026-09-03", ["2026-09-08..2026-09-15"], "2026-10-09"),
            ("2026-11-25", [], "2026-12-24"), ("2026-09-01", [], "2026-10-01"),
        ] as [(String, [String], String)])
    func notice(received: String, pauses: [String], by: String) throws {
        #expect(try Clock.read(try Clock.facts(received, pauses: pauses)).extensionNoticeBy?.description == by)
    }

    @Test("counts the days left, the days late, and those at the answer")
    func daysLeft() throws {
        let open = try Clock.read(try Clock.facts("2026-09-03"))
        #expect(open.daysLeft(on: try Clock.day("2026-10-05")) == 0)
        #expect(!open.isOverdue(on: try Clock.day("2026-10-05")))
        #expect(open.daysLeft(on: try Clock.day("2026-10-06")) == -1)
        #expect(open.isOverdue(on: try Clock.day("2026-10-06")))
        let answered = try Clock.read(try Clock.facts("2026-09-03", answered: "2026-10-01"))
        #expect(answered.daysLeft(on: try Clock.day("2027-01-01")) == 4)
    }
}

@Suite("Where the clock of a request starts")
struct RightsClockStartTests {
    @Test("moves to the day on which identity that was rightly asked for came in")
    func identity() throws {
        var facts = try Clock.facts("2026-09-03")
        facts.identityChecks = [try Clock.identity("2026-09-05", received: "2026-09-14")]
        let reading = try Clock.read(facts)
        #expect(reading.start?.description == "2026-09-14")
        #expect(reading.dueDay?.description == "2026-10-14")
        #expect(reading.pausedDays == 0)
        #expect(reading.target?.description == "2026-10-01")
        #expect(reading.extensionNoticeBy?.description == "2026-10-14")
    }

    @Test("waits for identity, and then for a fee, without a date")
    func waits() throws {
        var facts = try Clock.facts("2026-09-03", pauses: ["2026-09-04"])
        facts.identityChecks = [try Clock.identity("2026-09-05", received: nil)]
        facts.fee = .init(charged: try Clock.day("2026-09-06"), reason: .manifestlyExcessive)
        #expect(try Clock.read(facts).due == .waiting(for: .identity, since: try Clock.day("2026-09-05")))
        facts.identityChecks[0].received = try Clock.day("2026-09-08")
        #expect(try Clock.read(facts).due == .waiting(for: .fee, since: try Clock.day("2026-09-06")))
        #expect(try Clock.read(facts).extensionNoticeBy == nil)
        facts.fee?.paid = try Clock.day("2026-09-10")
        facts.clarifications = []
        #expect(try Clock.read(facts).start?.description == "2026-09-10")
        facts.identityChecks[0].received = try Clock.day("2026-09-12")
        #expect(try Clock.read(facts).start?.description == "2026-09-12")
    }

    @Test(
        "stays where it is when identity was wrongly asked for, which is flagged",
        arguments: [
            ("2026-09-23", true, "Doubt", [.identityOfSignedInUser, .identityAskedLate]),
            ("2026-09-04", true, "Doubt", [.identityOfSignedInUser]),
            ("2026-09-11", false, "Doubt", [.identityAskedLate]),
            ("2026-09-10", false, "Doubt", []), ("2026-09-04", false, " ", [.identityWithoutReason]),
        ] as [(String, Bool, String, Set<ClockReading.Flag>)])
    func misuse(asked: String, signedIn: Bool, doubt: String, flags: Set<ClockReading.Flag>) throws {
        for received in ["2026-09-25", nil] {
            var facts = try Clock.facts("2026-09-03")
            facts.identityChecks = [
                try Clock.identity(asked, received: received, signedIn: signedIn, doubt: doubt)
            ]
            let reading = try Clock.read(facts)
            #expect(reading.flags == flags)
            let due = flags.isEmpty ? (received == nil ? nil : "2026-10-26") : "2026-10-05"
            #expect(reading.dueDay?.description == due)
        }
    }

    @Test("leaves out only days of the period: none before the start")
    func pauseBeforeStart() throws {
        var facts = try Clock.facts("2026-09-03", pauses: ["2026-09-04..2026-09-06"])
        facts.identityChecks = [try Clock.identity("2026-09-05", received: "2026-09-14")]
        #expect(try Clock.read(facts).pausedDays == 0)
        facts.clarifications[0].answered = try Clock.day("2026-09-15")
        #expect(try Clock.read(facts).pausedDays == 2)
        #expect(try Clock.read(facts).dueDay?.description == "2026-10-16")
        facts.clarifications[0].answered = nil
        #expect(try Clock.read(facts).due == .paused(since: try Clock.day("2026-09-14")))
    }

    @Test("is refused where what was recorded cannot be")
    func refuses() throws {
        let today = try Clock.day("2026-12-01")
        let clock = try Clock.of()
        func error(_ facts: ClockFacts) throws -> RightsError {
            try #require(throws: RightsError.self) { try clock.read(facts, on: today) }
        }
        #expect(try error(Clock.facts("2026-12-02")) == .afterToday(Clock.day("2026-12-02")))
        let beforeReceipt = try Clock.day("2026-09-02")
        #expect(try error(Clock.facts("2026-09-03", pauses: ["2026-09-02"])) == .beforeReceipt(beforeReceipt))
        #expect(try error(Clock.facts("2026-09-03", extended: "2026-09-02")) == .beforeReceipt(beforeReceipt))
        #expect(try error(Clock.facts("2026-09-03", answered: "2026-09-02")) == .beforeReceipt(beforeReceipt))
        #expect(
            try error(Clock.facts("2026-09-03", pauses: ["2026-09-08..2026-09-07"]))
                == .answeredBeforeAsked(Clock.day("2026-09-07")))
        var facts = try Clock.facts("2026-09-03")
        facts.identityChecks = [try Clock.identity("2026-09-05", received: "2026-09-04")]
        #expect(try error(facts) == .answeredBeforeAsked(Clock.day("2026-09-04")))
        facts.identityChecks = []
        facts.fee = .init(
            charged: try Clock.day("2026-09-05"), reason: .manifestlyUnfounded, paid: try Clock.day("2026-12-03"))
        #expect(try error(facts) == .afterToday(Clock.day("2026-12-03")))
    }
}
