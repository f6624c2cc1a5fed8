import Rules
import Testing

@Suite("An anniversary")
struct AnniversaryTests {
    @Test(
        "is the same day of the month, or the first of the next where there is none",
        arguments: [
            ("2010-05-14", 25 * 12, "2035-05-14"), ("2010-05-14", 75 * 12, "2085-05-14"),
            // X3: born on 29 February 2012.
            ("2012-02-29", 25 * 12, "2037-03-01"), ("2012-02-29", 26 * 12, "2038-03-01"),
            ("2012-02-29", 31 * 12, "2043-03-01"), ("2012-02-29", 45 * 12, "2057-03-01"),
            ("2012-02-29", 75 * 12, "2087-03-01"), ("2012-02-29", 100 * 12, "2112-02-29"),
            ("2000-02-29", 100 * 12, "2100-03-01"),
            ("2026-01-31", 1, "2026-03-01"), ("2028-01-31", 1, "2028-03-01"), ("2028-01-29", 1, "2028-02-29"),
            ("2026-03-31", 1, "2026-05-01"), ("2026-12-31", 2, "2027-03-01"), ("2026-12-01", 1, "2027-01-01"),
            ("2026-11-30", 1, "2026-12-30"), ("2026-11-30", 0, "2026-11-30"), ("2026-10-31", 1, "2026-12-01"),
        ])
    func months(from: String, months: Int, to: String) throws {
        #expect(try #require(Day(from)).anniversary(months: months)?.description == to)
    }

    @Test("is never earlier than any other reading of it, for every day of four years and a hundred anniversaries")
    func neverEarlier() throws {
        let first = try #require(Day("2009-01-01"))
        for offset in 0..<(4 * 365 + 1) {
            let day = try #require(first.adding(days: offset))
            let (year, month, dayOfMonth) = day.components
            for years in 0...100 {
                let found = try #require(day.anniversary(years: years))
                let same = Day(year: year + years, month: month, day: dayOfMonth)
                if found != same ?? Day(year: year + years, month: 3, day: 1) { Issue.record("\(day) and \(years)") }
            }
        }
    }

    @Test("is not known where the calendar ends")
    func ends() throws {
        #expect(try #require(Day("9999-01-01")).anniversary(years: 1) == nil)
        #expect(try #require(Day("0001-01-01")).anniversary(months: -1) == nil)
        #expect(try #require(Day("2026-01-01")).anniversary(months: .max) == nil)
    }
}
