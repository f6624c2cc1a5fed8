public import ArgumentParser
import Foundation
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
extension MentionSearch.Reach: ExpressibleByArgument {}
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

/// A file of JSON that a person has written.
enum InputFile {
    /// `path`: `-` for standard input.
    static func json<Value: Decodable>(_ path: String, as _: Value.Type) throws -> Value {
        let bytes: [UInt8]
        do throws(StorageError) {
            bytes = path == "-" ? Array(Words(argument: "-").read().utf8) : try Folder.read(path, limit: 8 << 20)
        } catch {
            throw CommandError("The file cannot be read: \(error.userMessage)")
        }
        do {
            return try JSONDecoder().decode(Value.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw CommandError("The file is not as it should be: \(error.place)")
        }
    }
}

extension DecodingError {
    /// Where and what is wrong, without the words that stand there.
    fileprivate var place: String {
        func told(_ context: Context, _ what: String) -> String {
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return path.isEmpty ? "\(what)." : "\(what) at \(path)."
        }
        return switch self {
        case .keyNotFound(let key, let context): told(context, "\(key.stringValue) is missing")
        case .valueNotFound(_, let context): told(context, "there is nothing")
        case .typeMismatch(_, let context): told(context, "there is something else than expected")
        case .dataCorrupted(let context): told(context, "it cannot be read")
        @unknown default: "it cannot be read."
        }
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
extension RequestKind: ExpressibleByArgument {}
extension Channel: ExpressibleByArgument {}
extension Restriction.Ground: ExpressibleByArgument {}
extension Restriction.Use: ExpressibleByArgument {}
extension StatementKind: ExpressibleByArgument {}
extension ObjectionDecision.Outcome: ExpressibleByArgument {}
extension ObjectionDecision.Ground: ExpressibleByArgument {}
extension Recipient.Excuse: ExpressibleByArgument {}
extension BreachStep.Kind: ExpressibleByArgument {}
extension Rules.Opinion.Profession: ExpressibleByArgument {}
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
