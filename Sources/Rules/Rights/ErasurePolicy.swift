/// The short name of an exception to erasure: `17-3-b`.
public struct ErasureExceptionID: PolicyWord {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// Why something is kept though its erasure was asked for: UK GDPR Art. 17(3).
public struct ErasureException: Hashable, Sendable {
    public let id: ErasureExceptionID
    /// As a letter cites it.
    public let article: String
    public let title: String
    /// The categories on which it may be relied; empty for any.
    public let categories: Set<Category>
    public let source: String
    public let confidence: RetentionConfidence
}

/// What a request for erasure may lead to. What no line of it says is kept.
public struct ErasurePolicy: Hashable, Sendable {
    public let exceptions: [ErasureException]
    /// What somebody gave of free will and no duty needs: only that may go, and a copy of it may be taken elsewhere as of right.
    public let optional: Set<Category>

    public static let nothing = ErasurePolicy(exceptions: [], optional: [])

    public func exception(_ id: ErasureExceptionID) -> ErasureException? {
        exceptions.first { $0.id == id }
    }
}

/// What was decided of one document whose erasure was asked for.
public struct ErasureDecision: Hashable, Sendable, Codable {
    public let document: String
    /// What it is kept under; `nil` when it may go.
    public let exception: ErasureExceptionID?
    public let reasoning: String
    /// Who decided, for whoever approves it to be another.
    public var by: String

    public init(document: String, exception: ErasureExceptionID?, reasoning: String, by: String = "") {
        self.document = document
        self.exception = exception
        self.reasoning = reasoning
        self.by = by
    }
}

/// What stands against a decision on erasure.
public enum ErasureFault: String, CaseIterable, Hashable, Sendable {
    case undecided, reasonMissing, unknownException, notOfCategory, notOptional, held

    public var sentence: String {
        switch self {
        case .undecided: "is undecided."
        case .reasonMissing: "needs a reason in more words."
        case .unknownException: "is kept under an exception that the rules do not know."
        case .notOfCategory: "is kept under an exception that is not for its category."
        case .notOptional: "may not go: its category is kept for a duty. Name the exception."
        case .held: "may not go: a legal hold binds it, or its use is restricted."
        }
    }
}

extension RightsPolicy {
    /// What stands against a decision; empty when it may stand.
    ///
    /// `isHeld`: a legal hold or a restriction binds the document.
    public func judge(_ decision: ErasureDecision?, on category: Category, isHeld: Bool)
        -> [ErasureFault]
    {
        guard let decision else { return [.undecided] }
        var faults: [ErasureFault] = isReason(decision.reasoning) ? [] : [.reasonMissing]
        guard let id = decision.exception else {
            if !erasure.optional.contains(category) { faults.append(.notOptional) }
            if isHeld { faults.append(.held) }
            return faults
        }
        guard let exception = erasure.exception(id) else { return faults + [.unknownException] }
        if !exception.categories.isEmpty, !exception.categories.contains(category) {
            faults.append(.notOfCategory)
        }
        return faults
    }
}

extension ErasurePolicy {
    init(_ node: PolicyNode) throws(PolicyError) {
        let row = try node.map(["optional", "exceptions"])
        optional = try row.required("optional").categories()
        var exceptions: [ErasureException] = []
        for item in try row.required("exceptions").list() {
            let exception = try ErasureException(item)
            guard !exceptions.contains(where: { $0.id == exception.id }) else {
                throw item.fault(.duplicate(exception.id.rawValue))
            }
            exceptions.append(exception)
        }
        self.exceptions = exceptions
    }
}

extension ErasureException {
    fileprivate init(_ node: PolicyNode) throws(PolicyError) {
        let row = try node.map(["id", "article", "title", "categories", "source", "confidence"])
        id = try row.required("id").word(as: ErasureExceptionID.self)
        article = try row.required("article").text()
        title = try row.required("title").text()
        categories = try row.optional("categories")?.categories() ?? []
        source = try row.required("source").text()
        confidence = try row.required("confidence").choice("confidence")
    }
}

extension PolicyNode {
    fileprivate func categories() throws(PolicyError) -> Set<Category> {
        Set(try distinct { item throws(PolicyError) -> Category in try item.word(as: Category.self) })
    }
}
