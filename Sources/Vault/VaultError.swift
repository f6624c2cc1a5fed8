public import Paper
public import Rules
public import Sealing
public import Storage

/// What the vault refuses, in words a person can act on. Whatever else goes wrong comes as the error of the module it came from.
public enum VaultError: Error, Hashable, Sendable {
    /// Refused to someone who may know that the thing exists.
    case denied(DenialReason)
    /// Not there, or not the caller's to know of: one answer for both.
    case notFound(Thing)
    case notSignedIn
    case wrongCredentials
    case accountDisabled
    /// Refused without a look at the password or code: after failures nobody may try for a while.
    case tooManyAttempts(seconds: Int)
    /// The password is right, and the account asks for a code too.
    case secondFactorNeeded
    case wrongCode
    case noSecondFactor
    case passwordRefused(PasswordWeakness)
    /// What only somebody who has signed in may do, not a script with an access token.
    case needsSession
    /// Mistyped, run out or revoked: one answer.
    case tokenInvalid
    case tooManyTokens(Int)
    /// Used, replaced, run out or never made: one answer.
    case invitationInvalid
    /// Whatever was wrong with a sign-in at a provider: one answer, and the ledger has the reason.
    case providerRefused
    /// A client certificate that is no registered system's, or no longer.
    case systemUnknown
    case usernameTaken
    case identifierTaken(String)
    case invalid(field: String, reason: String)
    case typeMismatch(declared: String)
    /// It is what it claims, and not safe to keep.
    case unsafeContent(ContentDanger)
    /// The malware scanner found this in it.
    case malware(String)
    /// The malware scanner gave no verdict, so nothing is kept.
    case scanFailed(ScanFailure)
    /// Nothing is kept unscanned in this vault, and no scanner was named.
    case scannerMissing
    /// The family is given only what was scanned.
    case unscanned
    /// Of a request under data protection law.
    case rights(RightsProblem)
    /// A document cannot be made into pages, or not be redacted.
    case paper(PaperError)
    case caseClosed
    /// The category is for the screen only; it may not leave as a file.
    case viewOnly
    case alreadyOnTeam
    case rangeOutsideContent(byteCount: UInt64)
    /// The agreement admits the caller and the keyring does not: `check` will say more.
    case keyMissing
    /// The root key was replaced, and a key changed after that: this process has to be unlocked with the new secret.
    case unlockAgain
    /// The party whose key would open it has sealed its key.
    case partySealed(String)
    /// The party keeps its own key, and without its secret there is no other.
    case ownCustody(String)
    /// The vault's own key of this name is not rotated; and why.
    case serviceKeyStays(String, String)
    /// The vault has no key of this name yet.
    case noServiceKey(String)
    /// The party has no custody of its own: its key would be lost.
    case noOwnCustody(String)
    case rotationUnderWay(String)
    /// A ceremony about the root key is open, or not as far as this takes.
    case ceremony(CeremonyProblem)
    /// No retention schedule has been approved.
    case noSchedule
    /// Rules of a schedule that would keep something shorter than now, without an approval in the file.
    case shortens([String])
    /// Something stands against disposing of it.
    case disposalBlocked([String])
    /// The disposal is not at the stage that this takes.
    case wrongStage(String)
    /// It may be carried out from then on.
    case cooling(until: String)
    /// A key or an object was still there after it was destroyed.
    case notErased
    /// The ledger is shorter than, or differs from, what the anchor saw.
    case rolledBack
    /// The anchor file is missing, so nothing can show that the vault was not rolled back.
    case anchorMissing
    /// The anchor was to be made anew, and it is there.
    case anchorThere
    case policy(PolicyError)
    /// Somebody else changed what this rested on, so nothing was done.
    case changedMeanwhile
    /// The agreement admits the caller, and its key is still being brought into line.
    case aligning
    case renditionThere
    /// A release of this category needs a record of the check for harm.
    case harmCheckMissing
    case alreadySo(String)
    /// One's own act, which takes somebody else.
    case needsAnother(String)
    case notFresh(minutes: Int)
    /// Emergency access is suspended until an earlier one has been reviewed.
    case emergencySuspended
    /// Cases of the agreement's table are not answered as they should be.
    case casesFail(Int)
    case reviewOverdue
    /// A piece of an upload does not begin where the one before it ended.
    case wrongOffset(UInt64)
    case tooManyUploads(Int)
    /// A piece goes beyond the length that was said.
    case uploadTooLong
    /// A request's key came before, with another question.
    case keyReused
    case beingDone
    /// It was done, and what was answered is not known any more.
    case doneBefore

    public enum Thing: String, Hashable, Sendable {
        case person, organisation, child, document, version, rendition, entry, consent, release, restraint, proposal
        case restriction, recipient, offer
        case session, subscriber, upload, identity, system, disposal, hold, schedule, request, item, breach
        case token = "access token"
        case task = "task grant"
        case emergency = "emergency access"
        case theCase = "case"
    }

    /// What the person is told.
    public var userMessage: String {
        switch self {
        case .denied(let reason): reason.userMessage
        case .notFound(let thing): "There is no such \(thing.rawValue), or it is not yours to see."
        case .notSignedIn: "You are not signed in, or your session has run out. Use `muniment sign-in`."
        case .wrongCredentials: "The user name or the password is wrong."
        case .accountDisabled: "This account is disabled. Ask the system administrator."
        case .tooManyAttempts, .secondFactorNeeded, .wrongCode, .noSecondFactor, .passwordRefused, .needsSession,
            .tokenInvalid, .tooManyTokens, .invitationInvalid, .providerRefused,
            .systemUnknown:
            accountMessage
        case .usernameTaken: "This user name is taken. Choose another."
        case .identifierTaken(let kind):
            "Another child already has this \(kind). Find that child, or correct the number."
        case .invalid(let field, let reason): "The \(field) is not usable: \(reason)."
        case .typeMismatch, .unsafeContent, .malware, .scanFailed, .scannerMissing, .unscanned, .wrongOffset,
            .tooManyUploads, .uploadTooLong:
            contentMessage
        case .unlockAgain, .partySealed, .ownCustody, .serviceKeyStays, .noServiceKey,
            .noOwnCustody, .rotationUnderWay, .ceremony,
            .noSchedule, .shortens, .disposalBlocked, .wrongStage, .cooling, .notErased:
            custodyMessage
        case .rights(let problem): problem.sentence
        case .paper(let error): error.userMessage
        case .caseClosed: "This case is closed."
        case .viewOnly: "Documents of this category are shown on screen only. They cannot be exported."
        case .alreadyOnTeam: "This person is on the team in this role already."
        case .rangeOutsideContent(let count): "The range goes beyond the content, which has \(count) bytes."
        case .keyMissing:
            "The key for this document is not in the keyring. Run `muniment check` and tell the administrator."
        case .rolledBack:
            "This vault is older than its anchor: it was rolled back or tampered with. It is closed to all but status and check. See docs/RUNBOOK.md."
        case .anchorMissing:
            "The anchor file is missing, so nobody can tell whether this vault was rolled back. It is closed to all but status and check. See docs/RUNBOOK.md."
        case .anchorThere: "The anchor is there and agrees with the ledger. There is nothing to do."
        case .policy(let error): error.userMessage
        case .changedMeanwhile: "Somebody else changed this at the same moment. Nothing was done; try again."
        case .aligning:
            "A new agreement is being brought into the keyring and has not reached this document yet. Try again in a moment; `muniment status` shows how far it is."
        case .renditionThere: "This version has that rendition already. Deposit a new version to replace it."
        case .harmCheckMissing:
            "Documents of this category go to the family only after a check for serious harm and for other people's data. Record it with --harm-check."
        case .alreadySo(let what): "\(what). There is nothing to do."
        case .needsAnother(let what): "\(what) takes somebody else. Ask a colleague."
        case .notFresh(let minutes):
            "This needs a sign-in within the last \(minutes) minutes. Sign in again, then repeat it."
        case .emergencySuspended:
            "An earlier emergency access of yours is past the day for its review. Yours is suspended until somebody has reviewed it."
        case .casesFail(let count):
            "\(count) of the agreement's cases are not answered as agreed. See `muniment agreement cases`."
        case .keyReused: "This Idempotency-Key was used for another request. Use a new key for each."
        case .beingDone: "The same request is being worked on. Ask again in a moment."
        case .doneBefore:
            "This was done before, and its answer was lost. Look at what is there before you send it again."
        case .reviewOverdue:
            "The agreement is past its review date, so nothing new is shared under it. Tell the data protection officer."
        }
    }

    /// Of what signing in and one's own account refuse.
    private var accountMessage: String {
        switch self {
        case .tooManyAttempts(let seconds):
            "There were too many failed attempts for this user name. Try again in \(Self.wait(seconds))."
        case .secondFactorNeeded:
            "This account has a second factor. Give the code that your authenticator shows, or a recovery code."
        case .wrongCode:
            "The code is wrong, or was used already. Wait for the next one, or use a recovery code."
        case .noSecondFactor: "This account has no second factor. Begin with `muniment account totp enrol`."
        case .passwordRefused(let weakness): weakness.userMessage
        case .needsSession: "An access token may not do this. Sign in, then repeat it."
        case .tokenInvalid:
            "The access token is mistyped, has run out or was revoked. Copy it again, or make a new one with `muniment account token create`."
        case .tooManyTokens(let limit):
            "You have \(limit) access tokens, and more are not allowed. Revoke one that you do not use."
        case .invitationInvalid:
            "The invitation is mistyped, was used or replaced, or has run out. Ask the system administrator for a new one."
        case .systemUnknown:
            "This client certificate is not registered, or its registration has ended. Ask the system administrator."
        case .providerRefused:
            "The sign-in at your organisation's provider was not accepted. Begin anew; if it happens again, ask the system administrator."
        default: ""
        }
    }

    /// Of what keys, schedules and disposals refuse.
    private var custodyMessage: String {
        switch self {
        case .unlockAgain:
            "The root key of this vault was replaced. Stop this process and start it with the new unlock secret."
        case .partySealed(let party):
            "The key of \(party) is sealed, so nothing opens for it. Ask its custodians to unseal."
        case .ownCustody(let party):
            "The key of \(party) is in its own custody too. Present the secret of that, so that it keeps the new key."
        case .serviceKeyStays(let key, let reason):
            "The vault's own key \(key) is not rotated: \(reason). A ceremony seals it anew under a new root key."
        case .noServiceKey(let key): "The vault has no key \(key) yet: it is made when it is first needed."
        case .noOwnCustody(let party):
            "\(party) has no custody of its own, so its key would be lost. Begin with `muniment party custody`."
        case .rotationUnderWay(let party):
            "The key of \(party) is being rotated. Finish that first: `muniment key rotate \(party)`."
        case .ceremony(let problem): problem.sentence
        case .noSchedule:
            "No retention schedule is in force. Propose one with `muniment retention propose`, and have it approved."
        case .shortens(let rules):
            "The schedule keeps shorter than now under \(rules.joined(separator: ", ")). Have that approved and write it under approvedShortenings."
        case .disposalBlocked(let reasons): "It may not be disposed of: \(reasons.joined(separator: "; "))."
        case .wrongStage(let stage): "This disposal is \(stage). See `muniment disposal list`."
        case .cooling(let until): "The cooling-off runs until \(until). Nothing was destroyed."
        case .notErased:
            "Something of it is still there after it was to be destroyed. It is shown to nobody; run `muniment check` and try again."
        default: ""
        }
    }

    /// Of what is refused for the content itself, or on its way in.
    private var contentMessage: String {
        switch self {
        case .typeMismatch(let declared): "The content is not \(declared). Declare what it is, or send the right file."
        case .unsafeContent(let danger): "The file is not taken. \(danger.sentence)"
        case .malware(let signature):
            "The malware scanner refuses this file (\(signature)). Do not open it or send it on; tell whoever looks after your computers."
        case .scanFailed(let failure):
            "\(failure.sentence) Nothing was changed. Try again, and tell the administrator if it stays so."
        case .scannerMissing:
            "Nothing is kept unscanned in this vault. Name the scanner: --scanner, or MUNIMENT_SCANNER."
        case .unscanned:
            "This was never scanned for malware, and the family is given only what was. Whoever may read it has it scanned with `muniment document scan`."
        case .wrongOffset(let offset): "The upload has \(offset) bytes so far. Go on from there."
        case .tooManyUploads(let most): "You have \(most) unfinished uploads. Finish or end one first."
        case .uploadTooLong: "There are more bytes than were said at the beginning. Nothing of this piece was kept."
        default: ""
        }
    }

    private static func wait(_ seconds: Int) -> String {
        switch seconds {
        case ..<2: "1 second"
        case ..<120: "\(seconds) seconds"
        default: "\((seconds + 59) / 60) minutes"
        }
    }
}
