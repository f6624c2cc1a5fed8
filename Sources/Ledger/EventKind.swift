/// What an entry records. The high byte is the group; codes are never reused, and the gaps are for what comes.
public enum EventKind: UInt16, CaseIterable, Sendable, CustomStringConvertible {
    // The vault
    case vaultCreated = 0x0101
    case vaultChecked = 0x0102
    case keyRotated = 0x0110
    case clockAccepted = 0x0111
    case keyRotationBegun = 0x0112
    case partySealed = 0x0113
    case partyUnsealed = 0x0114
    case custodyTaken = 0x0115
    case ceremonyBegun = 0x0116
    case ceremonyApproved = 0x0117
    case ceremonyIssued = 0x0118
    case ceremonyEnded = 0x0119
    case rootReplaced = 0x011a
    case compromiseListed = 0x011b
    case agreementActivated = 0x0120
    case agreementProposed = 0x0121
    case agreementApproved = 0x0122
    case agreementPreviewed = 0x0123
    case keyringAligned = 0x0124
    case imported = 0x0130
    case scanningRequired = 0x0140
    case backupMade = 0x0150
    case backupPruned = 0x0151
    case vaultRestored = 0x0152
    case backupDrilled = 0x0153
    // Organisations and people
    case organisationAdded = 0x0201
    case personAdded = 0x0210
    case personDisabled = 0x0211
    case personInvited = 0x0212
    case invitationAccepted = 0x0213
    case personReset = 0x0214
    case personJoined = 0x0215
    case identityLinked = 0x0220
    case identityUnlinked = 0x0221
    case systemRegistered = 0x0222
    case systemCertified = 0x0223
    // Signing in
    case signedIn = 0x0301
    case signedOut = 0x0302
    case signInRefused = 0x0303
    case signInLocked = 0x0304
    case sessionEnded = 0x0305
    case proofRefused = 0x0306
    case passwordChanged = 0x0310
    case secondFactorOffered = 0x0311
    case secondFactorAdded = 0x0312
    case secondFactorRemoved = 0x0313
    case recoveryCodesMade = 0x0314
    case passwordEnded = 0x0315
    case tokenCreated = 0x0320
    case tokenRevoked = 0x0321
    // Children
    case childAdded = 0x0401
    case childFound = 0x0402
    case childShown = 0x0403
    case parentChosen = 0x0410
    case capacityRecorded = 0x0411
    // Cases and their teams
    case caseOpened = 0x0501
    case caseShown = 0x0502
    case caseClosed = 0x0503
    case teamAdded = 0x0510
    case teamRemoved = 0x0511
    // Documents
    case documentDeposited = 0x0601
    case documentReplaced = 0x0602
    case renditionAdded = 0x0603
    case contentRefused = 0x0604
    case documentScanned = 0x0605
    case renditionResealed = 0x0606
    case documentListed = 0x0610
    case documentShown = 0x0611
    case documentRead = 0x0612
    case documentHistory = 0x0613
    case documentExported = 0x0614
    case released = 0x0620
    case releaseEnded = 0x0621
    // Access
    case accessDenied = 0x0701
    case accessExplained = 0x0702
    case taskGranted = 0x0710
    case taskEnded = 0x0711
    case restraintPlaced = 0x0720
    case restraintLifted = 0x0721
    case emergencyOpened = 0x0730
    case emergencyReviewed = 0x0731
    case familyViewDelayed = 0x0732
    case emergencyListed = 0x0733
    // The ledger itself
    case ledgerShown = 0x0801
    case ledgerProved = 0x0802
    case ledgerSearched = 0x0803
    case checkpointSigned = 0x0810
    // Telling systems outside
    case subscribersChanged = 0x0820
    case deliveryParked = 0x0821
    case eventsListed = 0x0822
    case eventsReplayed = 0x0823
    // Consents
    case consentGiven = 0x0901
    case consentRefused = 0x0902
    case consentWithdrawn = 0x0903
    case consentExpired = 0x0904
    case consentLapsed = 0x0905
    case consentShown = 0x0910
    // How long things are kept, and their end
    case retentionNoted = 0x0a01
    case scheduleProposed = 0x0a02
    case scheduleActivated = 0x0a03
    case retentionSimulated = 0x0a04
    case retentionEnforced = 0x0a05
    case holdPlaced = 0x0a10
    case holdReleased = 0x0a11
    case disposalListed = 0x0a20
    case disposalReviewed = 0x0a21
    case disposalApproved = 0x0a22
    case disposalEnded = 0x0a23
    case erasureBegun = 0x0a24
    case erasureCertified = 0x0a25
    case registerShown = 0x0a26
    case erasureStamped = 0x0a27
    // Requests under data protection law, and breaches
    case requestOpened = 0x0b01
    case requestNoted = 0x0b02
    case requestCollected = 0x0b03
    case itemsDecided = 0x0b04
    case itemRedacted = 0x0b05
    case opinionAsked = 0x0b06
    case opinionGiven = 0x0b07
    case requestApproved = 0x0b08
    case disclosed = 0x0b09
    case requestShown = 0x0b0a
    case requestsListed = 0x0b0b
    case packageOffered = 0x0b0c
    case packageTaken = 0x0b0d
    case offerWithdrawn = 0x0b0e
    case breachRecorded = 0x0b10
    case breachNoted = 0x0b11
    case breachesListed = 0x0b12
    case accountabilityShown = 0x0b20
    // What follows from requests other than for access
    case restrictionPlaced = 0x0b30
    case restrictionLeaveGiven = 0x0b31
    case subjectTold = 0x0b32
    case restrictionLifted = 0x0b33
    case restrictionsListed = 0x0b34
    case restrictionLeaveEnded = 0x0b35
    case statementAdded = 0x0b38
    case rectificationNoticed = 0x0b3c
    case restrictionNoticed = 0x0b3d
    case erasureNoticed = 0x0b3e
    case recipientNoted = 0x0b3f
    case erasureDecided = 0x0b40
    case objectionDecided = 0x0b41

    /// The name in listings and searches.
    public var description: String { Self.names[self] ?? "" }

    // A table and not a switch, which would be too long a function; a test holds that every kind has a name.
    private static let names: [EventKind: String] = [
        .vaultCreated: "vault.created",
        .vaultChecked: "vault.checked",
        .keyRotated: "key.rotated",
        .clockAccepted: "clock.accepted",
        .keyRotationBegun: "key.rotation.begun",
        .partySealed: "party.sealed",
        .partyUnsealed: "party.unsealed",
        .custodyTaken: "custody.taken",
        .ceremonyBegun: "ceremony.begun",
        .ceremonyApproved: "ceremony.approved",
        .ceremonyIssued: "ceremony.issued",
        .ceremonyEnded: "ceremony.ended",
        .rootReplaced: "root.replaced",
        .compromiseListed: "compromise.listed",
        .agreementActivated: "agreement.activated",
        .agreementProposed: "agreement.proposed",
        .agreementApproved: "agreement.approved",
        .agreementPreviewed: "agreement.previewed",
        .keyringAligned: "keyring.aligned",
        .imported: "imported",
        .scanningRequired: "scanning.required",
        .backupMade: "backup.made",
        .backupPruned: "backup.pruned",
        .vaultRestored: "vault.restored",
        .backupDrilled: "backup.drilled",
        .organisationAdded: "organisation.added",
        .personAdded: "person.added",
        .personDisabled: "person.disabled",
        .personInvited: "person.invited",
        .invitationAccepted: "invitation.accepted",
        .personReset: "person.reset",
        .personJoined: "person.joined",
        .identityLinked: "identity.linked",
        .identityUnlinked: "identity.unlinked",
        .systemRegistered: "system.registered",
        .systemCertified: "system.certified",
        .signedIn: "signed.in",
        .signedOut: "signed.out",
        .signInRefused: "signin.refused",
        .signInLocked: "signin.locked",
        .sessionEnded: "session.ended",
        .proofRefused: "proof.refused",
        .passwordChanged: "password.changed",
        .secondFactorOffered: "secondfactor.offered",
        .secondFactorAdded: "secondfactor.added",
        .secondFactorRemoved: "secondfactor.removed",
        .recoveryCodesMade: "recovery.made",
        .passwordEnded: "password.ended",
        .tokenCreated: "token.created",
        .tokenRevoked: "token.revoked",
        .childAdded: "child.added",
        .childFound: "child.found",
        .childShown: "child.shown",
        .parentChosen: "youngperson.chose",
        .capacityRecorded: "capacity.recorded",
        .caseOpened: "case.opened",
        .caseShown: "case.shown",
        .caseClosed: "case.closed",
        .teamAdded: "team.added",
        .teamRemoved: "team.removed",
        .documentDeposited: "document.deposited",
        .documentReplaced: "document.replaced",
        .documentListed: "document.listed",
        .documentShown: "document.shown",
        .documentRead: "document.read",
        .documentHistory: "document.history",
        .documentExported: "document.exported",
        .renditionAdded: "rendition.added",
        .contentRefused: "content.refused",
        .documentScanned: "document.scanned",
        .renditionResealed: "rendition.resealed",
        .released: "released",
        .releaseEnded: "release.ended",
        .accessDenied: "access.denied",
        .accessExplained: "access.explained",
        .taskGranted: "task.granted",
        .taskEnded: "task.ended",
        .restraintPlaced: "restraint.placed",
        .restraintLifted: "restraint.lifted",
        .emergencyOpened: "emergency.opened",
        .emergencyReviewed: "emergency.reviewed",
        .familyViewDelayed: "family.view.delayed",
        .emergencyListed: "emergency.listed",
        .ledgerShown: "ledger.shown",
        .ledgerProved: "ledger.proved",
        .ledgerSearched: "ledger.searched",
        .checkpointSigned: "checkpoint.signed",
        .subscribersChanged: "subscribers.changed",
        .deliveryParked: "delivery.parked",
        .eventsListed: "events.listed",
        .eventsReplayed: "events.replayed",
        .consentGiven: "consent.given",
        .consentRefused: "consent.refused",
        .consentWithdrawn: "consent.withdrawn",
        .consentExpired: "consent.expired",
        .consentLapsed: "consent.reconfirm",
        .consentShown: "consent.shown",
        .retentionNoted: "retention.noted",
        .scheduleProposed: "schedule.proposed",
        .scheduleActivated: "schedule.activated",
        .retentionSimulated: "retention.simulated",
        .retentionEnforced: "retention.enforced",
        .holdPlaced: "hold.placed",
        .holdReleased: "hold.released",
        .disposalListed: "disposal.listed",
        .disposalReviewed: "disposal.reviewed",
        .disposalApproved: "disposal.approved",
        .disposalEnded: "disposal.ended",
        .erasureBegun: "erasure.begun",
        .erasureCertified: "erasure.certified",
        .registerShown: "register.shown",
        .erasureStamped: "erasure.stamped",
        .requestOpened: "request.opened",
        .requestNoted: "request.noted",
        .requestCollected: "request.collected",
        .itemsDecided: "items.decided",
        .itemRedacted: "item.redacted",
        .opinionAsked: "opinion.asked",
        .opinionGiven: "opinion.given",
        .requestApproved: "request.approved",
        .disclosed: "disclosed",
        .requestShown: "request.shown",
        .requestsListed: "requests.listed",
        .packageOffered: "package.offered",
        .packageTaken: "package.taken",
        .offerWithdrawn: "offer.withdrawn",
        .breachRecorded: "breach.recorded",
        .breachNoted: "breach.noted",
        .breachesListed: "breaches.listed",
        .accountabilityShown: "accountability.shown",
        .restrictionPlaced: "restriction.placed",
        .restrictionLeaveGiven: "leave.given",
        .subjectTold: "subject.told",
        .restrictionLifted: "restriction.lifted",
        .restrictionsListed: "restrictions.listed",
        .restrictionLeaveEnded: "leave.ended",
        .statementAdded: "statement.added",
        .rectificationNoticed: "rectification.noticed",
        .restrictionNoticed: "restriction.noticed",
        .erasureNoticed: "erasure.noticed",
        .recipientNoted: "recipient.noted",
        .erasureDecided: "erasure.decided",
        .objectionDecided: "objection.decided",
    ]
}
