/// For how long each kind of key is used before it is rotated. See `Keys/cryptoperiods.yaml`.
///
/// Source: NIST SP 800-57 Part 1 Rev. 5, section 5.3.6, asks that every key have one.
public struct Cryptoperiods: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Hashable, Sendable { case root, party, child, service }

    /// Days, for every kind.
    public let days: [Kind: Int]

    /// - Throws: `PolicyError` with file, line and reason.
    public static func load(_ text: PolicyText) throws(PolicyError) -> Cryptoperiods {
        let file = try PolicyNode.root(of: text).map(["version", "days"])
        _ = try file.required("version").number(in: 1...1)
        let list = try file.required("days").map(Set(Kind.allCases.map(\.rawValue)))
        var days: [Kind: Int] = [:]
        for kind in Kind.allCases {
            days[kind] = try list.required(kind.rawValue).number(in: 1...36_525)
        }
        return Cryptoperiods(days: days)
    }
}
