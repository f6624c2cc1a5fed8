public import ArgumentParser
public import Rules
public import Storage
public import Vault

// How words of the domain are read from a command line. The vault, not the parser, says whether a role or category exists.

extension ID: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension Party: ExpressibleByArgument {}
extension ServiceKey: ExpressibleByArgument {}
extension AccessAction: ExpressibleByArgument {}
/// What somebody says for the record. It may name people, so `-` takes it from standard input, out of the list of processes.
struct Words: ExpressibleByArgument {
    private let argument: String

    init(argument: String) { self.argument = argument }

    func read() -> String {
        guard argument == "-" else { return argument }
        var lines: [String] = []
        while let line = readLine() { lines.append(line) }
        return lines.joined(separator: "\n")
    }
}

extension Rendition: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
extension ConsentKind: ExpressibleByArgument {}
extension Capacity: ExpressibleByArgument {}
extension RestraintGround: ExpressibleByArgument {}
extension ParentChoice: ExpressibleByArgument {}
extension ReviewOutcome: ExpressibleByArgument {}
extension RetentionTrigger: ExpressibleByArgument {}
extension RetentionFlag: ExpressibleByArgument {}
extension HoldKind: ExpressibleByArgument {}
extension DisposalGround: ExpressibleByArgument {}
extension Rules.Role: ExpressibleByArgument {
    public init?(argument: String) { self.init(rawValue: argument) }
}
extension Rules.Category: ExpressibleByArgument {
    public init?(argument: String) { self.init(rawValue: argument) }
}
extension Rules.Purpose: ExpressibleByArgument {
    public init?(argument: String) { self.init(rawValue: argument) }
}
extension Rules.Label: ExpressibleByArgument {
    public init?(argument: String) { self.init(rawValue: argument) }
}
extension Day: ExpressibleByArgument {
    /// Before anything that a vault can hold.
    static var beginning: Day {
        guard let day = Day("1970-01-01") else { preconditionFailure("the calendar has this day") }
        return day
    }

    public init?(argument: String) { self.init(argument) }
}

extension ByteRange: ExpressibleByArgument {
    public init?(argument: String) {
        let parts = argument.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let from = UInt64(parts[0]) else { return nil }
        guard !parts[1].isEmpty else {
            self = .bytes(from: from, through: nil)
            return
        }
        guard let last = UInt64(parts[1]), last >= from else { return nil }
        self = .bytes(from: from, through: last)
    }
}
