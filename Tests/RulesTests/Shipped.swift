import Foundation
import Rules
import Testing

/// The policy files that ship, read from the package root.
enum Shipped {
    static let categories = Result { try text("categories.yaml") }
    static let agreementText = Result { try text("agreement.yaml") }
    static let cases = Result { try text("agreement.cases.yaml") }
    static let agreement = Result {
        try Agreement.load(categories: categories.get(), agreement: agreementText.get())
    }
    static let retention = Result { try text("retention.yaml") }
    static let retentionCases = Result { try text("retention.cases.yaml") }
    static let schedule = Result {
        try RetentionSchedule.load(retention.get(), categories: agreement.get().categories)
    }
    static let rights = Result { try RightsPolicy.load(rightsText.get()) }
    static let rightsText = Result { try text("rights.yaml") }
    static let rightsCases = Result { try text("rights.cases.yaml") }

    /// A day in force.
    static func today() throws -> Day { try #require(Day("2026-10-01")) }

    private static func text(_ name: String) throws -> PolicyText {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return PolicyText(
            file: name, text: try String(contentsOf: root.appending(path: "Policies/\(name)"), encoding: .utf8))
    }
}
