import Foundation
import Rules

@testable import Vault

/// A sharing agreement as plain values: rendered for the vault to read, and read as it is by the model.
struct MirrorAgreement: Sendable {
    enum Grant: String, Sendable {
        case full = "F"
        case author = "A"
        case authorAndFull = "A/F"
        case extract = "X"
        case metadata = "M"
        case released = "R"
        case release
    }

    enum Condition: String, Sendable {
        case lawfulConsent = "lawful-consent"
        case confidentialityConsent = "confidentiality-consent"
        case task, override
    }

    struct Rule: Sendable {
        let name: String
        let category: String
        let roles: [String]
        let grant: Grant
        var conditions: [Condition] = []
        var isOwnOnly = false
        var rendition: String?
        var needsHarmCheck = false
    }

    struct Kind: Sendable {
        let name: String
        let holders: [Party]
        var labels: [String] = []
    }

    struct Label: Sendable {
        let name: String
        let exempt: [String]
        let exemptOnTask: [String]
    }

    struct Sharing: Sendable {
        let holder: Party
        let asker: Party
        let categories: [String]
        let purposes: [String]
    }

    let version: Int
    let from: Day
    let reviewBy: Day
    let until: Day
    /// In the order of the file.
    let roles: [(name: String, parties: [Party])]
    let emergency: [String]
    let kinds: [Kind]
    let labels: [Label]
    let sharing: [Sharing]
    var rules: [Rule]
}

extension MirrorAgreement {
    /// The files that a proposal takes. One rule stands on one line.
    func texts() throws -> PolicyTexts {
        let categories =
            (["version: 1", "categories:"] + kinds.map { "  - \($0.yaml)" }).joined(separator: "\n") + "\n"
        let cases = """
            version: 1
            day: 2026-10-01
            purpose: no.such
            cases:
              - { who: [P], what: \(kinds[0].name), action: read, expect: unknown-purpose, clause: none }

            """
        let agreement = (try agreementLines() + rules.map(\.yaml)).joined(separator: "\n") + "\n"
        return PolicyTexts(
            categories: Array(categories.utf8), agreement: Array(agreement.utf8),
            cases: Array(cases.utf8))
    }

    /// Without the rules that could never admit anybody, which the vault's reader refuses.
    func withoutIdleRules() -> MirrorAgreement {
        var agreement = self
        agreement.rules = rules.compactMap { rule in
            guard let kind = kinds.first(where: { $0.name == rule.category }) else { return nil }
            let useful = rule.roles.filter { isUseful(rule, to: $0, kind) }
            return useful.isEmpty ? nil : rule.with(roles: useful)
        }
        let givenOut = Set(agreement.rules.filter { $0.grant == .released }.map(\.category))
        agreement.rules.removeAll { $0.grant == .release && !givenOut.contains($0.category) }
        return agreement
    }

    private func isUseful(_ rule: Rule, to role: String, _ kind: Kind) -> Bool {
        let parties = roles.first { $0.name == role }?.parties ?? []
        let isReached = parties.contains { party in
            kind.holders.contains(party)
                || sharing.contains { $0.asker == party && $0.categories.contains(kind.name) }
        }
        let isOpen = labels.filter { kind.labels.contains($0.name) }.allSatisfy { label in
            label.exempt.contains(role) || (rule.conditions.contains(.task) && label.exemptOnTask.contains(role))
        }
        return isOpen && (isReached || rule.conditions.contains(.override))
    }

    /// Everything before the rules. What the test does not vary stands as it is shipped.
    private func agreementLines() throws -> [String] {
        let shipped = try Self.shippedSections.get()
        var lines = [
            "version: \(version)", "title: Agreement number \(version)", "from: \(from)", "reviewBy: \(reviewBy)",
            "until: \(until)", "roles:",
        ]
        for role in roles { lines.append("  \(role.name): { title: \(role.name), parties: \(list(role.parties)) }") }
        for section in ["limits", "capacities"] { lines += shipped[section] ?? [] }
        lines += ["purposes:"] + Self.purposes.map { "  \($0): a purpose" }
        lines += ["duties:"] + Self.duties.map { "  \($0): \(list($1))" }
        let holders = Party.allCases.filter { party in kinds.contains { $0.holders.contains(party) } }
        let controllers = holders.map { "\($0.rawValue): { name: a name, address: an address, contact: a contact }" }
        lines += [
            "transparency: { controllers: { \(controllers.joined(separator: ", ")) }, storage: here, retention: long,",
            "  jurisdiction: England and Wales, withdrawal: tell us, rights: many }",
        ]
        lines += ["emergency: \(list(emergency))", "bases: { any: { art6: Article 6, power: a power } }", "labels:"]
        for label in labels {
            let onTask = label.exemptOnTask.isEmpty ? "" : ", exemptOnTask: \(list(label.exemptOnTask))"
            lines.append("  \(label.name): { reason: a reason, exempt: \(list(label.exempt))\(onTask) }")
        }
        lines.append("sharing:")
        for row in sharing {
            let ends = "holder: \(row.holder.rawValue), asker: \(row.asker.rawValue)"
            lines.append("  - { \(ends), categories: \(list(row.categories)), purposes: \(list(row.purposes)) }")
        }
        lines.append("rules:")
        return lines
    }

    private static let purposes = ["ehc.assessment", "ehc.participation", "ehc.appeal"]

    private static let duties = [
        ("person.disable", ["ADM"]), ("case.close", ["SEND", "SMGR"]), ("case.team", ["SEND", "SMGR"]),
        ("task.grant", ["SEND", "SMGR", "DPO"]), ("consent.record", ["SEND", "SW", "HADV"]),
        ("restraint.place", ["SEND", "SMGR"]), ("young-person.record", ["SEND", "SMGR"]),
        ("agreement.propose", ["DPO", "SMGR"]), ("agreement.approve", ["DPO", "SMGR"]),
        ("agreement.activate", ["DPO", "SMGR"]), ("vault.check", ["ADM"]), ("key.rotate", ["ADM"]),
    ]

    /// The lines of each part of the shipped file, without comments.
    private static let shippedSections = Result<[String: [String]], any Error> {
        let text = try Fixture.shippedPolicies()[.agreement] ?? []
        var sections: [String: [String]] = [:]
        var name = ""
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init) {
            if line.drop(while: { $0 == " " }).hasPrefix("#") { continue }
            if !line.hasPrefix(" "), let colon = line.firstIndex(of: ":") { name = String(line[..<colon]) }
            sections[name, default: []].append(line)
        }
        return sections
    }
}

private func list(_ words: [String]) -> String { "[\(words.joined(separator: ", "))]" }
private func list(_ parties: [Party]) -> String { list(parties.map(\.rawValue)) }

extension MirrorAgreement.Kind {
    fileprivate var yaml: String {
        let labels = labels.isEmpty ? "" : ", labels: \(list(labels))"
        return "{ id: \(name), title: Kind \(name), holders: \(list(holders))\(labels) }"
    }
}

extension MirrorAgreement.Rule {
    func with(roles: [String]) -> Self {
        Self(
            name: name, category: category, roles: roles, grant: grant, conditions: conditions, isOwnOnly: isOwnOnly,
            rendition: rendition, needsHarmCheck: needsHarmCheck)
    }

    fileprivate var yaml: String {
        var parts = [
            "id: \(name)", "categories: [\(category)]", "roles: \(list(roles))", "grant: \(grant.rawValue)",
            "basis: any",
        ]
        if !conditions.isEmpty { parts.append("when: \(list(conditions.map(\.rawValue)))") }
        if isOwnOnly { parts.append("own: true") }
        if let rendition { parts.append("rendition: \"\(rendition)\"") }
        if needsHarmCheck { parts.append("harmCheck: true") }
        return "  - { \(parts.joined(separator: ", ")) }"
    }
}
