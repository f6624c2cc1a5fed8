internal import Sealing
internal import Storage

/// What a disposal rests on, who has had a hand in it, and what came of it. Sealed in the row, and told in the certificate.
struct DisposalBody: Hashable, Sendable, Codable {
    /// Somebody's part in it.
    struct Hand: Hashable, Sendable, Codable {
        let person: String
        let role: String
        let at: Instant
    }

    var ground: DisposalGround
    var reason: String
    /// Under a retention schedule: which rule won, and the days it gives.
    var rule: DisposalRule?
    var checks: [DisposalCheck]
    var listed: Hand
    var reviewed: Hand?
    var approved: Hand?
    var coolingUntil: Instant?
    var executed: Hand?
    var counts: ErasedCounts?
    /// The ledger entry with which the erasure began.
    var entry: UInt64?
    /// Wraps that were destroyed.
    var wraps: Int?
    /// Who was told; absent where it began before anybody was.
    var copies: [CertificateText.Copies]?
    var endedFor: String?
}

/// Why something is to go.
public enum DisposalGround: String, CaseIterable, Hashable, Sendable, Codable {
    /// Its time under the retention schedule is up.
    case retention
    /// The data subject has asked for it and no exception applies (UK GDPR Article 17).
    case request
    /// It should never have been there: the wrong child, the wrong file.
    case mistake
}

/// The rule of a retention schedule under which something goes.
public struct DisposalRule: Hashable, Sendable, Codable {
    public let id: String
    public let schedule: Int
    public let authority: String
    public let trigger: String
    /// The last day on which it is kept.
    public let keepThrough: String
}

/// One look before something goes, and what it found.
public struct DisposalCheck: Hashable, Sendable, Codable {
    public let name: String
    public let passed: Bool
    public let found: String
    public let at: String
}

/// A disposal as it is shown.
public struct DisposalSummary: Hashable, Sendable, Codable {
    public let id: String
    public let unit: String
    public let child: String
    public let document: String?
    public let version: Int64?
    public let state: String
    public let ground: String
    public let reason: String
    public let rule: DisposalRule?
    public let checks: [DisposalCheck]
    public let listed: String
    public let reviewed: String?
    public let approved: String?
    /// The first moment at which it may be carried out.
    public let coolingUntil: String?
    public let certificate: Int64?
    /// When the certificate existed by an authority's word.
    public let stamped: String?
}

extension DocumentVault {
    func seal(_ body: DisposalBody, of id: DisposalID) throws -> [UInt8] {
        try keys.fields.seal(json: body, Self.facts(id), random: environment.random)
    }

    func body(of row: DisposalRow) throws -> DisposalBody {
        try keys.fields.open(json: row.body, as: DisposalBody.self, Self.facts(row.id))
    }

    private static func facts(_ id: DisposalID) -> Facts {
        .field(table: "disposals", column: "body", row: id.bytes, owner: [])
    }

    func summary(_ row: DisposalRow, certificate: Int64?, stamped: Instant?) throws -> DisposalSummary {
        let body = try body(of: row)
        return DisposalSummary(
            id: "\(row.id)", unit: row.unit.rawValue, child: "\(row.child)", document: row.document.map { "\($0)" },
            version: row.version, state: row.state.rawValue, ground: body.ground.rawValue, reason: body.reason,
            rule: body.rule, checks: body.checks, listed: body.listed.at.text, reviewed: body.reviewed?.at.text,
            approved: body.approved?.at.text, coolingUntil: body.coolingUntil?.text, certificate: certificate,
            stamped: stamped?.text)
    }
}
