import Foundation
import Rules
import Testing

@Suite("A day")
struct DayTests {
    @Test(
        "exists only if the calendar has it",
        arguments: [
            ("2028-02-29", true), ("2027-02-29", false), ("2000-02-29", true), ("1900-02-29", false),
            ("2026-04-31", false),
            ("2026-13-01", false), ("2026-00-10", false), ("2026-01-00", false), ("0000-01-01", false),
            ("0001-01-01", true),
            ("9999-12-31", true), ("2026-1-01", false), ("2026-01-01 ", false), ("+026-01-01", false),
            ("2026/01/01", false),
            ("２０２６-01-01", false), ("", false),
        ])
    func existence(text: String, exists: Bool) {
        #expect((Day(text) != nil) == exists)
    }

    @Test(
        "counts from 1 January 1970",
        arguments: [
            ("1970-01-01", 0), ("1970-01-02", 1), ("1969-12-31", -1), ("2000-03-01", 11017), ("2026-09-01", 20697),
            ("0001-01-01", -719_162),
        ])
    func count(text: String, number: Int) throws {
        #expect(try #require(Day(text)).number == number)
    }

    @Test("is the same after its number, its text and its JSON, on every day of four centuries")
    func roundTrip() throws {
        let first = try #require(Day(year: 1900, month: 1, day: 1))
        var previous = first
        for offset in 1...146_097 {
            let day = try #require(first.adding(days: offset))
            let (year, month, dayOfMonth) = day.components
            guard Day(year: year, month: month, day: dayOfMonth) == day, previous < day, previous.days(until: day) == 1
            else {
                Issue.record("\(day) does not follow \(previous)")
                return
            }
            previous = day
        }
        #expect(previous.description == "2300-01-01")
    }

    @Test(
        "crosses leap days and years",
        arguments: [
            ("2028-02-28", 1, "2028-02-29"), ("2028-02-28", 2, "2028-03-01"), ("2027-02-28", 1, "2027-03-01"),
            ("2026-12-31", 1, "2027-01-01"), ("2028-03-01", -1, "2028-02-29"), ("2026-09-01", 365, "2027-09-01"),
            ("2027-09-01", 366, "2028-09-01"),
        ])
    func addition(from: String, days: Int, to: String) throws {
        #expect(try #require(Day(from)).adding(days: days)?.description == to)
    }

    @Test("ends with the calendar")
    func ends() throws {
        #expect(try #require(Day("9999-12-31")).adding(days: 1) == nil)
        #expect(try #require(Day("0001-01-01")).adding(days: -1) == nil)
        #expect(try #require(Day("2026-01-01")).adding(days: .max) == nil)
    }

    @Test("is written in JSON as its text")
    func json() throws {
        let day = try #require(Day("0123-04-05"))
        #expect(String(decoding: try JSONEncoder().encode([day]), as: UTF8.self) == #"["0123-04-05"]"#)
        #expect(try JSONDecoder().decode([Day].self, from: Data(#"["0123-04-05"]"#.utf8)) == [day])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Day].self, from: Data(#"["today"]"#.utf8)) }
    }
}
