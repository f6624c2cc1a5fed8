internal import Ledger
public import Rules
public import Storage

/// A task to be given to one person: for named documents or whole categories of one case, for one purpose, until a day.
public struct NewTask: Sendable {
    public let username: String
    public let role: Role
    public let caseID: CaseID
    public let documents: Set<DocumentID>
    public let categories: Set<Category>
    public let purpose: Purpose
    /// The last day.
    public let until: Day

    public init(
        username: String, role: Role, caseID: CaseID, documents: Set<DocumentID>, categories: Set<Category>,
        purpose: Purpose, until: Day
    ) {
        self.username = username
        self.role = role
        self.caseID = caseID
        self.documents = documents
        self.categories = categories
        self.purpose = purpose
        self.until = until
    }
}

/// A task as it is listed.
public struct TaskSummary: Hashable, Sendable, Codable {
    public let id: String
    public let username: String
    public let role: String
    public let purpose: String
    public let caseID: String
    public let documents: [String]
    public let categories: [String]
    public let from: String
    public let until: String
    public let isRunning: Bool
}

extension DocumentVault {
    /// Gives one person a task, in a role that he or she has. Nobody gives one to oneself; the lead of an organisation gives them to
    /// its own people, for its own documents.
    ///
    /// - Throws: `VaultError.notFound`, `.denied`, `.needsAnother`, `.invalid`, `.reviewOverdue`.
    public func grantTask(_ task: NewTask, as caller: Caller) async throws -> ActID {
        try await requireWritable()
        let (scene, asking) = try await requireGranter(task.caseID, caller)
        let grantee = try await person(named: task.username)
        guard grantee != caller.person else { throw VaultError.needsAnother("Giving you a task") }
        let (places, isGone) = try await records.read { transaction in
            (try transaction.caller(grantee).memberships, try transaction.person(grantee)?.disabled != nil)
        }
        guard !isGone else { throw VaultError.invalid(field: "person", reason: "the account is disabled") }
        guard let place = places.first(where: { $0.role == task.role }) else {
            throw VaultError.invalid(field: "role", reason: "this person does not have it")
        }
        try check(task, scene.agreement)
        if place.party != asking.place.party { try requireNewSharing() }
        let isDelegate = isDelegate(asking, scene.agreement)
        guard !isDelegate || place.organisation == asking.place.organisation else {
            throw VaultError.invalid(field: "person", reason: "a lead gives tasks to people of the own organisation")
        }
        let id = ActID(from: environment.random)
        let body = GrantBody(
            role: task.role.rawValue, organisation: "\(place.organisation)", purpose: task.purpose.rawValue,
            caseID: "\(task.caseID)", documents: task.documents.map { "\($0)" }.sorted(),
            categories: task.categories.map(\.rawValue).sorted())
        let event = Event(.taskGranted, by: caller, party: asking.place.party)
            .on(["case": "\(task.caseID)", "person": "\(grantee)"])
            .with(["role": task.role.rawValue, "purpose": task.purpose.rawValue, "until": "\(task.until)"])
        let end = environment.start(of: task.until.adding(days: 1) ?? task.until)
        try await enact(about: scene.child, by: caller, also: { try $0.requirePlace(asking, scene) }) { _, snapshot in
            for document in task.documents {
                guard let row = snapshot.documents[document], row.caseID == task.caseID,
                    !isDelegate || row.organisation == asking.place.organisation
                else { throw VaultError.notFound(.document) }
            }
            guard !isDelegate || task.categories.isEmpty else {
                throw VaultError.invalid(field: "category", reason: "a lead names documents of the own organisation")
            }
            var act = try NewAct(.grant, id: id, body, event)
            act.person = grantee
            act.until = end
            return [act]
        }
        return id
    }

    /// Ends a task before its time.
    ///
    /// - Throws: `VaultError.notFound(.task)`, `.denied`.
    public func endTask(_ id: ActID, reason: String, as caller: Caller) async throws {
        try await requireWritable()
        let reason = try PlainText.paragraph(reason, field: "reason")
        guard let act = try await records.read({ try $0.act(id) }), act.kind == .grant,
            let grant = try standing(try await snapshot(of: act.child)).grants[id]
        else { try await refuse(.notFound(.task), Event(.accessDenied, by: caller).on(["act": "\(id)"])) }
        let (scene, asking) = try await requireGranter(grant.caseID, caller)
        guard reaches(asking, grant, scene.agreement) else {
            try await refuse(.notFound(.task), Event(.accessDenied, by: caller).on(["act": "\(id)"]))
        }
        try await enact(about: act.child, by: caller, also: { try $0.requirePlace(asking, scene) }) { standing, _ in
            guard let grant = standing.grants[id] else { throw VaultError.notFound(.task) }
            return [try ending(id, grant, reason, caller)]
        }
    }

    func ending(_ id: ActID, _ grant: TaskGrant, _ reason: String, _ caller: Caller) throws -> NewAct {
        var act = try NewAct(
            .end, id: ActID(from: environment.random), EndBody(reason: reason),
            Event(.taskEnded, by: caller).on(["person": "\(grant.person)", "case": "\(grant.caseID)"]))
        act.refers = id
        act.person = grant.person
        return act
    }

    /// The tasks of a case that have not been ended, the newest last.
    public func tasks(of caseID: CaseID, as caller: Caller) async throws -> [TaskSummary] {
        try await requireWritable()
        let (scene, asking) = try await requireGranter(caseID, caller)
        let people = try await records.read { try $0.people() }
        let names = try usernames(of: people)
        try await log(
            Event(.accessExplained, by: caller).about(scene.child).on(["case": "\(caseID)", "list": "tasks"]),
            childKey: scene.childKey)
        let grants = scene.standing.grants.filter {
            $0.value.caseID == caseID && reaches(asking, $0.value, scene.agreement)
        }
        return grants.sorted { $0.value.from < $1.value.from }
            .map { id, grant in
                TaskSummary(
                    id: "\(id)", username: names["\(grant.person)"] ?? "", role: grant.role.rawValue,
                    purpose: grant.purpose.rawValue, caseID: "\(caseID)",
                    documents: grant.documents.map { "\($0)" }.sorted(),
                    categories: grant.categories.map(\.rawValue).sorted(), from: grant.from.text,
                    until: grant.until.text, isRunning: grant.runs(at: scene.now))
            }
    }

    /// Someone with the duty to give tasks: on the case, leading cases, in the rights office, or the lead of an organisation that
    /// works on the case.
    private func requireGranter(_ caseID: CaseID, _ caller: Caller) async throws -> (Scene, Asking) {
        guard let theCase = try await records.read({ try $0.theCase(caseID) }),
            let scene = try await scene(theCase, caller), !scene.isBarred
        else { try await refuse(.notFound(.theCase), Event(.accessDenied, by: caller).on(["case": "\(caseID)"])) }
        let present = try await records.read { try $0.team(of: caseID).filter { $0.removed == nil } }
        let organisations = Set(present.map(\.organisation))
        let agreement = scene.agreement
        let asking = scene.askings.first { asking in
            let place = asking.place
            return agreement.gives("task.grant", to: place.role)
                && (asking.isOnCase || place.party == .rights || agreement.gives("case.team", to: place.role)
                    || (agreement.gives("team.delegate", to: place.role)
                        && organisations.contains(place.organisation)))
        }
        guard let asking else {
            let error = scene.isOnCase ? VaultError.denied(.dutyNotHeld("task.grant")) : .notFound(.theCase)
            try await refuse(error, Event(.accessDenied, by: caller).on(["case": "\(caseID)"]))
        }
        return (scene, asking)
    }

    /// Whether it is as the lead of an organisation that somebody gives tasks: to its own people only.
    private func isDelegate(_ asking: Asking, _ agreement: Agreement) -> Bool {
        !agreement.gives("case.team", to: asking.place.role) && asking.place.party != .rights
    }

    private func reaches(_ asking: Asking, _ grant: TaskGrant, _ agreement: Agreement) -> Bool {
        !isDelegate(asking, agreement) || grant.organisation == asking.place.organisation
    }

    private func check(_ task: NewTask, _ agreement: Agreement) throws {
        guard !task.documents.isEmpty || !task.categories.isEmpty else {
            throw VaultError.invalid(field: "task", reason: "name documents or categories")
        }
        for category in task.categories where !agreement.categories.contains(category) {
            throw VaultError.denied(.unknownCategory(category))
        }
        guard agreement.purposes.contains(task.purpose) else {
            throw VaultError.denied(.unknownPurpose(task.purpose))
        }
        let today = environment.today()
        let longest = agreement.limits.taskDays
        guard task.until >= today, today.days(until: task.until) <= longest else {
            throw VaultError.invalid(field: "end", reason: "a task runs from today for at most \(longest) days")
        }
    }
}
