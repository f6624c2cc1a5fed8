import HTTPTypes
import Ledger
import NIOHTTP1
import Rules
import Sealing
import Storage
import Vault

/// What a request is answered with when it is not done: a problem document (RFC 9457). Its words name nothing personal.
struct Problem: Error {
    let status: HTTPResponse.Status
    /// The last part of the type's URI. It stays the same for good: programs go by it.
    let type: String
    let detail: String
    var headers = HTTPFields()
    /// What the operator is told, and nobody else.
    var cause: (any Error)?

    init(_ status: HTTPResponse.Status, _ type: String, _ detail: String) {
        self.status = status
        self.type = type
        self.detail = detail
    }

    /// `reference`: what the log calls this request.
    func document(reference: String) -> JSON {
        [
            "type": .text("urn:muniment:problem:\(type)"), "title": .text(status.reasonPhrase),
            "status": .whole(status.code), "detail": .text(detail), "reference": .text(reference),
        ]
    }

    static let schema = Schema.named(
        "Problem",
        .object([
            .needed("type", .text(1...80, of: .problemType), "Stable: go by this."),
            .needed("title", .line), .needed("status", .whole(400...599)),
            .needed("detail", .paragraph, "What happened, and what can be done, for a person to read."),
            .needed("reference", .line, "What the operator finds this request by."),
        ]))
}

extension Problem {
    static func malformed(_ detail: String) -> Problem { Problem(.badRequest, "malformed", detail) }
    static let notFound = Problem(.notFound, "not-found", "There is no such thing, or it is not yours to see.")
    static let signInNeeded: Problem = {
        var problem = Problem(
            .unauthorized, "sign-in-needed", "Sign in and send the token as `Authorization: Bearer …`.")
        problem.headers[.wwwAuthenticate] = "Bearer"
        return problem
    }()
    static let preconditionNeeded = Problem(
        .preconditionRequired, "precondition-needed",
        "Send If-Match with the ETag that you read, so that nobody's change is lost.")
    static let absenceNeeded = Problem(
        .preconditionRequired, "precondition-needed", "Send `If-None-Match: *`: this only makes what is not there.")
    static let preconditionFailed = Problem(
        .preconditionFailed, "precondition-failed", "It is not as you read it any more. Read it again.")
    static let tooLarge = Problem(.contentTooLarge, "too-large", "The body is larger than this request may have.")
    static let unsupportedType = Problem(
        .unsupportedMediaType, "unsupported-type", "The body's Content-Type is not one that this request takes.")

    static func busy(afterSeconds seconds: Int) -> Problem {
        var problem = Problem(.serviceUnavailable, "busy", "There is more to do than can be done now. Try again soon.")
        problem.headers[.retryAfter] = String(seconds)
        return problem
    }

    static func tooMany(afterSeconds seconds: Int) -> Problem {
        var problem = Problem(.tooManyRequests, "too-many-requests", "These are too many requests. Try again later.")
        problem.headers[.retryAfter] = String(seconds)
        return problem
    }
}

extension Problem {
    /// The problem that an error is to whoever asked.
    init(_ error: any Error) {
        self =
            switch error {
            case let problem as Problem: problem
            case let error as VaultError: Problem(error)
            case let error as StorageError: Problem(error)
            case let error as PolicyError: Problem(.unprocessableContent, "policy", error.userMessage)
            case is HTTPParserError: .malformed("The body is not HTTP.")
            case SealingError.unavailable: .busy(afterSeconds: 5)
            default: Problem(fault: error)
            }
    }

    /// Something that only the operator can put right.
    private init(fault: any Error) {
        self.init(.internalServerError, "fault", "This failed. The operator finds it in the log by the reference.")
        cause = fault
    }

    private init(_ error: VaultError) {
        self =
            switch error {
            case .denied(let reason): Problem(.forbidden, "denied", reason.userMessage)
            case .notFound: .notFound
            case .notSignedIn: .signInNeeded
            case .wrongCredentials: Problem(.unauthorized, "wrong-credentials", error.userMessage)
            case .accountDisabled: Problem(.unauthorized, "account-disabled", error.userMessage)
            case .tooManyAttempts(let seconds): Problem(error, afterSeconds: seconds)
            case .secondFactorNeeded: Problem(.unauthorized, "code-needed", error.userMessage)
            case .wrongCode: Problem(.unauthorized, "wrong-code", error.userMessage)
            case .tokenInvalid: Problem(.unauthorized, "token-invalid", error.userMessage)
            case .needsSession: Problem(.forbidden, "needs-session", error.userMessage)
            case .partySealed: Problem(.forbidden, "party-sealed", error.userMessage)
            case .noSecondFactor, .tooManyTokens, .ownCustody, .serviceKeyStays, .noServiceKey, .noOwnCustody,
                .rotationUnderWay, .ceremony, .noSchedule,
                .shortens, .disposalBlocked, .wrongStage, .cooling:
                Problem(.conflict, "not-possible", error.userMessage)
            case .passwordRefused: Problem(.unprocessableContent, "password-refused", error.userMessage)
            case .invitationInvalid: Problem(.unprocessableContent, "invitation-invalid", error.userMessage)
            case .systemUnknown: Problem(.unauthorized, "system-unknown", error.userMessage)
            case .providerRefused: Problem(.unauthorized, "provider-refused", error.userMessage)
            case .usernameTaken, .identifierTaken, .alreadyOnTeam, .alreadySo, .anchorThere:
                Problem(.conflict, "already-so", error.userMessage)
            case .renditionThere: Problem(.preconditionFailed, "precondition-failed", error.userMessage)
            case .invalid: Problem(.unprocessableContent, "invalid", error.userMessage)
            case .typeMismatch: Problem(.unsupportedMediaType, "type-mismatch", error.userMessage)
            case .unsafeContent: Problem(.unprocessableContent, "unsafe-content", error.userMessage)
            case .malware: Problem(.unprocessableContent, "malware", error.userMessage)
            case .scanFailed(.overLimit): Problem(.contentTooLarge, "too-large-to-scan", error.userMessage)
            case .scanFailed: Problem(.serviceUnavailable, "scan-failed", error.userMessage)
            case .scannerMissing: Problem(fault: error)
            case .unscanned: Problem(.forbidden, "unscanned", error.userMessage)
            case .rights(let problem): Problem(problem, error.userMessage)
            case .paper: Problem(paper: error)
            case .caseClosed: Problem(.conflict, "case-closed", error.userMessage)
            case .viewOnly: Problem(.forbidden, "view-only", error.userMessage)
            case .rangeOutsideContent(let count): Problem(outside: count)
            case .keyMissing, .notErased: Problem(fault: error)
            case .rolledBack, .anchorMissing, .unlockAgain:
                Problem(.serviceUnavailable, "read-only", "The vault is closed until the operator has looked at it.")
            case .policy(let error): Problem(.unprocessableContent, "policy", error.userMessage)
            case .changedMeanwhile: Problem(.conflict, "changed-meanwhile", error.userMessage)
            case .aligning: .busy(afterSeconds: 5)
            case .harmCheckMissing: Problem(.unprocessableContent, "harm-check-missing", error.userMessage)
            case .needsAnother: Problem(.forbidden, "needs-another", error.userMessage)
            case .notFresh: Problem(.forbidden, "not-fresh", error.userMessage)
            case .emergencySuspended: Problem(.forbidden, "emergency-suspended", error.userMessage)
            case .casesFail: Problem(.unprocessableContent, "cases-fail", error.userMessage)
            case .wrongOffset: Problem(.conflict, "wrong-offset", error.userMessage)
            case .tooManyUploads: Problem(.conflict, "too-many-uploads", error.userMessage)
            case .uploadTooLong: Problem(.contentTooLarge, "too-large", error.userMessage)
            case .keyReused: Problem(.unprocessableContent, "idempotency-key-reused", error.userMessage)
            case .beingDone: Problem(.conflict, "being-done", error.userMessage)
            case .doneBefore: Problem(.conflict, "done-before", error.userMessage)
            case .reviewOverdue: Problem(.forbidden, "review-overdue", error.userMessage)
            }
    }

    private init(paper error: VaultError) {
        self =
            error.isForWantOfPrograms
            ? Problem(.serviceUnavailable, "paper-unavailable", error.userMessage)
            : Problem(.unprocessableContent, "not-for-paper", error.userMessage)
    }

    /// What stands against an answer is for those who prepare it: it may say of whom the papers are.
    private init(_ problem: RightsProblem, _ message: String) {
        self =
            switch problem {
            case .noPolicy, .noClaims: Problem(.serviceUnavailable, "no-rights-rules", message)
            case .wrongRecipient: Problem(.forbidden, "wrong-recipient", message)
            case .faults:
                Problem(.conflict, "faults", "Something stands against the answer. The request's faults say what.")
            case .notAsApproved: Problem(.conflict, "not-as-approved", message)
            case .noAccount: Problem(.conflict, "no-account", message)
            case .offerOver: Problem(.gone, "offer-over", message)
            case .offerStale: Problem(.conflict, "offer-stale", message)
            case .rules, .notByHand: Problem(.conflict, "not-now", message)
            }
    }

    private init(_ error: VaultError, afterSeconds seconds: Int) {
        self.init(.tooManyRequests, "too-many-attempts", error.userMessage)
        headers[.retryAfter] = String(seconds)
    }

    private init(outside count: UInt64) {
        self.init(.rangeNotSatisfiable, "range-outside", "The range goes beyond the content.")
        headers[.contentRange] = "bytes */\(count)"
    }

    private init(_ error: StorageError) {
        self =
            switch error {
            case .diskFull:
                Problem(Self.insufficientStorage, "storage-full", "There is no room to keep this. Nothing was kept.")
            case .busy: .busy(afterSeconds: 2)
            case .notAVault, .alreadyExists, .nameTaken, .newerFormat, .foreignStore, .damagedStore, .objectMissing,
                .objectDamaged, .wrongKey, .notWritable, .notReadable, .clockWentBackwards, .system:
                Problem(fault: error)
            }
    }

    private static let insufficientStorage = HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")
}
