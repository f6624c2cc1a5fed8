internal import Foundation

/// Percent-encoding (RFC 3986, section 2) with everything escaped that may be.
public enum PercentEncoding {
    public static func escaped(_ text: some StringProtocol) -> String {
        let plain = CharacterSet(
            charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
        return text.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
    }
}
