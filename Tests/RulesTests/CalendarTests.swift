import Rules
import Testing

@Suite("Working days")
struct WorkingDaysTests {
    @Test(
        "a weekday follows from the day",
        arguments: [
            ("1970-01-01", .thursday), ("1969-12-31", .wednesday), ("2000-02-29", .tuesday), ("2026-09-01", .tuesday),
            ("2026-12-28", .monday), ("0001-01-01", .monday), ("9999-12-31", .friday),
        ] as [(String, Weekday)])
    func weekday(text: String, weekday: Weekday) throws {
        #expect(try #require(Day(text)).weekday == weekday)
    }

    /// The table of bank holidays in England and Wales, one year a row.
    static let bankHolidays: [(Int, [String])] = [
        (2025, ["01-01", "04-18", "04-21", "05-05", "05-26", "08-25", "12-25", "12-26"]),
        (2026, ["01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28"]),
        (2027, ["01-01", "03-26", "03-29", "05-03", "05-31", "08-30", "12-27", "12-28"]),
        (2028, ["01-03", "04-14", "04-17", "05-01", "05-29", "08-28", "12-25", "12-26"]),
        (2029, ["01-01", "03-30", "04-02", "05-07", "05-28", "08-27", "12-25", "12-26"]),
        (2030, ["01-01", "04-19", "04-22", "05-06", "05-27", "08-26", "12-25", "12-26"]),
        // 25 December on a Sunday, and 1 January on a Sunday.
        (2033, ["01-03", "04-15", "04-18", "05-02", "05-30", "08-29", "12-26", "12-27"]),
        (2034, ["01-02", "04-07", "04-10", "05-01", "05-29", "08-28", "12-25", "12-26"]),
    ]

    @Test("bank holidays are those of the table, and no other day of the year", arguments: bankHolidays)
    func holidays(year: Int, table: [String]) throws {
        let first = try #require(Day(year: year, month: 1, day: 1))
        let found = (0..<366).compactMap { first.adding(days: $0) }.filter {
            $0.components.year == year && $0.isBankHoliday
        }
        #expect(found.map(\.description) == table.map { "\(year)-\($0)" })
    }

    @Test(
        "are counted over weekends and bank holidays, from the day after",
        arguments: [
            ("2026-12-09", 15, "2027-01-04"), ("2026-12-10", 1, "2026-12-11"), ("2026-12-11", 1, "2026-12-14"),
            ("2026-12-24", 1, "2026-12-29"), ("2026-12-26", 1, "2026-12-29"), ("2026-12-26", 0, "2026-12-26"),
            ("2027-03-25", 2, "2027-03-31"),
        ])
    func adding(from: String, count: Int, to: String) throws {
        #expect(WorkingDays().adding(count, to: try #require(Day(from)))?.description == to)
    }

    @Test("leave out the one-off days that the agreement lists")
    func extra() throws {
        let agreement = try LoadTests.load(LoadTests.categories, LoadTests.agreement)
        let oneOff = try #require(Day("2027-05-10"))
        #expect(agreement.extraBankHolidays == [oneOff])
        #expect(WorkingDays().contains(oneOff))
        #expect(!agreement.workingDays.contains(oneOff))
        let friday = try #require(Day("2027-05-07"))
        #expect(agreement.workingDays.adding(1, to: friday)?.description == "2027-05-11")
    }

    @Test("are not counted backwards, nor past the end of the calendar")
    func refuses() throws {
        #expect(WorkingDays().adding(-1, to: try #require(Day("2027-05-07"))) == nil)
        #expect(WorkingDays().adding(1, to: try #require(Day("9999-12-31"))) == nil)
    }
}

@Suite("Compulsory school age")
struct CompulsorySchoolAgeTests {
    @Test(
        "ends on the last Friday of June",
        arguments: [
            ("2009-09-01", "2026-06-26"), ("2010-08-31", "2026-06-26"), ("2010-06-26", "2026-06-26"),
            ("2010-09-01", "2027-06-25"), ("2011-08-31", "2027-06-25"), ("2011-12-31", "2028-06-30"),
            ("2012-02-29", "2028-06-30"), ("2012-08-31", "2028-06-30"), ("2012-09-01", "2029-06-29"),
            ("2013-09-01", "2030-06-28"),
        ])
    func lastDay(born: String, lastDay: String) throws {
        #expect(CompulsorySchoolAge.lastDay(born: try #require(Day(born)))?.description == lastDay)
    }

    @Test("ends, for every birth in twenty years, on a Friday of the last seven days of the right June")
    func everyBirth() throws {
        let first = try #require(Day("2000-09-01"))
        for offset in 0..<(20 * 365 + 5) {
            let born = try #require(first.adding(days: offset))
            let lastDay = try #require(CompulsorySchoolAge.lastDay(born: born))
            // The school year of the sixteenth birthday ends on the first 31 August on or after that birthday.
            let (year, month, _) = born.components
            let june = month < 9 ? year + 16 : year + 17
            let isRight =
                lastDay.components.year == june && lastDay.components.month == 6 && lastDay.components.day > 23
                && lastDay.weekday == .friday
                && CompulsorySchoolAge.youngPersonFrom(born: born) == lastDay.adding(days: 1)
            if !isRight { Issue.record("born \(born): \(lastDay)") }
        }
    }

    @Test("is not known where the calendar ends")
    func ends() throws {
        #expect(CompulsorySchoolAge.lastDay(born: try #require(Day("9990-01-01"))) == nil)
    }
}
