/// Why a provider's word was not taken. The name stands in the ledger; whoever asked is told none of it.
enum SignInFault: String, Error {
    // The way there and back
    case state
    case stateExpired = "state-expired"
    case stateReplayed = "state-replayed"
    case tooManyStates = "too-many-states"
    case mixedUp = "another-issuer"
    case providerError = "provider-error"
    case codeMissing = "code-missing"
    case codeRefused = "code-refused"
    // The provider's own documents
    case unreachable = "provider-unreachable"
    case answer = "provider-answer"
    case tooLarge = "provider-answer-too-large"
    case metadata = "provider-metadata"
    // The token
    case malformed = "token-malformed"
    case algorithm = "token-algorithm"
    case key = "token-key"
    case signature = "token-signature"
    case issuer = "token-issuer"
    case audience = "token-audience"
    case time = "token-time"
    case nonce = "token-nonce"
    case subject = "token-subject"
    case secondFactor = "second-factor"
    case noRole = "no-role"
    case events = "token-events"
    case tokenReplayed = "token-replayed"

    /// The provider itself signed what was refused.
    var isOfTheProvider: Bool {
        switch self {
        case .issuer, .audience, .time, .nonce, .subject, .secondFactor, .noRole, .events, .tokenReplayed: true
        case .state, .stateExpired, .stateReplayed, .tooManyStates, .mixedUp, .providerError, .codeMissing,
            .codeRefused, .unreachable, .answer, .tooLarge, .metadata, .malformed, .algorithm, .key, .signature:
            false
        }
    }
}
