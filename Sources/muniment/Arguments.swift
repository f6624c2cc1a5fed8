public import ArgumentParser
public import Rules
public import Storage
public import Vault

// How words of the domain are read from a command line. The vault, not the parser, says whether a role or category exists.

extension ID: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension Party: ExpressibleByArgument {}
extension AccessAction: ExpressibleByArgument {}
extension Rendition: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
extension ConsentKind: ExpressibleByArgument {}
extension Capacity: ExpressibleByArgument {}
extension RestraintGround: ExpressibleByArgument {}
extension ParentChoice: ExpressibleByArgument {}
extension ReviewOutcome: ExpressibleByArgument {}
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
