internal import Ledger
public import Rules
public import Storage

/// An emergency access as it is listed.
public struct Emergency: Hashable, Sendable, Codable {
    public let id: String
    public let child: String
    public let username: String
    public let role: String
    public let party: String
    public let reason: String
    public let opened: String
    public let until: String
    public let isRunning: Bool
    /// The day by which somebody else must have reviewed it.
    public let reviewBy: Day
    public let isOverdue: Bool
    public let outcome: ReviewOutcome?
    public let note: String?
    /// The family sees it from the day after this one.
    public let hiddenUntil: Day?
    /// The child's cases.
    public let cases: [String]
}

extension DocumentVault {
    /// Opens emergency access to one child's papers: for reading only, for a few hours, and never to what a label withholds.
    ///
    /// It never waits for anybody: the rights offices are told, and somebody else reviews it within one working day.
    ///
    /// - Throws: `VaultError.notFresh` without a recent sign-in, `.invalid` for too short a reason, `.emergencySuspended`,
    ///   `.denied`, `.notFound(.child)`.
    public func openEmergency(for child: ChildID, reason: String, as caller: Caller) async throws -> Emergency {
        try await authorise("emergency.open", caller)
        let limits = agreement.limits
        let now = environment.now()
        guard let signedIn = caller.signedIn, now < signedIn.adding(seconds: Int64(limits.emergencySignInMinutes) * 60)
        else { throw VaultError.notFresh(minutes: limits.emergencySignInMinutes) }
        let reason = try PlainText.paragraph(reason, field: "reason", atLeast: limits.emergencyReasonCharacters)
        guard let place = caller.memberships.first(where: { agreement.gives("emergency.open", to: $0.role) }) else {
            throw VaultError.denied(.dutyNotHeld("emergency.open"))
        }
        guard try await !isEmergencySuspended(caller.person) else {
            try await refuse(
                .emergencySuspended, Event(.accessDenied, by: caller).with(["reason": "emergency-suspended"]))
        }
        let id = ActID(from: environment.random)
        let body = EmergencyBody(
            role: place.role.rawValue, organisation: "\(place.organisation)", reason: reason)
        let event = Event(.emergencyOpened, by: caller, party: place.party).on(["person": "\(caller.person)"])
            .with(["role": place.role.rawValue])
        do {
            try await enact(about: child, by: caller) { standing, _ in
                // Whom a restraint keeps from this child has no emergency with it either.
                guard !standing.restraints.values.contains(where: { $0.person == caller.person && now < $0.until })
                else { throw VaultError.notFound(.child) }
                var act = try NewAct(.emergency, id: id, body, event)
                act.person = caller.person
                act.until = now.adding(seconds: Int64(limits.emergencyHours) * 3600)
                return [act]
            }
        } catch VaultError.notFound(.child) {
            try await refuse(.notFound(.child), Event(.accessDenied, by: caller).on(["child": "\(child)"]))
        }
        guard let opened = try await emergency(id) else { throw VaultError.notFound(.emergency) }
        return opened
    }

    /// Finds the child in an emergency: exactly, for whoever may open emergency access.
    ///
    /// - Throws: `VaultError.notFound(.child)` unless exactly one child matches.
    public func findInEmergency(_ query: ChildQuery, as caller: Caller) async throws -> ChildID {
        try await authorise("emergency.open", caller)
        guard let index = query.index else {
            throw VaultError.invalid(field: "number", reason: "its check digit does not fit")
        }
        let values = keys.blindIndexes(index.kind, index.value)
        var found: [ChildID] = []
        for child in try await keyring.read({ try $0.children(kind: index.kind, values: values) })
        where try await !isBarred(from: child, caller) { found.append(child) }
        try await log(Event(.childFound, by: caller).with(["found": String(found.count), "for": "emergency"]))
        guard let child = found.first, found.count == 1 else { throw VaultError.notFound(.child) }
        return child
    }

    /// Judges an emergency access: never one's own.
    ///
    /// - Throws: `VaultError.notFound(.emergency)`, `.needsAnother`, `.alreadySo`, `.denied`.
    public func reviewEmergency(
        _ id: ActID, _ outcome: ReviewOutcome, note: String, as caller: Caller
    ) async throws {
        let row = try await requireReviewable(id, caller)
        let note = try PlainText.paragraph(note, field: "note", atLeast: 20)
        try await enact(about: row.child, by: caller) { standing, _ in
            guard standing.emergencies[id]?.review == nil else { throw VaultError.alreadySo("It has been reviewed") }
            var act = try NewAct(
                .review, id: ActID(from: environment.random), ReviewBody(outcome: outcome, note: note),
                Event(.emergencyReviewed, by: caller).on(["emergency": "\(id)"]).with(["outcome": outcome.rawValue]))
            act.refers = id
            return [act]
        }
    }

    /// Lets the family see an emergency access only later, where seeing it now would put somebody at risk. The delay is on the record.
    ///
    /// `until`: the last day on which the family does not see it; at most a year ahead.
    ///
    /// - Throws: as `reviewEmergency`; `VaultError.invalid`.
    public func delayFamilyView(of id: ActID, until: Day, reason: String, as caller: Caller) async throws {
        let row = try await requireReviewable(id, caller)
        let reason = try PlainText.paragraph(reason, field: "reason", atLeast: 20)
        let today = environment.today()
        guard until >= today, today.days(until: until) <= 366 else {
            throw VaultError.invalid(field: "day", reason: "the delay ends between today and a year from now")
        }
        try await enact(about: row.child, by: caller) { _, _ in
            var act = try NewAct(
                .delay, id: ActID(from: environment.random), DelayBody(until: until, reason: reason),
                Event(.familyViewDelayed, by: caller).on(["emergency": "\(id)"]).with(["until": "\(until)"]))
            act.refers = id
            return [act]
        }
    }

    /// Emergency accesses, the newest first: for the rights office all, for an agency's officer those of its own people or of
    /// children whose papers it holds, for everybody else one's own.
    ///
    /// `unreviewedOnly`: only those that still owe a review.
    public func emergencies(unreviewedOnly: Bool, as caller: Caller) async throws -> [Emergency] {
        try await requireWritable()
        let found = try await concerning(caller, unreviewedOnly: unreviewedOnly)
        try await log(Event(.emergencyListed, by: caller).with(["shown": String(found.count)]))
        var emergencies: [Emergency] = []
        for row in found.reversed() { if let shown = try await emergency(row.id) { emergencies.append(shown) } }
        return emergencies
    }

    /// How many emergency accesses wait for a review that this person could do.
    public func reviewsWaiting(for caller: Caller) async throws -> Int {
        guard agreement.gives("emergency.review", to: caller.roles) else { return 0 }
        return try await concerning(caller, unreviewedOnly: true).count { $0.person != caller.person }
    }

    private func concerning(_ caller: Caller, unreviewedOnly: Bool) async throws -> [ActRow] {
        let agreement = agreement
        let reviewing = caller.memberships.filter { agreement.gives("emergency.review", to: $0.role) }.map(\.party)
        return try await records.read { transaction in
            let rows =
                unreviewedOnly
                ? try transaction.unreviewedEmergencies() : try transaction.acts(kind: .emergency, person: nil)
            return try rows.filter { row in
                try row.person == caller.person || transaction.parties(of: row).contains(where: reviewing.contains)
            }
        }
    }

    private func requireReviewable(_ id: ActID, _ caller: Caller) async throws -> ActRow {
        try await authorise("emergency.review", caller)
        guard let row = try await concerning(caller, unreviewedOnly: false).first(where: { $0.id == id }) else {
            try await refuse(.notFound(.emergency), Event(.accessDenied, by: caller).on(["act": "\(id)"]))
        }
        guard row.person != caller.person else { throw VaultError.needsAnother("Reviewing your own emergency access") }
        return row
    }

    private func emergency(_ id: ActID) async throws -> Emergency? {
        guard let row = try await records.read({ try $0.act(id) }), let person = row.person else { return nil }
        let snapshot = try await snapshot(of: row.child)
        guard let grant = try standing(snapshot).emergencies[id] else { return nil }
        let (who, organisation, cases) = try await records.read { transaction in
            (
                try transaction.person(person), try transaction.organisation(grant.organisation),
                try transaction.cases(of: row.child)
            )
        }
        let reviewBy = reviewDay(of: row)
        return Emergency(
            id: "\(id)", child: "\(row.child)", username: try who.map { try names(of: $0).username } ?? "",
            role: grant.role.rawValue, party: organisation?.party.rawValue ?? "", reason: grant.reason,
            opened: grant.opened.text, until: grant.until.text, isRunning: grant.runs(at: environment.now()),
            reviewBy: reviewBy, isOverdue: grant.review == nil && reviewBy < environment.today(),
            outcome: grant.review?.outcome, note: grant.review?.note, hiddenUntil: grant.hiddenUntil,
            cases: cases.map { "\($0.id)" })
    }

    /// Whether an earlier emergency access of the person is past the day for its review.
    func isEmergencySuspended(_ person: PersonID) async throws -> Bool {
        let today = environment.today()
        let owed = try await records.read { try $0.unreviewedEmergencies() }
        return owed.contains { $0.person == person && reviewDay(of: $0) < today }
    }

    /// The next working day after it was opened.
    private func reviewDay(of row: ActRow) -> Day {
        let opened = environment.day(row.added)
        return agreement.workingDays.adding(1, to: opened) ?? opened
    }
}

extension ReadTransaction {
    /// Both sides of an emergency access, and the rights office: the opener's parties and those that hold papers of the child.
    fileprivate func parties(of emergency: ActRow) throws -> Set<Party> {
        let openers = try emergency.person.map { try caller($0).memberships.map(\.party) } ?? []
        return try Set(openers + [.rights]).union(documents(about: emergency.child).map(\.holder))
    }
}
