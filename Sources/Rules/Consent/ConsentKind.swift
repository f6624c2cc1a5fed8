/// What a consent is to. The kinds stay apart: none ever stands for another.
public enum ConsentKind: String, CaseIterable, Hashable, Sendable, Codable {
    /// Taking part in an assessment, in early help or in treatment. It opens nothing.
    case service
    /// Lifting a duty of confidence.
    case confidentiality
    /// The lawful basis itself: UK GDPR Articles 6(1)(a) and 9(2)(a).
    case lawfulBasis = "lawful-basis"
}

/// The kinds of consent that stand.
public struct ConsentKinds: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public static let service = ConsentKinds(.service)
    public static let confidentiality = ConsentKinds(.confidentiality)
    public static let lawfulBasis = ConsentKinds(.lawfulBasis)

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public init(_ kind: ConsentKind) {
        switch kind {
        case .service: rawValue = 1
        case .confidentiality: rawValue = 2
        case .lawfulBasis: rawValue = 4
        }
    }
}
