import HTTPTypes

/// Header fields that the framework does not name.
extension HTTPField.Name {
    static let contentDigest = known("Content-Digest")
    static let documentObligations = known("Document-Obligations")
    static let documentRendition = known("Document-Rendition")
    static let documentTitle = known("Document-Title")
    static let documentVersion = known("Document-Version")
    static let forwardedFor = known("X-Forwarded-For")
    static let referrerPolicy = known("Referrer-Policy")
    static let reprDigest = known("Repr-Digest")
    static let wantReprDigest = known("Want-Repr-Digest")

    private static func known(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is no name of a header") }
        return name
    }
}
