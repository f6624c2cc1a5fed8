/// The text of one policy file, and the name by which its faults are reported.
public struct PolicyText: Hashable, Sendable {
    public let file: String
    public let text: String

    public init(file: String, text: String) {
        self.file = file
        self.text = text
    }
}

/// A policy file was refused. A file with one fault is refused as a whole: half a policy is no policy.
public struct PolicyError: Error, Hashable {
    public enum Reason: Hashable, Sendable {
        case notYAML(String)
        case anchor
        case expected(String)
        case unknownKey(String)
        case missingKey(String)
        case duplicate(String)
        case empty(String)
        case notADay(String)
        case badTerm
        case unknown(kind: String, name: String)
        case tooMany(String)
        case neverMatches(String)
        case neverApplies(String)
        case shadowed(by: RuleID)
    }

    public let file: String
    /// Counted from 1.
    public let line: Int
    public let reason: Reason

    public init(file: String, line: Int, reason: Reason) {
        self.file = file
        self.line = line
        self.reason = reason
    }

    public var userMessage: String { "\(file):\(line): \(sentence)" }

    private var sentence: String {
        switch reason {
        case .notYAML(let problem): "This is not YAML: \(problem)."
        case .anchor: "Anchors, aliases and tags are not allowed. Write the value out."
        case .expected(let what): "Expected \(what)."
        case .unknownKey(let key): "The key '\(key)' is not known here. Check its spelling."
        case .missingKey(let key): "The key '\(key)' is missing. Add it."
        case .duplicate(let name): "'\(name)' appears twice. Keep one."
        case .empty(let what): "\(what) is empty. Say what is meant, or leave it out."
        case .notADay(let text): "'\(text)' is not a day. Write it as 2026-09-01."
        case .badTerm: "The days must be in the order from, reviewBy, until."
        case .unknown(let kind, let name): "The \(kind) '\(name)' is not declared. Declare it, or check its spelling."
        case .tooMany(let what): "There are too many \(what): 64 is the most."
        case .neverMatches(let why): "This rule can never admit anybody: \(why)."
        case .neverApplies(let why): "This rule can never apply: \(why)."
        case .shadowed(let rule): "The rule \(rule) already says this for the same role and category. Keep one."
        }
    }
}
