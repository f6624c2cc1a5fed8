import HTTPTypes
import Vault

/// One thing that can be asked of the service: where, by whom, with what, and what it answers.
struct Route: Sendable {
    enum Access: Sendable {
        /// Anybody, before signing in.
        case anyone(@Sendable (Call) async throws -> Answer)
        /// Somebody who has signed in. What that person may do, the vault decides.
        case signedIn(@Sendable (Call, Caller) async throws -> Answer)
    }

    enum Body: Sendable {
        case none
        case json(Schema)
        /// `application/x-www-form-urlencoded`: for secrets, which JSON decoding would leave in strings.
        case form([Form.Field])
        /// Content of any length; of any type that documents have where none is said.
        case content(type: String?)
    }

    /// What a caller must show to have read before it changes anything (RFC 9110, section 13).
    enum Condition: Sendable {
        case none
        /// If-Match with the ETag of what this gives.
        case unchanged(@Sendable (Call, Caller) async throws -> String)
        /// If-Match, which the handler compares itself, and again when what takes long to come is kept.
        case unchangedWhenKept
        /// If-None-Match: *
        case absent
    }

    /// What a request takes of the machine: each has a queue and a rate of its own.
    enum Cost: Sendable {
        case light
        /// Many rows, or the whole ledger.
        case heavy
        /// Argon2id, which takes 64 MiB.
        case password
        /// Content out.
        case transfer
        /// Content in.
        case upload
        /// A question to another server, which may be slow.
        case provider
        /// Programs that work on pages: they take the cores, and minutes.
        case paper
    }

    let method: HTTPRequest.Method
    let path: String
    let summary: String
    let access: Access
    var query: [Schema.Field] = []
    var headers: [Schema.Field] = []
    var body = Body.none
    /// Unknown parameters and form fields are passed over, as another's protocol asks.
    var ignoresOthers = false
    var condition = Condition.none
    var cost = Cost.light
    /// It ends a sign-in that was begun elsewhere.
    var triesToSignIn = false
    /// It may come with an Idempotency-Key. Only what answers with a number, or with nothing: the answer is kept for a day and given again
    /// without asking the vault, so it must hold no secret, and nothing that the caller might not be allowed to read by then.
    var takesKey = false
    /// Partners' systems may ask for it too.
    var isForSystems = false
    /// What is answered when it is done.
    var status = HTTPResponse.Status.ok
    var answer = AnswerForm.nothing
    /// The statuses of refusals that are this route's own, besides those that any request may get.
    var refusals: [HTTPResponse.Status] = []

    enum AnswerForm: Sendable {
        case nothing
        case json(Schema)
        case bytes(String)
    }

    /// The names in braces.
    var parameters: [String] {
        path.split(separator: "/").filter { $0.first == "{" }.map { String($0.dropFirst().dropLast()) }
    }

    func fits(_ path: String) -> Bool {
        let asked = path.split(separator: "/")
        let own = self.path.split(separator: "/")
        return asked.count == own.count && zip(own, asked).allSatisfy { $0 == $1 || $0.first == "{" }
    }

    /// The same, for partners' systems as well.
    var forSystems: Route {
        var route = self
        route.isForSystems = true
        return route
    }

    /// Somebody tries to come in: each takes an entry of the ledger, and of how many one network may try.
    var isAttempt: Bool { isOpen && (cost == .password || triesToSignIn) }

    var isOpen: Bool {
        if case .anyone = access { true } else { false }
    }
}
