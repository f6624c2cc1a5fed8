/// Why a decision is as it is: each check in the order it was made, in words a family can read.
public struct Explanation: Hashable, Sendable {
    public struct Step: Hashable, Sendable {
        public enum Outcome: String, Hashable, Sendable {
            case passed, failed
            /// It failed, and an emergency grant stands in for it.
            case waived
        }

        public let check: AccessCheck
        public let outcome: Outcome
        public let sentence: String
    }

    /// Ends with the check that refused or, for a permit, with the rule and the basis it rests on.
    public let steps: [Step]
    public let decision: AccessDecision
}

/// The checks, in the order in which they are made.
public enum AccessCheck: String, CaseIterable, Hashable, Sendable {
    case words, place, labels, restraint, restriction, membership, agreement, rule
}

extension Agreement {
    /// The same decision as `decide`, reached by the same code, with its reasoning.
    ///
    /// `voice`: to whom it is told.
    public func explain(_ facts: AccessFacts, on day: Day, to voice: Voice = .toThePerson) -> Explanation {
        var steps: [Explanation.Step] = []
        let decision = settle(facts, on: day) { check, waived in
            let sentence = waived.map { "\($0.userMessage) The emergency grant stands in for it." }
            steps.append(
                Explanation.Step(
                    check: check, outcome: waived == nil ? .passed : .waived,
                    sentence: sentence ?? passing(check, facts, on: day)))
        }
        switch decision {
        case .permit(let permit):
            steps.append(Explanation.Step(check: .rule, outcome: .passed, sentence: grounds(of: permit)))
        case .deny(let reason):
            let check = AccessCheck.allCases[steps.count]
            steps.append(Explanation.Step(check: check, outcome: .failed, sentence: account(of: reason, voice)))
        }
        return Explanation(steps: steps, decision: decision)
    }

    private func passing(_ check: AccessCheck, _ facts: AccessFacts, on day: Day) -> String {
        let caller = facts.caller.rawValue
        switch check {
        case .words:
            return "\(title(of: facts.role) ?? facts.role.rawValue) asks to \(facts.action.rawValue) "
                + "\(title(of: facts.category) ?? facts.category.rawValue) (\(facts.rendition)). "
                + "Purpose: \(title(of: facts.purpose) ?? facts.purpose.rawValue)."
        case .place: return "The caller sits in \(caller); \(facts.holder.rawValue) holds the document."
        case .labels: return "No label on the document keeps this role out."
        case .restraint where facts.restraint != nil: return "The restriction on this person allows as much."
        case .restraint: return "No restriction on this person stands in the way."
        case .restriction where facts.restriction != nil:
            return "The use of the document is restricted, and this is allowed all the same."
        case .restriction: return "The use of the document is not restricted."
        case .membership where facts.isOnCase: return "The caller is on the case."
        case .membership where facts.hasTaskGrant: return "A task grant names the document."
        case .membership: return "This role needs no place on the case to know that a document exists."
        case .agreement where facts.caller == facts.holder: return "Within \(caller) no agreement is needed."
        case .agreement:
            return "Agreement version \(version), in force on \(day), shares this category for this purpose "
                + "with \(caller)."
        case .rule: return "A rule admits it."
        }
    }

    private func grounds(of permit: Permit) -> String {
        let basis = bases[permit.basis].map { " Basis: \($0.sentence)." } ?? ""
        let override = permit.isOverride ? " It rests on an emergency grant, so a review is owed." : ""
        return "Rule \(permit.rule) of agreement version \(permit.agreementVersion) admits it.\(basis)\(override)"
    }

    private func account(of reason: DenialReason, _ voice: Voice) -> String {
        let message = "\(reason.account(voice)) \(reason.remedy(voice))"
        guard case .label(let label) = reason, let entry = labelEntries[label] else { return message }
        return "\(label): \(entry.reason) \(message)"
    }
}
