import Rules
import Testing

@Suite("The clocks of the other rights")
struct RightsOtherClockTests {
    @Test("are the same month for every right that Article 12A covers, but only access is paused by a question")
    func sameMonth() throws {
        let months: [RequestKind] = [.rectification, .erasure, .restriction, .portability, .objection]
        for kind in months + [.subjectAccess, .lawEnforcementAccess] {
            let facts = try Clock.facts("2026-09-03", pauses: ["2026-09-08..2026-09-15"])
            let reading = try Clock.read(facts, kind)
            #expect(reading.dueDay?.description == (kind.isAccess ? "2026-10-12" : "2026-10-05"), "\(kind)")
            #expect(reading.flags == (kind.isAccess ? [] : [.notForThisKind]), "\(kind)")
            let open = try Clock.read(try Clock.facts("2026-09-03", pauses: ["2026-09-08"]), kind)
            #expect((open.dueDay == nil) == kind.isAccess, "\(kind)")
            let extended = try Clock.read(try Clock.facts("2026-09-03", extended: "2026-09-20"), kind)
            #expect(extended.dueDay?.description == "2026-12-03", "\(kind)")
        }
    }

    @Test("a restriction is put in place at once, before the reply is due")
    func restriction() throws {
        let facts = try Clock.facts("2026-09-05")
        for kind in RequestKind.allCases where kind != .educationalRecord {
            let reading = try Clock.read(facts, kind)
            #expect(reading.actBy == (kind == .restriction ? facts.received : nil))
        }
    }

    @Test(
        "a complaint is acknowledged within 30 days after the day of receipt, and on a working day",
        arguments: [
            ("2026-06-19", "2026-07-20"), ("2026-09-01", "2026-10-01"), ("2026-09-03", "2026-10-05"),
            ("2026-11-25", "2026-12-29"),
        ])
    func complaint(received: String, due: String) throws {
        #expect(try Clock.read(try Clock.facts(received), .complaint).dueDay?.description == due)
    }

    @Test(
        "what moves a month moves no other period, which is flagged",
        arguments: [RequestKind.complaint, .educationalRecord])
    func moves(kind: RequestKind) throws {
        let still = try Clock.facts("2026-09-03")
        var identity = still
        identity.identityChecks = [try Clock.identity("2026-09-04", received: nil)]
        var fee = still
        fee.fee = .init(charged: try Clock.day("2026-09-04"), reason: .manifestlyUnfounded)
        let disturbed = [
            identity, fee, try Clock.facts("2026-09-03", pauses: ["2026-09-04"]),
            try Clock.facts("2026-09-03", extended: "2026-09-04"),
        ]
        let clock = try Clock.of(kind, school: try Self.school())
        let today = try Clock.day("2027-01-01")
        let due = try clock.read(still, on: today).dueDay
        #expect(due != nil)
        for facts in disturbed {
            let reading = try clock.read(facts, on: today)
            #expect(reading.dueDay == due)
            #expect(reading.flags == [.notForThisKind])
            #expect(!reading.isExtended)
        }
        #expect(try clock.read(still, on: today).flags.isEmpty)
    }

    /// Half term from 26 to 30 October, a training day on 2 November, Christmas from 21 December.
    private static func school() throws -> SchoolCalendar {
        SchoolCalendar(
            known: try Clock.day("2026-09-02")...Clock.day("2026-12-31"),
            holidays: try [
                ("2026-10-26", "2026-10-30"), ("2026-11-02", "2026-11-02"), ("2026-12-21", "2027-01-04"),
            ].map { try Clock.day($0.0)...Clock.day($0.1) })
    }

    @Test(
        "an educational record is due on the fifteenth school day after receipt, holidays left out",
        arguments: [
            ("2026-09-03", "2026-09-24"), ("2026-09-05", "2026-09-25"), ("2026-10-12", "2026-11-10"),
            ("2026-11-27", "2026-12-18"),
        ])
    func schoolDays(received: String, due: String) throws {
        let clock = try Clock.of(.educationalRecord, school: Self.school())
        let reading = try clock.read(Clock.facts(received), on: Clock.day("2027-01-01"))
        #expect(reading.dueDay?.description == due)
        #expect(reading.target == nil)
    }

    @Test("an educational record is refused a date where the school's days are not known")
    func unknownSchoolDays() throws {
        let today = try Clock.day("2027-01-01")
        for school in [nil, try Self.school()] {
            let clock = try Clock.of(.educationalRecord, school: school)
            for received in ["2026-11-30", "2026-09-01", "2026-08-03"] {
                guard school == nil || received != "2026-09-01" else { continue }
                let facts = try Clock.facts(received)
                #expect(throws: RightsError.schoolDaysUnknown(from: facts.received)) {
                    try clock.read(facts, on: today)
                }
            }
        }
    }

    @Test("a request for the school's record runs beside one for the same child's data")
    func parallel() throws {
        let facts = try Clock.facts("2026-09-03")
        let record = try Clock.of(.educationalRecord, school: Self.school()).read(facts, on: facts.received)
        let access = try Clock.of(.subjectAccess).read(facts, on: facts.received)
        #expect([record, access].map { $0.dueDay?.description } == ["2026-09-24", "2026-10-05"])
    }
}

@Suite("The clock of a breach")
struct BreachClockTests {
    private static let hour: Int64 = 3600

    @Test("runs for 72 clock hours from awareness")
    func hours() {
        // A Friday evening before a bank holiday counts like any other.
        let aware: Int64 = 1_798_138_800
        let clock = BreachClock(awareAtSeconds: aware)
        #expect(clock.notifyBy == aware + 259_200)
        #expect(clock.hoursLeft(at: aware) == 72)
        #expect(clock.hoursLeft(at: aware + 1) == 71)
        #expect(clock.hoursLeft(at: aware + 72 * Self.hour - 1) == 0)
        #expect(clock.hoursLeft(at: aware + 72 * Self.hour) == 0)
        #expect(clock.hoursLeft(at: aware + 72 * Self.hour + 1) == -1)
        #expect(clock.hoursLeft(at: aware + 73 * Self.hour) == -1)
        #expect(clock.hoursLeft(at: aware + 73 * Self.hour + 1) == -2)
        #expect(!clock.isLate(at: aware + 72 * Self.hour))
        #expect(clock.isLate(at: aware + 72 * Self.hour + 1))
    }

    @Test("does not overflow at the ends of time")
    func ends() {
        #expect(BreachClock(awareAtSeconds: .max).notifyBy == .max)
        #expect(BreachClock(awareAtSeconds: .max).hoursLeft(at: .min) == .max)
        #expect(BreachClock(awareAtSeconds: .min).hoursLeft(at: .max) == .min)
    }
}

@Suite("Months of a right")
struct ClampedMonthsTests {
    @Test(
        "end on the same day, else on the last of the month",
        arguments: [
            ("2026-01-31", 1, "2026-02-28"), ("2028-01-31", 1, "2028-02-29"), ("2026-01-28", 1, "2026-02-28"),
            ("2026-05-31", 1, "2026-06-30"), ("2026-12-31", 2, "2027-02-28"), ("2026-11-30", 3, "2027-02-28"),
            ("2026-08-31", -6, "2026-02-28"), ("2026-03-01", 12, "2027-03-01"), ("2026-01-01", 0, "2026-01-01"),
        ])
    func clamp(from: String, months: Int, to: String) throws {
        #expect(try Clock.day(from).clampedMonths(months)?.description == to)
    }

    @Test("end with the calendar")
    func ends() throws {
        let last = try Clock.day("9999-12-15")
        #expect(last.clampedMonths(1) == nil)
        #expect(try Clock.day("9999-12-31").clampedMonths(0) == (try Clock.day("9999-12-31")))
        #expect(throws: RightsError.calendarEnds) {
            try Clock.of().read(ClockFacts(received: last), on: last)
        }
    }
}
