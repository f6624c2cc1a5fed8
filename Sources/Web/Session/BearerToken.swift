import Sealing
import Vault

/// The token of a signed-in person, as it stands in a request: 64 hexadecimal digits behind `Bearer`.
struct BearerToken {
    let session: SessionToken

    /// - Returns: `nil` for anything else.
    init?(_ header: String?) {
        guard let header, header.utf8.count == 7 + 2 * SessionToken.byteCount,
            header.prefix(7).lowercased() == "bearer ", let bytes = Hex.decode(String(header.dropFirst(7))),
            let session = SessionToken(bytes)
        else { return nil }
        self.session = session
    }
}
