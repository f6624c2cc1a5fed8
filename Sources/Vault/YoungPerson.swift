internal import Ledger
public import Rules
public import Storage

/// Whose rights they are, and what the young person has said.
public struct RightsHolder: Hashable, Sendable, Codable {
    public struct Choice: Hashable, Sendable, Codable {
        public let username: String
        public let choice: ParentChoice
    }

    /// The first day on which the rights are the young person's own.
    public let youngPersonFrom: Day?
    public let hasPassed: Bool
    public let lacksCapacity: Bool
    public let choices: [Choice]
}

extension DocumentVault {
    /// Records how far a young person lets a parent go. The young person says so, or somebody with the duty records it.
    ///
    /// - Throws: `VaultError.invalid` before the rights have passed; `.notFound`, `.denied`.
    public func choose(
        _ choice: ParentChoice, for username: String, of child: ChildID, note: String, as caller: Caller
    ) async throws {
        if try await family(of: child, caller) != .youngPerson {
            _ = try await authorise("young-person.record", about: child, caller)
        }
        let note = try PlainText.paragraph(note, field: "note")
        let parent = try await person(named: username)
        let agreement = agreement
        let isParent = try await records.read { transaction in
            try transaction.cases(of: child).contains { theCase in
                try transaction.team(of: theCase.id, person: parent)
                    .contains { agreement.capacity(of: $0.role) == .parent }
            }
        }
        guard isParent else { throw VaultError.notFound(.person) }
        try await enact(about: child, by: caller) { standing, _ in
            try requirePassed(standing)
            var act = try NewAct(
                .choice, id: ActID(from: environment.random), ChoiceBody(choice: choice, note: note),
                Event(.parentChosen, by: caller).on(["person": "\(parent)"]))
            act.person = parent
            return [act]
        }
    }

    /// Records whether a young person has the capacity to decide about the plan: where it is lacking, the parent goes on acting
    /// (Children and Families Act 2014 s.80). Capacity is presumed.
    ///
    /// - Throws: `VaultError.invalid`, `.notFound`, `.denied`.
    public func recordCapacity(
        of child: ChildID, lacks: Bool, note: String, as caller: Caller
    ) async throws {
        let (scene, asking) = try await authorise("young-person.record", about: child, caller)
        let note = try PlainText.paragraph(note, field: "note", atLeast: 20)
        try await enact(about: child, by: caller, also: { try $0.requirePlace(asking, scene) }) { standing, _ in
            try requirePassed(standing)
            return [
                try NewAct(
                    .capacity, id: ActID(from: environment.random), CapacityBody(lacksCapacity: lacks, note: note),
                    Event(.capacityRecorded, by: caller, party: asking.place.party))
            ]
        }
    }

    /// - Throws: `VaultError.notFound(.child)`.
    public func rightsHolder(of child: ChildID, as caller: Caller) async throws -> RightsHolder {
        if try await family(of: child, caller) != .youngPerson {
            _ = try await authorise("young-person.record", about: child, caller)
        }
        let snapshot = try await snapshot(of: child)
        let standing = try standing(snapshot)
        let people = try await records.read { transaction in
            try standing.choices.keys.compactMap { try transaction.person($0) }
        }
        let names = try usernames(of: people)
        try await log(
            Event(.accessExplained, by: caller).about(child).on(["list": "rights"]), childKey: snapshot.key)
        return RightsHolder(
            youngPersonFrom: standing.youngPersonFrom,
            hasPassed: standing.youngPersonFrom.map { $0 <= environment.today() } ?? false,
            lacksCapacity: standing.lacksCapacity,
            choices: standing.choices.map { .init(username: names["\($0.key)"] ?? "", choice: $0.value) }
                .sorted { $0.username < $1.username })
    }

    private func requirePassed(_ standing: Standing) throws {
        guard let from = standing.youngPersonFrom, from <= environment.today() else {
            throw VaultError.invalid(
                field: "day",
                reason:
                    "the rights pass on the day after the last Friday of June of the school year of the 16th birthday")
        }
    }
}
