internal import Ledger
internal import Rules
internal import Sealing
public import Storage

/// What is attached to a document, or to the record, and never taken away: what stands there is not overwritten.
public enum StatementKind: String, CaseIterable, Hashable, Sendable, Codable {
    /// What the data subject says of it, where it stays as it is.
    case statement
    /// What is right where it is wrong or incomplete.
    case correction
    /// It is somebody's opinion, recorded as one, and stays; this is what the data subject says of it.
    case opinion
    /// A newer version puts it right.
    case replaced
}

/// A statement as every reader gets it.
public struct DocumentStatement: Hashable, Sendable, Codable {
    public let id: String
    public let kind: StatementKind
    /// Only for who may read the original: it may say what an extract leaves out.
    public internal(set) var text: String?
    /// The version that it is about; of `replaced`, the one that puts it right. `nil` for all of them.
    public let version: Int64?
    public let added: String

    /// For whoever reads the document.
    public var sentence: String {
        let of = version.map { " (version \($0))" } ?? ""
        guard let text else { return "There is a \(kind.rawValue) to the document\(of). Ask its holder." }
        return switch kind {
        case .statement: "The person whom this is about says\(of): \(text)"
        case .correction: "Correction\(of): \(text)"
        case .opinion: "What is here is an opinion. The person whom it is about says\(of): \(text)"
        case .replaced: "Put right\(of): \(text)"
        }
    }
}

/// What is to be attached.
public struct NewStatement: Sendable {
    public let kind: StatementKind
    /// The record of the child, when it is of no document.
    public let document: DocumentID?
    public let version: Int64?
    public let text: String

    public init(kind: StatementKind, document: DocumentID?, version: Int64? = nil, text: String) {
        self.kind = kind
        self.document = document
        self.version = version
        self.text = text
    }
}

/// What is sealed of a statement. Its document stands in the act.
struct StatementBody: Codable, Sendable {
    var kind: StatementKind
    var version: Int64?
    var text: String
    var request: String
}

struct AddedStatement: Sendable {
    let document: DocumentID?
    let shown: DocumentStatement

    init(_ act: ActRow, _ body: StatementBody) {
        document = act.document
        shown = DocumentStatement(
            id: "\(act.id)", kind: body.kind, text: body.text, version: body.version, added: act.added.text)
    }
}

extension Standing {
    /// What is attached to a document or, where there is none, to the record; `nil` when nothing is.
    func statements(on document: DocumentID?, inFull: Bool = true) -> [DocumentStatement]? {
        let found = statements.filter { $0.document == document }.map { statement in
            var shown = statement.shown
            if !inFull { shown.text = nil }
            return shown
        }
        return found.isEmpty ? nil : found
    }
}

extension DocumentVault {
    /// Attaches what a request for rectification has led to (UK GDPR Art. 16): from now on every reader gets it. Whoever has had the
    /// document is told (Art. 19), in the same transaction.
    ///
    /// A version that puts it right is deposited first, by whoever may, with `replace`.
    ///
    /// - Throws: `VaultError.denied`, `.notFound`, `.invalid`.
    public func attach(
        _ new: NewStatement, for request: RightsRequestID, as caller: Caller
    ) async throws -> ActID {
        let (row, key, asking) = try await requireAnswering(request, caller)
        try requireOpen(row)
        guard [.rectification, .complaint, .objection].contains(RequestKind(rawValue: row.kind)) else {
            throw VaultError.invalid(field: "request", reason: "it asks for no correction")
        }
        let text = try PlainText.paragraph(new.text, field: "statement", atLeast: 5)
        let document = try await requireVersion(new, row)
        let id = ActID(from: environment.random)
        let body = StatementBody(kind: new.kind, version: new.version, text: text, request: "\(request)")
        let notices = try await notices(
            .rectification, of: document.map { [$0] } ?? [], row, key, asking, caller)
        let event = Event(.statementAdded, by: caller, party: asking.place.party)
            .on(["request": "\(request)"].merging(document.map { ["document": "\($0.id)"] } ?? [:]) { $1 })
            .with(["kind": new.kind.rawValue])
        try await enact(about: row.child, by: caller, also: { try $0.keep(notices) }) { _, snapshot in
            guard new.document == nil || new.document.flatMap({ snapshot.documents[$0] }) != nil else {
                throw VaultError.notFound(.document)
            }
            var act = try NewAct(.statement, id: id, body, event)
            act.document = new.document
            return [act]
        }
        return id
    }

    /// That what the statement is about is there.
    private func requireVersion(_ new: NewStatement, _ row: RightsRequestRow) async throws -> DocumentRow? {
        guard let id = new.document else {
            guard new.version == nil, new.kind != .replaced else {
                throw VaultError.invalid(field: "version", reason: "the record has none: name the document")
            }
            return nil
        }
        let (found, versions) = try await records.read { (try $0.document(id), try $0.versions(of: id)) }
        guard let found, found.child == row.child else { throw VaultError.notFound(.document) }
        let version = try new.version.map { number in
            guard let version = versions.first(where: { $0.number == number }) else {
                throw VaultError.notFound(.version)
            }
            return version
        }
        guard new.kind == .replaced else { return found }
        guard let version, version.number > 1, environment.day(version.added) >= row.received else {
            throw VaultError.invalid(
                field: "version", reason: "name the one that has come since the request and puts it right")
        }
        return found
    }
}
