internal import Ledger
public import Rules
public import Storage

/// Why a person may or may not do something, for each place from which he or she could ask.
public struct AccessAnswer: Hashable, Sendable, Codable {
    public struct Step: Hashable, Sendable, Codable {
        public let check: String
        public let outcome: String
        public let sentence: String
    }

    public let role: String
    public let party: String
    public let isPermitted: Bool
    /// The clause that admits, or the code of the reason that refuses.
    public let because: String
    public let steps: [Step]
}

extension DocumentVault {
    /// Asks the agreement, and shows its reasoning.
    ///
    /// People may ask about themselves where they may know of the document; about others, those with the duty to explain.
    ///
    /// `username`: the person to ask about; the caller when `nil`.
    ///
    /// - Throws: `VaultError.notFound`, `.denied`.
    public func explain(
        _ action: AccessAction, _ id: DocumentID, by username: String?, purpose: Purpose?, as caller: Caller
    ) async throws -> [AccessAnswer] {
        let subject = try await subject(username, id, caller)
        let found = try await records.read { transaction in
            try transaction.document(id).flatMap { document in
                try transaction.theCase(document.caseID).map {
                    (document, $0, try transaction.places(of: subject, on: $0.id), try transaction.caller(subject))
                }
            }
        }
        guard let (document, theCase, places, person) = found else {
            try await refuse(.notFound(.document), Event(.accessDenied, by: caller).on(["document": "\(id)"]))
        }
        let day = environment.today()
        let answers = (places.isEmpty ? person.memberships : places).map { place in
            var facts = facts(action, document, theCase, place, subject, purpose: purpose)
            facts.isOnCase = !places.isEmpty
            return AccessAnswer(agreement.explain(facts, on: day), place)
        }
        try await log(
            Event(.accessExplained, by: caller).about(document.child).on(["document": "\(id)", "person": "\(subject)"]),
            childKey: try await requireChildKey(document.child))
        return answers
    }

    private func subject(_ username: String?, _ id: DocumentID, _ caller: Caller) async throws -> PersonID {
        try await requireWritable()
        if case .permit = agreement.decideDuty("access.explain", roles: caller.roles) {
            guard let username else { return caller.person }
            return try await person(named: username)
        }
        if let username, try await person(named: username) != caller.person {
            try await authorise("access.explain", caller)
        }
        _ = try await requireVisible(id, .accessExplained, caller)
        return caller.person
    }
}

extension AccessAnswer {
    init(_ explanation: Explanation, _ place: Caller.Place) {
        role = place.role.rawValue
        party = place.party.rawValue
        steps = explanation.steps.map {
            Step(check: $0.check.rawValue, outcome: $0.outcome.rawValue, sentence: $0.sentence)
        }
        switch explanation.decision {
        case .permit(let permit):
            isPermitted = true
            because = permit.rule.rawValue
        case .deny(let reason):
            isPermitted = false
            because = reason.code
        }
    }
}
