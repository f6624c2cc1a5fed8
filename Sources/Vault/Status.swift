internal import Ledger
internal import Rules
internal import Sealing
public import Storage

/// The state of a vault at a glance.
public struct VaultStatus: Hashable, Sendable, Codable {
    public let vault: String
    public let origin: String
    public let vkey: String
    public let isReadOnly: Bool
    public let counts: Counts
    public let ledgerSize: UInt64
    /// The tree head's root in hexadecimal.
    public let ledgerRoot: String
    public let agreementVersion: Int
    public let agreementTitle: String
    public let agreementReviewBy: String
    public let agreementStanding: String
    public let parties: [PartyStatus]
    /// Whether the keyring mirrors the agreement in force.
    public let isAligned: Bool
    /// Emergency accesses that the caller could review.
    public let reviewsWaiting: Int
    /// What an operator should see to.
    public let warnings: [String]
}

/// A side of the agreement and the state of its key.
public struct PartyStatus: Hashable, Sendable, Codable {
    public let name: String
    public let keyVersion: UInt32?
    public let organisations: Int
}

extension DocumentVault {
    public func status(as caller: Caller) async throws -> VaultStatus {
        let (counts, head) = try await records.read { (try $0.counts(), try $0.treeHead()) }
        let standing = agreement.standing(on: environment.today())
        let isAligned = try await isAligned()
        let reviews = try await reviewsWaiting(for: caller)
        var warnings = warnings(standing)
        for key in try await keyStates() where key.isDue {
            warnings.append("The key \(key.key) was to be rotated by \(key.rotateBy ?? ""). See `muniment key status`.")
        }
        let unfinished = try await records.read { try $0.disposals([.erasing]).count }
        if unfinished > 0 {
            warnings.append(
                "Disposals that were begun and are not finished: \(unfinished). Run `muniment disposal execute` again.")
        }
        let holdsDue = try await legalHolds().count { $0.reviewDue(on: environment.today()) }
        if holdsDue > 0 { warnings.append("Legal holds that wait for a review: \(holdsDue).") }
        if !isAligned {
            warnings.append("Wraps are not in line with the agreement yet. Run `muniment agreement align`.")
        }
        if reviews > 0 { warnings.append("Emergency accesses that wait for a review: \(reviews).") }
        return VaultStatus(
            vault: "\(id)", origin: origin, vkey: try vkey, isReadOnly: readOnlyReason != nil, counts: counts,
            ledgerSize: head.size, ledgerRoot: head.root.hex, agreementVersion: agreement.version,
            agreementTitle: agreement.title, agreementReviewBy: "\(agreement.reviewBy)",
            agreementStanding: standing.words, parties: try await parties(as: caller), isAligned: isAligned,
            reviewsWaiting: reviews, warnings: warnings)
    }

    /// Whether the records answer.
    public func isReady() async throws -> Bool { try await records.read { try $0.vault() } != nil }

    public func parties(as caller: Caller) async throws -> [PartyStatus] {
        let organisations = try await records.read { try $0.organisations() }
        try await keys.follow(keyring)
        return Party.allCases.map { party in
            PartyStatus(
                name: party.rawValue, keyVersion: keys.current.newest(party)?.version,
                organisations: organisations.count { $0.party == party })
        }
    }

    private func warnings(_ standing: Agreement.Standing) -> [String] {
        var warnings: [String] = []
        if let readOnlyReason { warnings.append(readOnlyReason.userMessage) }
        switch standing {
        case .inForce: break
        case .notYet: warnings.append("The agreement is not in force yet: nothing is shared between parties.")
        case .reviewOverdue:
            warnings.append(
                "The agreement is past its review date, \(agreement.reviewBy): nothing new is shared under it.")
        case .ended: warnings.append("The agreement has ended: nothing is shared between parties.")
        }
        return warnings
    }
}

extension Agreement.Standing {
    fileprivate var words: String {
        switch self {
        case .notYet: "not in force yet"
        case .inForce: "in force"
        case .reviewOverdue: "in force, review overdue"
        case .ended: "ended"
        }
    }
}
