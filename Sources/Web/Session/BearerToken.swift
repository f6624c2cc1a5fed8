/// What stands behind `Bearer` in a request: a session's token or an access token.
struct BearerToken {
    let text: [UInt8]

    /// - Returns: `nil` for another scheme, or what no token is as long as.
    init?(_ header: String?) {
        guard let header, header.prefix(7).lowercased() == "bearer ", (32...128).contains(header.utf8.count - 7) else {
            return nil
        }
        text = Array(header.utf8.dropFirst(7))
    }
}
