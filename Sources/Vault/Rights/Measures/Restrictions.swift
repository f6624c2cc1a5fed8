internal import Ledger
public import Rules
internal import Sealing
public import Storage

/// What is restricted.
public enum RestrictedThing: Hashable, Sendable {
    /// Every document about the child, also what comes later.
    case record
    /// Every document of a case, also what comes later.
    case theCase(CaseID)
    case document(DocumentID)
}

/// A restriction as it is listed, for those who answer requests.
public struct RestrictionSummary: Hashable, Sendable, Codable {
    public struct Leave: Hashable, Sendable, Codable {
        public let id: String
        public let username: String
        public let use: Restriction.Use
        public let until: String
    }

    public let id: String
    public let child: String
    public let request: String
    /// Of one case or one document; else of the whole record.
    public let caseID: String?
    public let document: String?
    public let ground: Restriction.Ground
    public let reason: String
    public let from: String
    /// The day on which the data subject was told that it is to be lifted.
    public let told: Day?
    /// Those that have not run out.
    public let leaves: [Leave]
}

extension DocumentVault {
    /// Takes data out of normal use (UK GDPR Art. 18): nobody reads them but by leave, in an emergency or to answer a request, and nothing of
    /// them is disposed of. Whoever has had them is told (Art. 19), in the same transaction.
    ///
    /// `request`: what it follows from; it must be open, and one that gives such a ground.
    ///
    /// - Throws: `VaultError.denied`, `.notFound`, `.invalid`, `.alreadySo`.
    public func restrict(
        _ what: RestrictedThing, on ground: Restriction.Ground, for request: RightsRequestID, reason: String,
        as caller: Caller
    ) async throws -> ActID {
        let (row, key, asking) = try await requireAnswering(request, caller)
        try requireOpen(row, giving: ground)
        let reason = try PlainText.paragraph(reason, field: "reason", atLeast: 10)
        let (document, theCase) = try await restricted(what, of: row.child)
        let id = ActID(from: environment.random)
        let body = RestrictionBody(
            ground: ground, caseID: theCase.map { "\($0)" }, request: "\(request)", reason: reason)
        let documents = try await records.read { try $0.documents(about: row.child) }.filter { found in
            document.map { $0 == found.id } ?? theCase.map { $0 == found.caseID } ?? true
        }
        let notices = try await notices(.restriction, of: documents, row, key, asking, caller)
        let event = Event(.restrictionPlaced, by: caller, party: asking.place.party)
            .on(["request": "\(request)"].merging(document.map { ["document": "\($0)"] } ?? [:]) { $1 })
            .with(["ground": ground.rawValue])
        try await enact(about: row.child, by: caller, also: { try $0.keep(notices) }) { standing, _ in
            let isThere = standing.restrictions.values.contains {
                $0.request == request && $0.document == document && $0.caseID == theCase && $0.ground == ground
            }
            guard !isThere else { throw VaultError.alreadySo("This is restricted for this request") }
            var act = try NewAct(.restriction, id: id, body, event)
            act.document = document
            return [act]
        }
        return id
    }

    /// Gives one person leave to read restricted data all the same, for one of the uses of UK GDPR Art. 18(2).
    ///
    /// `until`: the last day; no further ahead than a task may run.
    ///
    /// - Throws: `VaultError.denied`, `.notFound`, `.needsAnother` for oneself, `.invalid`.
    public func giveLeave(
        to username: String, for use: Restriction.Use, under restriction: ActID, until: Day, reason: String,
        as caller: Caller
    ) async throws -> ActID {
        let (child, _, asking) = try await requireRestriction(restriction, caller)
        let person = try await person(named: username)
        guard try await records.read({ try $0.individual(person) != $0.individual(caller.person) }) else {
            throw VaultError.needsAnother("Giving you leave")
        }
        let reason = try PlainText.paragraph(reason, field: "reason", atLeast: 10)
        let today = environment.today()
        guard until >= today, today.days(until: until) <= agreement.limits.taskDays else {
            throw VaultError.invalid(
                field: "end", reason: "leave runs from today for at most \(agreement.limits.taskDays) days")
        }
        let id = ActID(from: environment.random)
        let event = Event(.restrictionLeaveGiven, by: caller, party: asking.place.party)
            .on(["person": "\(person)", "restriction": "\(restriction)"])
            .with(["use": use.rawValue, "until": "\(until)"])
        let end = environment.start(of: until.adding(days: 1) ?? until)
        try await enact(about: child, by: caller) { standing, _ in
            guard standing.restrictions[restriction] != nil else { throw VaultError.notFound(.restriction) }
            var act = try NewAct(.leave, id: id, LeaveBody(use: use, reason: reason), event)
            act.person = person
            act.refers = restriction
            act.until = end
            return [act]
        }
        return id
    }

    /// Ends leave before its time.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.restriction)`.
    public func endLeave(
        _ leave: ActID, under restriction: ActID, reason: String, as caller: Caller
    ) async throws {
        let (child, _, asking) = try await requireRestriction(restriction, caller)
        let reason = try PlainText.paragraph(reason, field: "reason", atLeast: 5)
        let event = Event(.restrictionLeaveEnded, by: caller, party: asking.place.party)
            .on(["restriction": "\(restriction)"])
        try await enact(about: child, by: caller) { standing, _ in
            guard let given = standing.restrictions[restriction]?.leaves[leave] else {
                throw VaultError.notFound(.restriction)
            }
            var act = try NewAct(.end, id: ActID(from: environment.random), EndBody(reason: reason), event)
            act.refers = leave
            act.person = given.person
            return [act]
        }
    }

    /// Writes down that the data subject was told that a restriction is to be lifted: UK GDPR Art. 18(3) asks for it before.
    ///
    /// `day`: when; today when `nil`.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.restriction)`, `.invalid`.
    public func tellSubject(
        of restriction: ActID, on day: Day? = nil, how: String, as caller: Caller
    ) async throws {
        let (child, placed, asking) = try await requireRestriction(restriction, caller)
        let (today, how) = (environment.today(), try PlainText.paragraph(how, field: "how", atLeast: 5))
        let day = day ?? today
        guard environment.day(placed.from) <= day, day <= today else {
            throw VaultError.invalid(field: "day", reason: "it is not between the restriction and today")
        }
        let body = TellingBody(on: day, how: how, by: "\(caller.person)")
        let event = Event(.subjectTold, by: caller, party: asking.place.party).on(["restriction": "\(restriction)"])
        try await enact(about: child, by: caller) { standing, _ in
            guard standing.restrictions[restriction] != nil else { throw VaultError.notFound(.restriction) }
            var act = try NewAct(.telling, id: ActID(from: environment.random), body, event)
            act.refers = restriction
            return [act]
        }
    }

    /// Lifts a restriction, once the data subject was told, by somebody else than who wrote that down.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.restriction)`, `.invalid` before the subject was told, `.needsAnother`.
    public func liftRestriction(_ restriction: ActID, reason: String, as caller: Caller) async throws {
        let (child, placed, asking) = try await requireRestriction(restriction, caller, "request.approve")
        _ = try await requireSession(caller)
        let reason = try PlainText.paragraph(reason, field: "reason", atLeast: 10)
        try await requireObjectionOver(placed, child)
        guard let told = placed.told, let teller = PersonID(told.by) else {
            throw VaultError.invalid(
                field: "restriction", reason: "the data subject must be told first: `muniment restriction tell`")
        }
        let event = Event(.restrictionLifted, by: caller, party: asking.place.party).on([
            "request": "\(placed.request)"
        ])
        let also: @Sendable (WriteTransaction) throws -> Void = {
            try $0.requireTwo(teller, caller.person, "Lifting a restriction of which you told the data subject")
        }
        try await enact(about: child, by: caller, also: also) { standing, _ in
            guard standing.restrictions[restriction]?.told != nil else { throw VaultError.notFound(.restriction) }
            var act = try NewAct(.end, id: ActID(from: environment.random), EndBody(reason: reason), event)
            act.refers = restriction
            act.document = placed.document
            return [act]
        }
    }

    /// Restrictions that stand: of one child, or all.
    ///
    /// - Throws: `VaultError.denied`.
    public func restrictions(about child: ChildID? = nil, as caller: Caller) async throws -> [RestrictionSummary] {
        try await authorise("request.answer", caller)
        let (live, people) = try await records.read { (try $0.liveRestrictions(), try $0.people()) }
        let names = try usernames(of: people)
        var found: [RestrictionSummary] = []
        for owner in Set(live.map(\.child)) where child == nil || child == owner {
            guard try await childKey(owner) != nil, try await !isBarred(from: owner, caller) else { continue }
            let standing = try standing(try await snapshot(of: owner))
            found += standing.restrictions.map { RestrictionSummary($0, $1, of: owner, names, at: environment.now()) }
        }
        try await log(Event(.restrictionsListed, by: caller).with(["shown": String(found.count)]))
        return found.sorted { ($0.from, $0.id) < ($1.from, $1.id) }
    }

    /// How many restrictions stand, of all children: for whoever accounts for them.
    func liveRestrictionCount() async throws -> Int { try await records.read { try $0.liveRestrictions().count } }

    /// The restriction, for somebody who has a hand in the answer to its request; one answer for absent, lifted and not theirs.
    private func requireRestriction(
        _ id: ActID, _ caller: Caller, _ duty: Duty = "request.answer"
    ) async throws -> (ChildID, PlacedRestriction, Asking) {
        try await requireWritable()
        guard let act = try await records.read({ try $0.act(id) }), act.kind == .restriction,
            try await childKey(act.child) != nil,
            let placed = try standing(try await snapshot(of: act.child)).restrictions[id]
        else { try await refuse(.notFound(.restriction), Event(.accessDenied, by: caller).on(["act": "\(id)"])) }
        do {
            let (_, _, asking) = try await requireAnswering(placed.request, caller, duty)
            return (act.child, placed, asking)
        } catch VaultError.notFound(.request) {
            throw VaultError.notFound(.restriction)
        }
    }

    /// That the request is open and of a kind that gives the ground.
    private func requireOpen(_ row: RightsRequestRow, giving ground: Restriction.Ground) throws {
        try requireOpen(row)
        guard let kind = RequestKind(rawValue: row.kind), ground.requests.contains(kind) else {
            throw VaultError.invalid(field: "ground", reason: "a request of this kind gives none such")
        }
    }

    func requireOpen(_ row: RightsRequestRow) throws {
        guard row.state != RequestState.closed.rawValue else {
            throw VaultError.rights(.rules(.notNow(.closed, "open a new request.")))
        }
    }

    private func restricted(_ what: RestrictedThing, of child: ChildID) async throws -> (DocumentID?, CaseID?) {
        switch what {
        case .record: return (nil, nil)
        case .theCase(let id):
            guard try await records.read({ try $0.theCase(id) })?.child == child else {
                throw VaultError.notFound(.theCase)
            }
            return (nil, id)
        case .document(let id):
            guard try await records.read({ try $0.document(id) })?.child == child else {
                throw VaultError.notFound(.document)
            }
            return (id, nil)
        }
    }
}

extension RestrictionSummary {
    fileprivate init(
        _ id: ActID, _ placed: PlacedRestriction, of child: ChildID, _ names: [String: String], at now: Instant
    ) {
        self.id = "\(id)"
        self.child = "\(child)"
        request = "\(placed.request)"
        caseID = placed.caseID.map { "\($0)" }
        document = placed.document.map { "\($0)" }
        ground = placed.ground
        reason = placed.reason
        from = placed.from.text
        told = placed.told?.on
        leaves = placed.leaves.filter { now < $0.value.until }.map { id, leave in
            Leave(
                id: "\(id)", username: names["\(leave.person)"] ?? "", use: leave.use,
                until: Instant(milliseconds: leave.until.milliseconds - 1).text)
        }.sorted { ($0.until, $0.id) < ($1.until, $1.id) }
    }
}
