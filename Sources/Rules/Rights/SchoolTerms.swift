/// When the schools of an authority are open, as it has published it.
///
/// One calendar serves all its maintained schools; a school that closes on other days has its own in its own file.
public struct SchoolTerms: Sendable {
    public let title: String
    public let calendar: SchoolCalendar
    public let source: PolicyText

    /// Reads the terms of one school year or several that follow each other without a gap.
    ///
    /// - Throws: The first fault of the file, with its line: terms that overlap or lie outside their year, years with a gap.
    public static func load(_ text: PolicyText) throws(PolicyError) -> SchoolTerms {
        let file = try PolicyNode.root(of: text).map(["version", "title", "years"])
        guard try file.required("version").count() == 1 else { throw file.node.fault(.expected("version 1")) }
        var known: ClosedRange<Day>?
        var holidays: [ClosedRange<Day>] = []
        for node in try file.required("years").list() {
            let (year, closed) = try Self.year(node)
            if let before = known {
                guard before.upperBound.adding(days: 1) == year.lowerBound else {
                    throw node.fault(.expected("the day after the year before"))
                }
            }
            known = (known?.lowerBound ?? year.lowerBound)...year.upperBound
            holidays += closed
        }
        guard let known else { throw file.node.fault(.missingKey("years")) }
        return SchoolTerms(
            title: try file.required("title").text(), calendar: SchoolCalendar(known: known, holidays: holidays),
            source: text)
    }

    /// A school year, and the days of it on which pupils are not in school: all between its terms, and training days.
    private static func year(
        _ node: PolicyNode
    ) throws(PolicyError) -> (known: ClosedRange<Day>, closed: [ClosedRange<Day>]) {
        let row = try node.map(["from", "until", "terms", "closed"])
        let year = try range(row)
        var closed: [ClosedRange<Day>] = []
        // The first day of which it is not said yet whether there is school.
        var next = year.lowerBound
        for node in try row.required("terms").list() {
            let term = try range(try node.map(["from", "until"]))
            guard next <= term.lowerBound, term.upperBound <= year.upperBound else {
                throw node.fault(.expected("a term within its year, after the one before"))
            }
            if let before = term.lowerBound.adding(days: -1), next <= before { closed.append(next...before) }
            guard let after = term.upperBound.adding(days: 1) else { throw node.fault(.expected("a day")) }
            next = after
        }
        if next <= year.upperBound { closed.append(next...year.upperBound) }
        let training = try row.optional("closed")?.distinct { node throws(PolicyError) in try node.day() } ?? []
        return (year, closed + training.map { $0...$0 })
    }

    private static func range(_ row: PolicyMap) throws(PolicyError) -> ClosedRange<Day> {
        let (from, until) = (try row.required("from").day(), try row.required("until").day())
        guard from <= until else { throw row.node.fault(.expected("a last day after the first")) }
        return from...until
    }
}
