internal import Rules
internal import Storage

/// From where somebody asks: a place on the case's team, or one that the person holds elsewhere.
struct Asking: Hashable, Sendable {
    let place: Caller.Place
    let isOnCase: Bool
}

/// What decisions about one person and one case rest on, besides the document. Everything that is decided goes through it.
struct Scene: Sendable {
    let person: PersonID
    let system: SystemRow?
    let theCase: CaseRow
    let childKey: ChildKey
    let standing: Standing
    let policy: Policy
    /// Places on the case come first.
    let askings: [Asking]
    /// An emergency access of this person waits for its review beyond the day, so none of them serves.
    let isEmergencySuspended: Bool
    let now: Instant
    let today: Day

    var agreement: Agreement { policy.agreement }
    var isOnCase: Bool { askings.contains(where: \.isOnCase) }
    var child: ChildID { theCase.child }

    /// An emergency access of this person to this child runs now.
    var hasEmergency: Bool {
        !isEmergencySuspended && standing.emergencies.values.contains { $0.person == person && $0.runs(at: now) }
    }

    /// In which role somebody looks, and whether it is by an emergency: for the ledger.
    func manner(of asking: Asking?) -> [String: String] {
        guard let asking else { return [:] }
        let role = ["role": asking.place.role.rawValue]
        return hasEmergency && !asking.isOnCase ? role.merging(["emergency": "yes"]) { $1 } : role
    }

    /// A court order, a risk flag or the young person's choice keeps this person from everything about the child, even from that there
    /// is a case.
    var isBarred: Bool {
        standing.bars(person, at: now)
            || isOnCase
                && askings.filter(\.isOnCase).allSatisfy { asking in
                    standing.parentalRestraint(on: person, asking.place.role, agreement, today)?.reach
                        == Restraint.Reach.none
                }
    }
}

/// What the records say of a case and of one person's part in it.
struct SceneRows: Sendable {
    let acts: [ActRow]
    let child: ChildRow?
    let team: [Caller.Place]
}

extension DocumentVault {
    /// `knowingAge`: whether the standing must say when the rights pass, also where no act and no place of the caller depends on it.
    ///
    /// - Returns: `nil` when the child's key has been destroyed.
    func scene(_ theCase: CaseRow, _ caller: Caller, knowingAge: Bool = false) async throws -> Scene? {
        let person = caller.person
        let rows = try await records.read { try $0.sceneRows(theCase, person) }
        return try await scene(theCase, caller, rows, knowingAge: knowingAge)
    }

    func scene(
        _ theCase: CaseRow, _ caller: Caller, _ rows: SceneRows, knowingAge: Bool = false
    ) async throws -> Scene? {
        guard let key = try await childKey(theCase.child), let child = rows.child else { return nil }
        let (acts, team) = (rows.acts, rows.team)
        let agreement = agreement
        let isParent = caller.memberships.contains { agreement.capacity(of: $0.role) == .parent }
        let born =
            knowingAge || isParent || !acts.isEmpty ? try Self.open(child, key).dateOfBirth : nil
        let standing = try Standing(acts: acts, born: born, key: key, day: environment.day)
        return try await scene(theCase, caller, team, key, standing)
    }

    func scene(
        _ theCase: CaseRow, _ caller: Caller, _ team: [Caller.Place], _ key: ChildKey, _ standing: Standing
    ) async throws -> Scene {
        let policy = policies.current
        let today = environment.today()
        let now = environment.now()
        let mayBeSuspended = standing.emergencies.values.contains { $0.person == caller.person && $0.runs(at: now) }
        let places = isOver(theCase, policy.agreement, today) ? [] : team
        let elsewhere = caller.memberships.filter { !places.contains($0) }
        return Scene(
            person: caller.person, system: caller.system, theCase: theCase, childKey: key, standing: standing,
            policy: policy,
            askings: places.map { Asking(place: $0, isOnCase: true) }
                + elsewhere.map { Asking(place: $0, isOnCase: false) },
            isEmergencySuspended: mayBeSuspended ? try await isEmergencySuspended(caller.person) : false, now: now,
            today: today)
    }

    /// Whether the case has been closed for so long that its team has no access any more.
    func isOver(_ theCase: CaseRow, _ agreement: Agreement, _ today: Day) -> Bool {
        guard let closed = theCase.closed else { return false }
        return environment.day(closed).days(until: today) > agreement.limits.closedCaseDays
    }

    func facts(
        _ action: AccessAction, _ document: DocumentRow, _ rendition: RenditionRow?, _ asking: Asking, _ scene: Scene,
        purpose: Purpose? = nil
    ) -> AccessFacts {
        let place = asking.place
        let task = scene.standing.task(for: scene.person, place, document, purpose, at: scene.now)
        let isEmergency =
            !scene.isEmergencySuspended && scene.standing.emergency(for: scene.person, place, at: scene.now)
        // Two parents are two people: in the family, one's own means the person's; elsewhere the organisation's.
        let isOwn =
            place.party == .family
            ? document.depositor == scene.person : document.organisation == place.organisation
        var facts = AccessFacts(
            action, category: document.category, holder: document.holder, labels: Set(document.labels),
            rendition: rendition?.kind ?? .original, caller: place.party, role: place.role,
            purpose: purpose ?? task?.purpose ?? usualPurpose(asking, isEmergency, scene.theCase),
            isOnCase: asking.isOnCase, isOwn: isOwn)
        facts.hasTaskGrant = task != nil
        facts.hasEmergency = isEmergency
        facts.consents = scene.standing.consents(
            for: place.role, scene.person, document.category, facts.purpose, on: scene.today)
        facts.isReleased = rendition.map { scene.standing.released[$0.id] != nil } ?? false
        facts.restraint = scene.standing.restraint(
            on: scene.person, place.role, document.category, scene.agreement, at: scene.now, scene.today)
        facts.restriction = scene.standing.restriction(of: document, for: scene.person, at: scene.now)
        facts.scope = scene.system?.scope
        facts.shared = rendition.flatMap { shared($0.added, scene.agreement, scene.today) }
        return facts
    }

    /// Why the caller asks, where nothing was said: the family takes part, an emergency protects, everyone else works on the
    /// case's purpose.
    private func usualPurpose(_ asking: Asking, _ isEmergency: Bool, _ theCase: CaseRow) -> Purpose {
        if isEmergency, !asking.isOnCase { return "safeguarding" }
        return purpose(of: theCase, for: asking.place.party)
    }

    func decide(
        _ action: AccessAction, _ document: DocumentRow, _ rendition: RenditionRow?, _ asking: Asking, _ scene: Scene,
        purpose: Purpose? = nil
    ) -> AccessDecision {
        scene.agreement.decide(
            facts(action, document, rendition, asking, scene, purpose: purpose), on: scene.today)
    }
}

extension ReadTransaction {
    func sceneRows(_ theCase: CaseRow, _ person: PersonID) throws -> SceneRows {
        SceneRows(
            acts: try acts(of: theCase.child), child: try child(theCase.child),
            team: try places(of: person, on: theCase.id))
    }

    /// That what was decided in a scene still stands: the account, the place, the agreement and the acts about the child.
    func reaffirm(_ scene: Scene, _ asking: Asking) throws {
        guard try person(scene.person)?.disabled == nil else { throw VaultError.accountDisabled }
        guard try system(scene.person) == scene.system else { throw VaultError.systemUnknown }
        guard let theCase = try theCase(scene.theCase.id), theCase == scene.theCase,
            try places(asking, scene).contains(asking.place)
        else { throw VaultError.notFound(.theCase) }
        guard try activePolicy() == scene.policy.entry, try newestAct(of: scene.child) == scene.standing.head else {
            throw VaultError.changedMeanwhile
        }
    }

    private func places(_ asking: Asking, _ scene: Scene) throws -> [Caller.Place] {
        try asking.isOnCase ? places(of: scene.person, on: scene.theCase.id) : caller(scene.person).memberships
    }
}
