/// How far one person may go with a child's documents, whatever the person's role would allow.
///
/// Depositing and releasing need that no restraint stands at all.
public struct Restraint: Hashable, Sendable, Codable {
    public enum Cause: String, CaseIterable, Hashable, Sendable, Codable {
        /// A court order or a risk flag on this person.
        case protection
        /// The young person's choice about a parent.
        case youngPerson = "young-person"
    }

    /// The furthest that the person may go.
    public enum Reach: Int, CaseIterable, Hashable, Comparable, Sendable, Codable {
        case none, see, read

        /// Reads `none`, `see` or `read`.
        public init?(_ word: String) {
            guard let reach = Self.allCases.first(where: { $0.word == word }) else { return nil }
            self = reach
        }

        public var word: String {
            switch self {
            case .none: "none"
            case .see: "see"
            case .read: "read"
            }
        }

        public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    public let cause: Cause
    public let reach: Reach

    public init(_ cause: Cause, reach: Reach) {
        self.cause = cause
        self.reach = reach
    }

    func admits(_ action: AccessAction) -> Bool {
        switch action {
        case .see: reach >= .see
        case .read: reach >= .read
        case .deposit, .release: false
        }
    }
}
