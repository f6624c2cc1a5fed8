/// A side of the sharing agreement, with a key of its own.
public enum Party: String, CaseIterable, Hashable, Sendable, Codable {
    case education, health
    case socialCare = "social-care"
    case youthJustice = "youth-justice"
    case family, rights

    /// The place of this party in the compiled tables.
    var index: Int {
        switch self {
        case .education: 0
        case .health: 1
        case .socialCare: 2
        case .youthJustice: 3
        case .family: 4
        case .rights: 5
        }
    }
}

/// A name that the policy files define.
///
/// It may be made from any text: a word that the loaded agreement does not know is refused wherever it is asked about.
public protocol PolicyWord: RawRepresentable<String>, Hashable, Comparable, Sendable, CustomStringConvertible,
    ExpressibleByStringLiteral, Codable
{
    init(rawValue: String)
}

extension PolicyWord {
    public init(stringLiteral text: String) { self.init(rawValue: text) }
    public var description: String { rawValue }
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// What a person is to a case: `SEND`, `HADV`, `P`.
public struct Role: PolicyWord {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// What a document is: `D05`, health advice.
public struct Category: PolicyWord {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// Why the caller asks: `ehc.assessment`.
public struct Purpose: PolicyWord {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// What restrains a document beyond its category: `legal.privileged`.
public struct Label: PolicyWord {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// The clause of the agreement that a permit rests on: `D05-full`.
public struct RuleID: PolicyWord {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// A named set of lawful bases.
public struct BasisID: PolicyWord {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// An administrative act that certain roles may do: `case.open`.
public struct Duty: PolicyWord {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}
