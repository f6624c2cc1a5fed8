extension Exemption {
    private static let keys: Set = [
        "id", "code", "paragraph", "title", "kinds", "data", "against", "needs", "neitherConfirmNorDeny", "tipsOff",
        "source", "confidence",
    ]

    init(_ node: PolicyNode) throws(PolicyError) {
        let row = try node.map(Self.keys)
        id = try row.required("id").word(as: ExemptionID.self)
        code = try row.required("code").text()
        paragraph = try row.required("paragraph").text()
        title = try row.required("title").text()
        kinds = try row.choices("kinds", "kind of request")
        data = try row.choices("data", "kind of data")
        against = try row.choices("against", "capacity")
        needs = try row.choices("needs", "need")
        allowsNeitherConfirmNorDeny = try row.optional("neitherConfirmNorDeny")?.flag() ?? false
        tipsOff = try row.optional("tipsOff")?.flag() ?? false
        source = try row.required("source").text()
        confidence = try row.required("confidence").choice("confidence")
        _ = try row.required("kinds")
        guard kinds.allSatisfy(\.isAccess) else {
            throw try row.required("kinds").fault(.neverApplies("it is for requests for access"))
        }
        guard !needs.contains(.opinion) || data == [.health] else {
            throw node.fault(.expected("health data, of which alone an opinion is asked"))
        }
    }
}

extension PolicyMap {
    /// A list of words that the program knows; empty if it is left out.
    func choices<Choice: RawRepresentable<String> & Hashable>(
        _ key: String, _ kind: String
    ) throws(PolicyError) -> Set<Choice> {
        guard let list = optional(key) else { return [] }
        return Set(try list.distinct { item throws(PolicyError) -> Choice in try item.choice(kind) })
    }
}
