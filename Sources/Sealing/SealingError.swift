/// Everything that sealing and opening can refuse. The cases are what a caller can act on; none carries key material.
public enum SealingError: Error, Hashable, Sendable {
    /// The bytes are not an age v1 header, or break one of its rules.
    case malformedHeader(String)
    /// None of the keys offered opens this file.
    case noMatchingKey
    /// The header was altered after it was written.
    case headerAltered
    /// The payload is damaged from this 64 KiB chunk on, or ends before its last chunk.
    case payloadDamaged(chunk: UInt64)
    /// A sealed value does not open under these facts: damaged, moved from its place, or sealed under another key.
    case notAuthentic
    /// The passphrase or key file is not the one that this was sealed with.
    case wrongUnlockSecret
    /// A recipient, identity or key text that cannot be read.
    case malformedKey(String)
    /// A file for post-quantum recipients may have no others: it would only be as safe as they are.
    case mixedRecipients
    /// A share, or several, from which the secret cannot be made.
    case share(ShareFault)
    /// The value states a format version that this program does not know.
    case unknownVersion(UInt8)
    /// The bytes are not an X.509 certificate.
    case malformedCertificate
    /// A CMS signature that proves nothing.
    case signatureRefused(SignatureRefusal)
    /// A time stamp, or an authority's answer, that proves nothing.
    case timeStampRefused(TimeStampRefusal)
    /// A token (PKCS#11) that does not do what it is asked.
    case token(TokenFault)
    /// A zip file that cannot be written, or not like this.
    case archive(ArchiveFault)
    /// Memory for a secret could not be set aside, or a primitive refused to run.
    case unavailable(String)

    /// What the person is told.
    public var userMessage: String {
        switch self {
        case .malformedHeader(let reason): "This is not a valid age file: \(reason)."
        case .noMatchingKey: "None of the keys offered opens this file."
        case .headerAltered: "The header of this file was altered after it was written."
        case .payloadDamaged(let chunk): "The content is damaged or cut short at chunk \(chunk)."
        case .notAuthentic: "A sealed value is damaged, or is not where it was written."
        case .wrongUnlockSecret: "The passphrase or key file is not the one this vault was sealed with."
        case .malformedKey(let reason): "The key cannot be read: \(reason)."
        case .mixedRecipients:
            "A file for post-quantum recipients (age1pq1…) cannot have others too. Name recipients of one kind only."
        case .share(let fault): fault.userMessage
        case .unknownVersion(let version): "The value has format version \(version), which this program does not know."
        case .malformedCertificate: "This is not a certificate, or not one that can be read."
        case .signatureRefused(let reason): reason.userMessage
        case .timeStampRefused(let reason): reason.userMessage
        case .token(let fault): fault.userMessage
        case .archive(let fault): fault.userMessage
        case .unavailable(let what): "\(what) is not available on this machine."
        }
    }
}

/// Why a CMS signature is not taken.
public enum SignatureRefusal: Hashable, Sendable {
    /// Not a detached CMS signature by one signer.
    case malformed
    /// It says that it was made with another certificate than the one trusted.
    case anotherCertificate
    /// The certificate did not hold at the signing time.
    case outsideValidity
    /// The content or the signature was altered.
    case doesNotMatch
    /// It has a time stamp already.
    case alreadyStamped

    public var userMessage: String {
        switch self {
        case .malformed: "This is not a detached CMS signature by one signer."
        case .anotherCertificate: "The signature was made with another certificate than the one given."
        case .outsideValidity: "The certificate does not hold at the signing time."
        case .doesNotMatch: "The signature does not match: the content or the signature was altered."
        case .alreadyStamped: "The signature has a time stamp already."
        }
    }
}

/// Why a time stamp is not taken.
public enum TimeStampRefusal: Hashable, Sendable {
    /// Not a time stamp, or not an answer to a request for one.
    case malformed
    /// The authority answered that it does not grant the request.
    case notGranted
    /// The answer is to another request.
    case anotherRequest
    /// The time stamp is for something else.
    case anotherDigest
    /// It was not signed by an authority that is trusted, or was altered.
    case notTrusted

    public var userMessage: String {
        switch self {
        case .malformed: "This is not a time stamp (RFC 3161)."
        case .notGranted: "The time-stamping authority did not grant the request. Ask its operator."
        case .anotherRequest: "The time-stamping authority answered another request. Ask again."
        case .anotherDigest: "The time stamp is for something else."
        case .notTrusted: "The time stamp is not from an authority that is trusted here, or was altered."
        }
    }
}

/// Why something cannot be part of a package, or a package not be locked.
public enum ArchiveFault: Hashable, Sendable {
    /// The passphrase is short, or has characters that not every program would turn into the same bytes.
    case weakPassphrase
    /// A name that some system could not write down as it is, or that leads out of the folder in which the file is opened.
    case unsafeName
    /// There is an entry of this name already, or a folder, or it differs in capitals only.
    case takenName
    /// Zip files hold times from 1980 to 2037.
    case timeOutOfRange
    /// The content is longer or shorter than was said beforehand.
    case lengthDiffers
    /// The file is finished or has failed, or another entry is being written.
    case outOfTurn
    /// libarchive could not write it.
    case notWritten

    public var userMessage: String {
        switch self {
        case .weakPassphrase: "The passphrase of a package must be 16 or more plain letters, digits and signs."
        case .unsafeName: "A name in a zip file has plain letters, digits, full stops, hyphens and underscores only."
        case .takenName: "The zip file has a file of this name already."
        case .timeOutOfRange: "A zip file can only hold times from 1980 to 2037."
        case .lengthDiffers: "The content is not as long as was said. Make the zip file anew."
        case .outOfTurn: "Nothing can be added to this zip file any more. Make it anew."
        case .notWritten: "The zip file could not be written. Make it anew."
        }
    }
}
