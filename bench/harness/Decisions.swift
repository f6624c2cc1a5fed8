import Foundation
import Rules

/// Decisions a second on one core, over the shipped agreement and a fixed mix of questions: every role asks about every
/// category in every action.
func measureDecisions() throws {
    func text(_ name: String) throws -> PolicyText {
        PolicyText(file: name, text: try String(contentsOfFile: "Policies/\(name)", encoding: .utf8))
    }
    let agreement = try Agreement.load(categories: text("categories.yaml"), agreement: text("agreement.yaml"))
    let questions = agreement.categories.flatMap { category in
        agreement.roles.flatMap { role in
            AccessAction.allCases.compactMap { action -> AccessFacts? in
                guard let holder = agreement.holders(of: category).first, let party = agreement.parties(of: role).first
                else { return nil }
                return AccessFacts(
                    action, category: category, holder: holder, caller: party, role: role,
                    purpose: party == .family ? "ehc.participation" : "ehc.assessment", isOnCase: true)
            }
        }
    }
    guard let day = Day("2026-10-01") else { return }
    let rounds = 500
    var permits = 0
    let time = median(of: 5) {
        seconds {
            permits = 0
            for _ in 0..<rounds {
                for question in questions {
                    if case .permit = agreement.decide(question, on: day) { permits += 1 }
                }
            }
        }
    }
    report(
        "access decisions (\(questions.count) questions, \(permits / rounds) permitted)",
        Double(rounds * questions.count) / time, "decisions/s")
}
