extension RightsPolicy {
    /// Reads and checks the rules on requests.
    ///
    /// - Throws: The first fault of the file, with its line; under a file with a fault no request is answered.
    public static func load(_ text: PolicyText) throws(PolicyError) -> RightsPolicy {
        let file = try PolicyNode.root(of: text).map([
            "version", "title", "numbers", "requests", "exemptions", "erasure",
        ])
        let numbers = try RightsNumbers(try file.required("numbers"))
        return RightsPolicy(
            version: try file.required("version").count(), title: try file.required("title").text(), numbers: numbers,
            requests: try requests(try file.required("requests"), numbers),
            exemptions: try exemptions(try file.required("exemptions")),
            // A file without it lets nothing go, and keeps nothing under an exception that nobody has written down.
            erasure: try file.optional("erasure").map { node throws(PolicyError) in try ErasurePolicy(node) }
                ?? .nothing,
            source: text)
    }

    private static func requests(
        _ node: PolicyNode, _ numbers: RightsNumbers
    ) throws(PolicyError) -> [RequestKind: RequestRule] {
        var rules: [RequestKind: RequestRule] = [:]
        for item in try node.list() {
            let rule = try RequestRule(item, numbers)
            guard rules.updateValue(rule, forKey: rule.kind) == nil else {
                throw item.fault(.duplicate(rule.kind.rawValue))
            }
        }
        for kind in RequestKind.allCases where rules[kind] == nil { throw node.fault(.missingKey(kind.rawValue)) }
        return rules
    }

    private static func exemptions(_ node: PolicyNode) throws(PolicyError) -> [Exemption] {
        var exemptions: [Exemption] = []
        var seen: Set<ExemptionID> = []
        var codes: Set<String> = []
        for item in try node.list() {
            let exemption = try Exemption(item)
            guard seen.insert(exemption.id).inserted else { throw item.fault(.duplicate(exemption.id.rawValue)) }
            guard codes.insert(exemption.code).inserted else { throw item.fault(.duplicate(exemption.code)) }
            exemptions.append(exemption)
        }
        return exemptions
    }
}

extension RightsNumbers {
    fileprivate init(_ node: PolicyNode) throws(PolicyError) {
        let row = try node.map([
            "identityAskedWithinDays", "chaseAfterDays", "remindDays", "closeAfterMonths", "opinionMonths",
            "reasonCharacters",
        ])
        identityAskedWithinDays = try row.required("identityAskedWithinDays").number(in: 0...28)
        chaseAfterDays = try row.required("chaseAfterDays").number(in: 1...28)
        remindDays = try row.required("remindDays").number(in: 1...28)
        closeAfterMonths = try row.required("closeAfterMonths").number(in: 1...12)
        opinionMonths = try row.required("opinionMonths").number(in: 1...6)
        reasonCharacters = try row.required("reasonCharacters").number(in: 10...400)
    }
}

extension RequestRule {
    fileprivate init(_ node: PolicyNode, _ numbers: RightsNumbers) throws(PolicyError) {
        let row = try node.map([
            "kind", "title", "months", "days", "schoolDays", "extensionMonths", "pauses", "targetDays", "atOnce",
            "source", "confidence",
        ])
        kind = try row.required("kind").choice("kind of request")
        title = try row.required("title").text()
        let period = try row.period()
        var isMonths = false
        if case .months = period { isMonths = true }
        for key in ["extensionMonths", "pauses"] where !isMonths {
            guard row.optional(key) == nil else { throw node.fault(.expected("a period of months for \(key)")) }
        }
        clock = ClockRule(
            period, extensionMonths: try row.optional("extensionMonths")?.number(in: 1...2) ?? 0,
            allowsPauses: try row.optional("pauses")?.flag() ?? false,
            targetDays: try row.optional("targetDays")?.number(in: 1...31),
            actsAtOnce: try row.optional("atOnce")?.flag() ?? false,
            identityWithinDays: numbers.identityAskedWithinDays)
        source = try row.required("source").text()
        confidence = try row.required("confidence").choice("confidence")
    }
}

extension PolicyMap {
    fileprivate func period() throws(PolicyError) -> ClockRule.Period {
        switch (optional("months"), optional("days"), optional("schoolDays")) {
        case (let months?, nil, nil): return .months(try months.number(in: 1...12))
        case (nil, let days?, nil): return .days(try days.number(in: 1...366))
        case (nil, nil, let days?): return .schoolDays(try days.number(in: 1...200))
        case (nil, nil, nil): throw node.fault(.missingKey("months"))
        default: throw node.fault(.expected("one of months, days and schoolDays"))
        }
    }
}
