internal import Rules
internal import Sealing
internal import Storage

/// What the acts about a child amount to: consents, releases, tasks, restraints, emergencies and the young person's choices.
///
/// It is read from the records for every operation. What runs out is judged at the moment it is asked about.
struct Standing: Sendable {
    /// The ledger entry of the newest act: while it stays the same, so does everything here.
    var head: UInt64?
    /// The day on which rights pass from the parents to the young person.
    var youngPersonFrom: Day?
    var lacksCapacity = false
    var consents: [ActID: ConsentRecord] = [:]
    var released: [RenditionID: ActID] = [:]
    var grants: [ActID: TaskGrant] = [:]
    var restraints: [ActID: PersonalRestraint] = [:]
    var emergencies: [ActID: EmergencyGrant] = [:]
    var choices: [PersonID: ParentChoice] = [:]
    /// Those that have not been lifted.
    var restrictions: [ActID: PlacedRestriction] = [:]
    /// The oldest first.
    var statements: [AddedStatement] = []
}

/// A consent from its first event to its newest.
struct ConsentRecord: Sendable {
    struct Event: Sendable {
        let state: ConsentState
        let time: Instant
        let note: String?
    }

    let terms: ConsentTerms
    let recordedBy: String
    let roles: Set<Role>
    let categories: Set<Category>
    let person: PersonID?
    let giver: PersonID?
    /// The day of the first event.
    let givenOn: Day
    var events: [Event]

    func state(on day: Day, in standing: Standing) -> ConsentState {
        ConsentFacts(
            newest: events.last?.state ?? .refused, until: terms.until, capacity: terms.capacity, givenOn: givenOn,
            youngPersonFrom: standing.youngPersonFrom, lacksCapacity: standing.lacksCapacity
        ).state(on: day)
    }
}

/// A task given to one person, in one role and for one purpose.
struct TaskGrant: Sendable {
    let person: PersonID
    let organisation: OrganisationID
    let role: Role
    let purpose: Purpose
    let caseID: CaseID
    let documents: Set<DocumentID>
    let categories: Set<Category>
    let from: Instant
    let until: Instant

    func runs(at now: Instant) -> Bool { from <= now && now < until }

    func names(_ document: DocumentRow) -> Bool {
        document.caseID == caseID && (documents.contains(document.id) || categories.contains(document.category))
    }
}

/// A court order or risk flag against one person.
struct PersonalRestraint: Sendable {
    let person: PersonID
    let ground: RestraintGround
    /// Empty: all.
    let categories: Set<Category>
    let reason: String
    let from: Instant
    let until: Instant

    func binds(at now: Instant, _ category: Category) -> Bool {
        now < until && (categories.isEmpty || categories.contains(category))
    }
}

/// Emergency access to a child's papers, and what became of the debt.
struct EmergencyGrant: Sendable {
    let person: PersonID
    let organisation: OrganisationID
    let role: Role
    let reason: String
    let opened: Instant
    let until: Instant
    var review: ReviewBody?
    /// Until when the family's view of it is delayed.
    var hiddenUntil: Day?

    /// Until its end, and no longer than until somebody judges it unjustified.
    func runs(at now: Instant) -> Bool { opened <= now && now < until && review?.outcome != .unjustified }
}

extension Standing {
    /// `acts`: every act about the child, in their order.
    /// `day`: the civil day of a moment.
    ///
    /// - Throws: `SealingError.notAuthentic`, `DecodingError` for a body that is not as it was written.
    init(acts: [ActRow], born: Day?, key: ChildKey, day: (Instant) -> Day) throws {
        youngPersonFrom = born.flatMap(CompulsorySchoolAge.youngPersonFrom)
        guard !acts.isEmpty else { return }
        let fields = key.fields
        for act in acts {
            try add(act, fields, day)
            head = act.entry
        }
    }

    /// What stands after one act more. The head is for whoever knows the act's entry to set.
    mutating func add(_ act: ActRow, _ fields: Key, _ day: (Instant) -> Day) throws {
        switch act.kind {
        case .consent: try addConsent(act, try act.body(as: ConsentBody.self, with: fields), day)
        case .release:
            let body = try act.body(as: ReleaseBody.self, with: fields)
            if let rendition = RenditionID(body.rendition) { released[rendition] = act.id }
        case .grant: grants[act.id] = try TaskGrant(act, try act.body(as: GrantBody.self, with: fields))
        case .restraint:
            restraints[act.id] = try PersonalRestraint(act, try act.body(as: RestraintBody.self, with: fields))
        case .emergency:
            emergencies[act.id] = try EmergencyGrant(act, try act.body(as: EmergencyBody.self, with: fields))
        case .review:
            try act.refers.map { emergencies[$0]?.review = try act.body(as: ReviewBody.self, with: fields) }
        case .delay:
            try act.refers.map { emergencies[$0]?.hiddenUntil = try act.body(as: DelayBody.self, with: fields).until }
        case .choice:
            try act.person.map { choices[$0] = try act.body(as: ChoiceBody.self, with: fields).choice }
        case .capacity: lacksCapacity = try act.body(as: CapacityBody.self, with: fields).lacksCapacity
        case .fact: return  // It decides how long things are kept, not who may see them.
        case .restriction:
            restrictions[act.id] = try PlacedRestriction(act, try act.body(as: RestrictionBody.self, with: fields))
        case .leave:
            try addLeave(act, try act.body(as: LeaveBody.self, with: fields))
        case .telling:
            try act.refers.map { restrictions[$0]?.told = try act.body(as: TellingBody.self, with: fields) }
        case .statement: statements.append(AddedStatement(act, try act.body(as: StatementBody.self, with: fields)))
        case .end: act.refers.map { end($0) }
        }
    }

    private mutating func addConsent(_ act: ActRow, _ body: ConsentBody, _ day: (Instant) -> Day) throws {
        let event = ConsentRecord.Event(state: body.event, time: act.added, note: body.note)
        if let first = act.refers {
            consents[first]?.events.append(event)
        } else if let terms = body.terms {
            consents[act.id] = ConsentRecord(
                terms: terms, recordedBy: body.recordedBy ?? "", roles: Set(terms.roles.map(Role.init(rawValue:))),
                categories: Set(terms.categories.map(Category.init(rawValue:))),
                person: terms.person.flatMap { PersonID($0) }, giver: terms.giverPerson.flatMap { PersonID($0) },
                givenOn: day(act.added), events: [event])
        }
    }

    private mutating func end(_ act: ActID) {
        if let rendition = released.first(where: { $0.value == act })?.key { released[rendition] = nil }
        grants[act] = nil
        restraints[act] = nil
        endRestriction(act)
    }
}

extension TaskGrant {
    fileprivate init(_ act: ActRow, _ body: GrantBody) throws {
        guard let person = act.person, let organisation = OrganisationID(body.organisation),
            let caseID = CaseID(body.caseID)
        else { throw StorageError.damagedStore(store: "acts table") }
        self.person = person
        self.organisation = organisation
        self.caseID = caseID
        role = Role(rawValue: body.role)
        purpose = Purpose(rawValue: body.purpose)
        documents = Set(body.documents.compactMap { DocumentID($0) })
        categories = Set(body.categories.map(Category.init(rawValue:)))
        from = act.added
        until = act.until ?? act.added
    }
}

extension PersonalRestraint {
    fileprivate init(_ act: ActRow, _ body: RestraintBody) throws {
        guard let person = act.person else { throw StorageError.damagedStore(store: "acts table") }
        self.person = person
        ground = body.ground
        categories = Set(body.categories.map(Category.init(rawValue:)))
        reason = body.reason
        from = act.added
        until = act.until ?? .never
    }
}

extension EmergencyGrant {
    fileprivate init(_ act: ActRow, _ body: EmergencyBody) throws {
        guard let person = act.person, let organisation = OrganisationID(body.organisation) else {
            throw StorageError.damagedStore(store: "acts table")
        }
        self.person = person
        self.organisation = organisation
        role = Role(rawValue: body.role)
        reason = body.reason
        opened = act.added
        until = act.until ?? act.added
    }
}

extension Standing {
    /// The kinds of consent that stand on a day for this role, person, category and purpose.
    func consents(
        for role: Role, _ person: PersonID, _ category: Category, _ purpose: Purpose, on day: Day
    ) -> ConsentKinds {
        var kinds: ConsentKinds = []
        guard !consents.isEmpty else { return kinds }
        for record in consents.values
        where record.roles.contains(role) && record.categories.contains(category)
            && record.terms.purpose == purpose.rawValue
        {
            guard record.person == nil || record.person == person, record.state(on: day, in: self) == .given else {
                continue
            }
            kinds.insert(ConsentKinds(record.terms.kind))
        }
        return kinds
    }

    /// The kinds of consent that stand on a day for anybody of each role.
    func consentedRoles(_ category: Category, on day: Day) -> [Role: ConsentKinds] {
        var roles: [Role: ConsentKinds] = [:]
        for record in consents.values
        where record.categories.contains(category) && record.state(on: day, in: self) == .given {
            for role in record.roles { roles[role, default: []].insert(ConsentKinds(record.terms.kind)) }
        }
        return roles
    }

    /// The task that gives the person this document, in this role; for the purpose, when one is named.
    func task(
        for person: PersonID, _ place: Caller.Place, _ document: DocumentRow, _ purpose: Purpose?, at now: Instant
    ) -> TaskGrant? {
        grants.values.filter { grant in
            grant.person == person && grant.organisation == place.organisation && grant.role == place.role
                && grant.runs(at: now) && grant.names(document) && (purpose == nil || purpose == grant.purpose)
        }.max { $0.until < $1.until }
    }

    func taskedRoles(_ document: DocumentRow, at now: Instant) -> Set<Role> {
        grants.isEmpty ? [] : Set(grants.values.filter { $0.runs(at: now) && $0.names(document) }.map(\.role))
    }

    func emergency(for person: PersonID, _ place: Caller.Place, at now: Instant) -> Bool {
        emergencies.values.contains {
            $0.person == person && $0.organisation == place.organisation && $0.role == place.role && $0.runs(at: now)
        }
    }

    /// How far the person may go at most, whatever the rules say; `nil` when nothing holds the person back.
    func restraint(
        on person: PersonID, _ role: Role, _ category: Category, _ agreement: Agreement, at now: Instant, _ day: Day
    ) -> Restraint? {
        if restraints.values.contains(where: { $0.person == person && $0.binds(at: now, category) }) {
            return Restraint(.protection, reach: .none)
        }
        return parentalRestraint(on: person, role, agreement, day)
    }

    /// How far a parent may go once the rights have passed to the young person.
    func parentalRestraint(on person: PersonID, _ role: Role, _ agreement: Agreement, _ day: Day) -> Restraint? {
        guard agreement.capacity(of: role) == .parent, let from = youngPersonFrom, day >= from, !lacksCapacity else {
            return nil
        }
        switch choices[person] {
        case .act: return nil
        case .view: return Restraint(.youngPerson, reach: .read)
        case .notices: return Restraint(.youngPerson, reach: .see)
        case ParentChoice.none?: return Restraint(.youngPerson, reach: .none)
        case nil:
            // For a while after the day a parent may go on reading, so that nobody is cut off by a date alone.
            let grace = from.adding(days: agreement.limits.youngPersonGraceDays) ?? from
            return Restraint(.youngPerson, reach: day < grace ? .read : .none)
        }
    }

    /// Whether a court order or a risk flag keeps the person from everything about the child.
    func bars(_ person: PersonID, at now: Instant) -> Bool {
        restraints.values.contains { $0.person == person && $0.categories.isEmpty && now < $0.until }
    }

    /// The moments at which something here changes by itself.
    func turningDays() -> [Day] {
        let lapses = consents.values.compactMap { $0.terms.until.adding(days: 1) }
        return lapses + (youngPersonFrom.map { [$0] } ?? [])
    }
}

extension Agreement {
    /// Whether the day is within the agreement's term.
    func covers(_ day: Day) -> Bool { from <= day && day <= until }
}
