/// What an entry records. The high byte is the group; codes are never reused, and the gaps are for what comes.
public enum EventKind: UInt16, CaseIterable, Sendable, CustomStringConvertible {
    // The vault
    case vaultCreated = 0x0101
    case vaultChecked = 0x0102
    case keyRotated = 0x0110
    case clockAccepted = 0x0111
    case agreementActivated = 0x0120
    case imported = 0x0130
    // Organisations and people
    case organisationAdded = 0x0201
    case personAdded = 0x0210
    case personDisabled = 0x0211
    // Signing in
    case signedIn = 0x0301
    case signedOut = 0x0302
    case signInRefused = 0x0303
    // Children
    case childAdded = 0x0401
    case childFound = 0x0402
    case childShown = 0x0403
    // Cases and their teams
    case caseOpened = 0x0501
    case caseShown = 0x0502
    case caseClosed = 0x0503
    case teamAdded = 0x0510
    case teamRemoved = 0x0511
    // Documents
    case documentDeposited = 0x0601
    case documentReplaced = 0x0602
    case documentListed = 0x0610
    case documentShown = 0x0611
    case documentRead = 0x0612
    case documentHistory = 0x0613
    case documentExported = 0x0614
    // Access
    case accessDenied = 0x0701
    case accessExplained = 0x0702
    // The ledger itself
    case ledgerShown = 0x0801
    case ledgerProved = 0x0802
    case checkpointSigned = 0x0810

    /// The name in listings and searches.
    public var description: String {
        switch self {
        case .vaultCreated: "vault.created"
        case .vaultChecked: "vault.checked"
        case .keyRotated: "key.rotated"
        case .clockAccepted: "clock.accepted"
        case .agreementActivated: "agreement.activated"
        case .imported: "imported"
        case .organisationAdded: "organisation.added"
        case .personAdded: "person.added"
        case .personDisabled: "person.disabled"
        case .signedIn: "signed.in"
        case .signedOut: "signed.out"
        case .signInRefused: "signin.refused"
        case .childAdded: "child.added"
        case .childFound: "child.found"
        case .childShown: "child.shown"
        case .caseOpened: "case.opened"
        case .caseShown: "case.shown"
        case .caseClosed: "case.closed"
        case .teamAdded: "team.added"
        case .teamRemoved: "team.removed"
        case .documentDeposited: "document.deposited"
        case .documentReplaced: "document.replaced"
        case .documentListed: "document.listed"
        case .documentShown: "document.shown"
        case .documentRead: "document.read"
        case .documentHistory: "document.history"
        case .documentExported: "document.exported"
        case .accessDenied: "access.denied"
        case .accessExplained: "access.explained"
        case .ledgerShown: "ledger.shown"
        case .ledgerProved: "ledger.proved"
        case .checkpointSigned: "checkpoint.signed"
        }
    }
}
