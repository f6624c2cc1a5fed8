public import Sealing

/// A random identifier of 16 bytes. `Subject` keeps a case from being taken for a child.
public struct ID<Subject>: Hashable, Sendable, CustomStringConvertible {
    public static var byteCount: Int { 16 }
    public let bytes: [UInt8]

    public init(from random: RandomSource) { bytes = random.bytes(Self.byteCount) }

    /// - Returns: `nil` unless there are exactly 16 bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Reads 32 lower-case hexadecimal digits.
    public init?(_ text: String) {
        guard let bytes = Hex.decode(text) else { return nil }
        self.init(bytes)
    }

    public var description: String { Hex.encode(bytes) }
}

public enum VaultSubject {}
public enum OrganisationSubject {}
public enum PersonSubject {}
public enum ChildSubject {}
public enum CaseSubject {}
public enum DocumentSubject {}
public enum RenditionSubject {}
public enum ActSubject {}
public enum ProposalSubject {}
public enum UploadSubject {}
public enum SessionSubject {}
public enum AccessTokenSubject {}
public enum DisposalSubject {}
public enum HoldSubject {}
public enum RightsRequestSubject {}
public enum RightsOfferSubject {}
public enum BreachSubject {}

public typealias VaultID = ID<VaultSubject>
public typealias OrganisationID = ID<OrganisationSubject>
public typealias PersonID = ID<PersonSubject>
public typealias ChildID = ID<ChildSubject>
public typealias CaseID = ID<CaseSubject>
public typealias DocumentID = ID<DocumentSubject>
public typealias RenditionID = ID<RenditionSubject>
public typealias ActID = ID<ActSubject>
public typealias ProposalID = ID<ProposalSubject>
public typealias UploadID = ID<UploadSubject>
public typealias SessionID = ID<SessionSubject>
public typealias AccessTokenID = ID<AccessTokenSubject>
public typealias DisposalID = ID<DisposalSubject>
public typealias HoldID = ID<HoldSubject>
public typealias RightsRequestID = ID<RightsRequestSubject>
public typealias RightsOfferID = ID<RightsOfferSubject>
public typealias BreachID = ID<BreachSubject>

extension RenditionID {
    /// Begins like the child's identifier, so that the wraps of one child lie side by side in the keyring: to change or destroy them
    /// all touches few pages of it. The other half is random.
    public init(of child: ChildID, from random: RandomSource) {
        bytes = child.bytes.prefix(Self.byteCount / 2) + random.bytes(Self.byteCount / 2)
    }
}

/// A moment in milliseconds since 1970-01-01T00:00:00Z.
public struct Instant: Hashable, Comparable, Sendable {
    public let milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static func < (left: Instant, right: Instant) -> Bool { left.milliseconds < right.milliseconds }

    /// After every moment that anything here happens in: the end of what has no end.
    public static let never = Instant(milliseconds: .max)

    public func adding(seconds: Int64) -> Instant { Instant(milliseconds: milliseconds + seconds * 1000) }
}
