internal import Ledger
public import Rules
public import Storage

/// A case and its present team, opened for someone who may see it.
public struct Case: Hashable, Sendable, Codable {
    public struct Member: Hashable, Sendable, Codable {
        public let username: String
        public let name: String
        public let role: String
        public let party: String
        public let isCurrent: Bool
    }

    public let id: String
    public let child: String
    public let childName: String
    public let purpose: String
    public let isOpen: Bool
    public let team: [Member]
}

extension DocumentVault {
    /// Opens a case and puts whoever opens it on its team.
    ///
    /// - Throws: `VaultError.notFound(.child)`, `.denied(.unknownPurpose)`.
    public func openCase(for child: ChildID, purpose: Purpose, as caller: Caller) async throws -> CaseID {
        try await authorise("case.open", caller)
        guard agreement.purposes.contains(purpose) else { throw VaultError.denied(.unknownPurpose(purpose)) }
        guard try await records.read({ try $0.child(child) }) != nil, let key = try await childKey(child),
            try await !isBarred(from: child, caller)
        else { try await refuse(.notFound(.child), Event(.accessDenied, by: caller).on(["child": "\(child)"])) }
        guard
            let lead = caller.memberships.first(where: { agreement.gives("case.open", to: $0.role) })
        else { throw VaultError.denied(.dutyNotHeld("case.open")) }

        let id = CaseID(from: environment.random)
        let now = environment.now()
        let rows = [
            try row(Event(.caseOpened, by: caller).about(child).on(["case": "\(id)"]), childKey: key),
            try row(
                Event(.teamAdded, by: caller).about(child).on([
                    "case": "\(id)", "person": "\(caller.person)", "role": lead.role.rawValue,
                ]), childKey: key),
        ]
        try await records.write { transaction in
            try transaction.put(CaseRow(id: id, child: child, purpose: purpose, opened: now, closed: nil))
            try transaction.put(
                TeamRow(
                    caseID: id, person: caller.person, organisation: lead.organisation, role: lead.role, added: now,
                    removed: nil))
            for row in rows { _ = try transaction.append(row) }
        }
        return id
    }

    /// - Throws: `VaultError.notFound(.theCase)` to anyone who is neither on the team nor leads cases.
    public func showCase(_ id: CaseID, as caller: Caller) async throws -> Case {
        try await requireWritable()
        let scene = try await requireCase(id, caller)
        let (row, key) = (scene.theCase, scene.childKey)
        let (team, child) = try await records.read { transaction in
            let team = try transaction.team(of: id).map { member in
                (member, try transaction.person(member.person), try transaction.organisation(member.organisation))
            }
            return (team, try transaction.child(row.child))
        }
        let event = Event(.caseShown, by: caller).about(row.child).on(["case": "\(id)"])
        try await log(event.with(scene.manner(of: scene.askings.first)), childKey: key)
        let members = try team.map { member, person, organisation in
            let names = try person.map(names(of:))
            return Case.Member(
                username: names?.username ?? "", name: names?.name ?? "", role: member.role.rawValue,
                party: organisation?.party.rawValue ?? "", isCurrent: member.removed == nil)
        }
        return Case(
            id: "\(id)", child: "\(row.child)", childName: try child.map { try Self.open($0, key).name } ?? "",
            purpose: row.purpose.rawValue, isOpen: row.closed == nil, team: members)
    }

    /// Ends a case: from now on nothing is deposited in it, and after the days that the agreement names its team has no access.
    public func closeCase(_ id: CaseID, as caller: Caller) async throws {
        try await authorise("case.close", caller)
        let key = try await requireCase(id, caller).childKey
        let now = environment.now()
        let row = try row(
            Event(.caseClosed, by: caller).about(key.child).on(["case": "\(id)"]), childKey: key)
        try await records.write { transaction in
            guard var theCase = try transaction.theCase(id) else { throw VaultError.notFound(.theCase) }
            guard theCase.closed == nil else { throw VaultError.caseClosed }
            theCase.closed = now
            try transaction.put(theCase)
            _ = try transaction.append(row)
        }
    }

    /// Puts a person on the team in a role that he or she holds. The lead of an organisation that works on the case may do so for
    /// the organisation's own people, in a role that one of them has on the case already.
    ///
    /// - Throws: `VaultError.alreadyOnTeam`, `.caseClosed`, `.invalid` when the person has not that role.
    public func addToTeam(_ username: String, role: Role, of id: CaseID, as caller: Caller) async throws {
        let (scene, delegate) = try await requireTeamLead(id, caller)
        let person = try await person(named: username)
        if scene.agreement.capacity(of: role) == .youngPerson,
            (scene.standing.youngPersonFrom.map { $0 > scene.today } ?? true)
        {
            throw VaultError.invalid(field: "role", reason: "the rights have not passed to the young person yet")
        }
        let row = try row(
            Event(.teamAdded, by: caller).about(scene.child).on([
                "case": "\(id)", "person": "\(person)", "role": role.rawValue,
            ]), childKey: scene.childKey)
        let now = environment.now()
        try await records.write { transaction in
            guard try transaction.theCase(id)?.closed == nil else { throw VaultError.caseClosed }
            guard try transaction.person(person)?.disabled == nil else {
                throw VaultError.invalid(field: "person", reason: "the account is disabled")
            }
            let places = try transaction.heldPlaces(of: person)
            guard let place = places.first(where: { $0.role == role }) else {
                throw VaultError.invalid(field: "role", reason: "this person does not have it")
            }
            let team = try transaction.team(of: id).filter { $0.removed == nil }
            if let delegate {
                guard team.contains(where: { $0.organisation == delegate && $0.role == role }),
                    place.organisation == delegate
                else { throw VaultError.denied(.dutyNotHeld("case.team")) }
            }
            guard !team.contains(where: { $0.person == person && $0.role == role }) else {
                throw VaultError.alreadyOnTeam
            }
            try transaction.put(
                TeamRow(
                    caseID: id, person: person, organisation: place.organisation, role: role, added: now,
                    removed: nil))
            _ = try transaction.append(row)
        }
    }

    /// Takes a person off the team, in every role, and ends the person's tasks on the case. It works at the next read.
    public func removeFromTeam(_ username: String, of id: CaseID, as caller: Caller) async throws {
        let (scene, delegate) = try await requireTeamLead(id, caller)
        let person = try await person(named: username)
        let row = try row(
            Event(.teamRemoved, by: caller).about(scene.child).on(["case": "\(id)", "person": "\(person)"]),
            childKey: scene.childKey)
        let now = environment.now()
        let leaving: @Sendable (WriteTransaction) throws -> Void = { transaction in
            let members = try transaction.team(of: id, person: person)
            guard !members.isEmpty, delegate == nil || members.allSatisfy({ $0.organisation == delegate }) else {
                throw VaultError.notFound(.person)
            }
            try transaction.leave(members, at: now)
            _ = try transaction.append(row)
        }
        try await enact(about: scene.child, by: caller, also: leaving) { standing, _ in
            try standing.grants.filter { $0.value.caseID == id && $0.value.person == person }
                .map { try ending($0.key, $0.value, "The person left the case's team.", caller) }
        }
    }

    /// Someone who makes up teams: whose role does so, or, with the organisation for which that is all, the lead of an organisation
    /// that works on the case.
    private func requireTeamLead(
        _ id: CaseID, _ caller: Caller
    ) async throws -> (Scene, delegateOf: OrganisationID?) {
        try await requireWritable()
        let agreement = agreement
        let event = Event(.accessDenied, by: caller).on(["case": "\(id)"])
        let (row, team) = try await records.read { transaction in
            (try transaction.theCase(id), try transaction.team(of: id).filter { $0.removed == nil })
        }
        guard let row, let scene = try await scene(row, caller, knowingAge: true), !scene.isBarred else {
            try await refuse(.notFound(.theCase), event)
        }
        if agreement.gives("case.team", to: caller.roles) { return (scene, nil) }
        let lead = caller.memberships.first { place in
            agreement.gives("team.delegate", to: place.role) && team.contains { $0.organisation == place.organisation }
        }
        guard let lead else {
            let error = scene.isOnCase ? VaultError.denied(.dutyNotHeld("case.team")) : .notFound(.theCase)
            try await refuse(error, event)
        }
        return (scene, lead.organisation)
    }

    /// The case, for someone on its team or who leads cases; everyone else gets, and leaves, the trace of a refusal.
    private func requireCase(_ id: CaseID, _ caller: Caller) async throws -> Scene {
        let row = try await records.read { try $0.theCase(id) }
        let leads = agreement.gives("case.team", to: caller.roles)
        guard let row, let scene = try await scene(row, caller), !scene.isBarred,
            scene.isOnCase || leads || scene.hasEmergency
        else { try await refuse(.notFound(.theCase), Event(.accessDenied, by: caller).on(["case": "\(id)"])) }
        return scene
    }
}

extension WriteTransaction {
    /// Ends places on a team.
    func leave(_ members: [TeamRow], at now: Instant) throws {
        for var member in members {
            member.removed = now
            try put(member)
        }
    }
}
