import HTTPTypes

/// Header fields that the framework does not name.
extension HTTPField.Name {
    static let contentDigest = known("Content-Digest")
    static let documentObligations = known("Document-Obligations")
    static let documentRendition = known("Document-Rendition")
    static let documentTitle = known("Document-Title")
    static let documentVersion = known("Document-Version")
    static let forwardedFor = known("X-Forwarded-For")
    static let idempotencyKey = known("Idempotency-Key")
    static let referrerPolicy = known("Referrer-Policy")
    static let reprDigest = known("Repr-Digest")
    static let tusChecksumAlgorithm = known("Tus-Checksum-Algorithm")
    static let tusExtension = known("Tus-Extension")
    static let tusMaxSize = known("Tus-Max-Size")
    static let tusResumable = known("Tus-Resumable")
    static let tusVersion = known("Tus-Version")
    static let uploadChecksum = known("Upload-Checksum")
    static let uploadExpires = known("Upload-Expires")
    static let uploadLength = known("Upload-Length")
    static let uploadMetadata = known("Upload-Metadata")
    static let uploadOffset = known("Upload-Offset")
    static let wantReprDigest = known("Want-Repr-Digest")

    private static func known(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is no name of a header") }
        return name
    }
}
