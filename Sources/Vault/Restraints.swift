internal import Ledger
public import Rules
public import Storage

/// A restraint as it is listed, for those who may place one.
public struct RestraintSummary: Hashable, Sendable, Codable {
    public let id: String
    public let username: String
    public let ground: RestraintGround
    /// Empty: all.
    public let categories: [String]
    public let reason: String
    public let from: String
    public let until: String?
}

extension DocumentVault {
    /// Keeps one person from a child's papers, or from some categories of them, whatever the agreement allows the role.
    ///
    /// The person gets the answer of somebody for whom there is nothing, and nobody else of the family learns of it.
    ///
    /// `categories`: all when empty.
    /// `until`: the last day; without end when `nil`.
    ///
    /// - Throws: `VaultError.notFound`, `.denied`, `.invalid`.
    public func restrain(
        _ username: String, from child: ChildID, on ground: RestraintGround, categories: Set<Category>, until: Day?,
        reason: String, as caller: Caller
    ) async throws -> ActID {
        let (scene, asking) = try await authorise("restraint.place", about: child, caller)
        let person = try await person(named: username)
        guard person != caller.person else { throw VaultError.needsAnother("Restraining you") }
        let reason = try PlainText.paragraph(reason, field: "reason", atLeast: 10)
        for category in categories where !scene.agreement.categories.contains(category) {
            throw VaultError.denied(.unknownCategory(category))
        }
        if let until, until < scene.today { throw VaultError.invalid(field: "end", reason: "it is in the past") }
        let body = RestraintBody(ground: ground, categories: categories.map(\.rawValue).sorted(), reason: reason)
        let id = ActID(from: environment.random)
        let event = Event(.restraintPlaced, by: caller, party: asking.place.party).on(["person": "\(person)"])
            .with(["ground": ground.rawValue])
        let end = until.flatMap { $0.adding(days: 1) }.map(environment.start)
        try await enact(about: child, by: caller, also: { try $0.requirePlace(asking, scene) }) { _, _ in
            var act = try NewAct(.restraint, id: id, body, event)
            act.person = person
            act.until = end
            return [act]
        }
        return id
    }

    /// - Throws: `VaultError.notFound(.restraint)`, `.denied`.
    public func liftRestraint(_ id: ActID, reason: String, as caller: Caller) async throws {
        try await requireWritable()
        guard let row = try await records.read({ try $0.act(id) }), row.kind == .restraint else {
            try await refuse(.notFound(.restraint), Event(.accessDenied, by: caller).on(["act": "\(id)"]))
        }
        let (scene, asking) = try await authorise("restraint.place", about: row.child, caller)
        let reason = try PlainText.paragraph(reason, field: "reason", atLeast: 10)
        try await enact(about: row.child, by: caller, also: { try $0.requirePlace(asking, scene) }) { standing, _ in
            guard let restraint = standing.restraints[id], restraint.person != caller.person else {
                throw VaultError.notFound(.restraint)
            }
            var act = try NewAct(
                .end, id: ActID(from: environment.random), EndBody(reason: reason),
                Event(.restraintLifted, by: caller, party: asking.place.party).on(["person": "\(restraint.person)"]))
            act.refers = id
            act.person = restraint.person
            return [act]
        }
    }

    public func restraints(about child: ChildID, as caller: Caller) async throws -> [RestraintSummary] {
        let (scene, _) = try await authorise("restraint.place", about: child, caller)
        let people = try await records.read { try $0.people() }
        let names = try usernames(of: people)
        try await log(
            Event(.accessExplained, by: caller).about(child).on(["list": "restraints"]), childKey: scene.childKey)
        return scene.standing.restraints.filter { scene.now < $0.value.until }
            .sorted { $0.value.from < $1.value.from }
            .map { id, restraint in
                RestraintSummary(
                    id: "\(id)", username: names["\(restraint.person)"] ?? "", ground: restraint.ground,
                    categories: restraint.categories.map(\.rawValue).sorted(), reason: restraint.reason,
                    from: restraint.from.text, until: restraint.until == .never ? nil : restraint.until.text)
            }
    }
}
