internal import Ledger
public import Rules
internal import Sealing
public import Storage

/// A request as it came in.
public struct NewRightsRequest: Sendable {
    public let kind: RequestKind
    public let child: ChildID
    public let requester: Requester
    public let channel: Channel
    /// The day on which it reached anybody at all; never after today, which is meant by `nil`.
    public let received: Day?
    /// What is asked for, in the requester's words.
    public let asked: String

    public init(
        kind: RequestKind, child: ChildID, requester: Requester, channel: Channel, received: Day?, asked: String
    ) {
        self.kind = kind
        self.child = child
        self.requester = requester
        self.channel = channel
        self.received = received
        self.asked = asked
    }
}

/// A request as it is shown.
public struct RightsRequest: Hashable, Sendable, Codable {
    public let id: String
    public let kind: String
    public let child: String
    public let state: String
    public let received: Day
    public let requester: Requester
    public let channel: String
    public let asked: String
    /// `nil` where a day cannot be known, and `fault` says why.
    public let clock: ClockReading?
    public let fault: String?
    public let next: [NextAction]
    public let events: [RecordedEvent]
    public let search: SearchLog?
    /// The search of other children's papers; `nil` when there was none.
    public let mentions: MentionLog?
    public let approved: String?
    /// When and how the answer went.
    public let disclosed: [String]
    /// Another after every change, of the request or of one of its items.
    public let version: String
}

/// A line of the register.
public struct RightsRequestSummary: Hashable, Sendable, Codable {
    public let id: String
    public let kind: String
    public let child: String
    public let state: String
    public let received: Day
    public let due: Day?
    /// Negative when it is late; `nil` while no day is known.
    public let daysLeft: Int?
    public let next: String?
}

extension DocumentVault {
    /// Enters a request in the register. A request for access holds everything about the child: nothing of it is disposed of meanwhile.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.child)`, `.invalid`, `.rights`.
    public func receive(_ new: NewRightsRequest, as caller: Caller) async throws -> RightsRequestID {
        _ = try rightsPolicy()
        let (scene, asking) = try await authorise("request.receive", about: new.child, caller)
        let received = new.received ?? environment.today()
        guard received <= environment.today() else { throw VaultError.rights(.rules(.afterToday(received))) }
        let id = RightsRequestID(from: environment.random)
        let body = RightsRequestBody(
            kind: new.kind, received: received, requester: try await checked(new.requester), channel: new.channel,
            asked: try PlainText.paragraph(new.asked, field: "request"))
        let state = try body.history().state
        let row = RightsRequestRow(
            id: id, child: new.child, kind: new.kind.rawValue, received: received, state: state.rawValue,
            body: try seal(body, of: id, scene.childKey), changed: environment.now())
        let log = try self.row(
            Event(.requestOpened, by: caller, party: asking.place.party).about(new.child)
                .on(["request": "\(id)"]).with(["kind": new.kind.rawValue, "channel": new.channel.rawValue]),
            childKey: scene.childKey)
        let hold = try new.kind.isAccess ? holding(new.child, for: id, caller) : nil
        try await records.write { transaction in
            try transaction.put(row)
            _ = try transaction.append(log)
            if let hold { try transaction.place(hold) }
        }
        if hold != nil { try await keepRegister() }
        return id
    }

    /// Writes down something that happened to a request: a question, an answer, an extension, a complaint, its end.
    ///
    /// `day`: when it happened; today when `nil`.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.request)`, `.rights(.rules)` with the reason when the request does not allow it.
    public func note(
        _ event: RequestEvent, on day: Day? = nil, note: String? = nil, to id: RightsRequestID, as caller: Caller
    ) async throws {
        let (row, key, asking) = try await requireAnswering(id, caller)
        if let command = event.command(RequestKind(rawValue: row.kind)) { throw VaultError.rights(.notByHand(command)) }
        let note = try note.map { try PlainText.paragraph($0, field: "note") }
        try await change(row, key, [event], on: day, note: note, asking, caller)
    }

    /// Everything about one request.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.request)`.
    public func request(_ id: RightsRequestID, as caller: Caller) async throws -> RightsRequest {
        let (row, key, asking) = try await requireReviewing(id, caller)
        let body = try body(of: row, key)
        try await log(
            Event(.requestShown, by: caller, party: asking.place.party).about(row.child).on(["request": "\(id)"]),
            childKey: key)
        let policy = try rightsPolicy()
        let history = try body.history()
        let (clock, fault, reminders) = reading(body, history, policy)
        let isRestricted = try standing(try await snapshot(of: row.child)).restrictions.values.contains {
            $0.request == id
        }
        let next = reminders.filter { $0.code != .restrict || !isRestricted }
        return RightsRequest(
            id: "\(id)", kind: row.kind, child: "\(row.child)", state: history.state.rawValue, received: row.received,
            requester: body.requester, channel: body.channel.rawValue, asked: body.asked, clock: clock, fault: fault,
            next: next, events: body.events, search: body.search, mentions: body.mentions?.log,
            approved: body.approval?.at.text,
            disclosed: body.disclosures.map { "\($0.at.text) \($0.method)" }, version: Digest.sha256(row.body).hex)
    }

    /// The register, the soonest due first. Requests about children who have been erased are not in it: only that there was one is left.
    ///
    /// - Throws: `VaultError.denied`.
    public func requests(as caller: Caller) async throws -> [RightsRequestSummary] {
        try await authorise("request.answer", caller)
        let found = try await opened(try await records.read { try $0.rightsRequests() }, caller)
        try await log(Event(.requestsListed, by: caller).with(["shown": String(found.count)]))
        let (policy, today) = (try rightsPolicy(), environment.today())
        return try found.map { row, _, body in
            let history = try body.history()
            let (clock, _, next) = reading(body, history, policy)
            return RightsRequestSummary(
                id: "\(row.id)", kind: row.kind, child: "\(row.child)", state: history.state.rawValue,
                received: row.received, due: clock?.dueDay, daysLeft: clock?.daysLeft(on: today),
                next: next.first?.sentence)
        }.sorted { ($0.due?.number ?? .max, $0.id) < ($1.due?.number ?? .max, $1.id) }
    }

    /// How many requests are late, and how each month went.
    ///
    /// - Throws: `VaultError.denied`.
    public func backlog(as caller: Caller) async throws -> Backlog {
        try await authorise("request.answer", caller)
        let policy = try rightsPolicy()
        let found = try await opened(try await records.read { try $0.rightsRequests() }, caller)
        try await log(Event(.requestsListed, by: caller).with(["shown": String(found.count)]))
        let readings = try found.compactMap { _, _, body in
            let history = try body.history()
            return history.state == .closed && history.clock.answered == nil
                ? nil : reading(body, history, policy).clock
        }
        return Backlog(readings, on: environment.today())
    }

    /// Whoever asks is not to find it gone: the hold is released by hand when the request is over.
    private func holding(
        _ child: ChildID, for id: RightsRequestID, _ caller: Caller
    ) throws -> (row: HoldRow, log: LogRow) {
        try hold(
            NewHold(
                name: "Request \(id)", kind: .subjectAccess, authority: "Data Protection Act 2018 s.173",
                scope: HoldScope(children: ["\(child)"])), caller)
    }

    func rightsPolicy() throws -> RightsPolicy {
        guard let policy = environment.rights else { throw VaultError.rights(.noPolicy) }
        return policy
    }

    private func reading(
        _ body: RightsRequestBody, _ history: RequestHistory, _ policy: RightsPolicy
    ) -> (clock: ClockReading?, fault: String?, next: [NextAction]) {
        let (working, school, today) = (agreement.workingDays, environment.schools?.calendar, environment.today())
        do throws(RightsError) {
            return (
                try policy.read(history.clock, of: history.kind, working: working, school: school, on: today), nil,
                try policy.nextActions(for: history, working: working, school: school, on: today).map {
                    $0.code == .consult ? consulting($0, body, on: today) : $0
                }
            )
        } catch {
            return (nil, error.userMessage, [])
        }
    }

    /// An opinion has a clock of its own, which ends before the request's.
    private func consulting(_ action: NextAction, _ body: RightsRequestBody, on today: Day) -> NextAction {
        guard let wanted = body.opinions.filter(\.isOpen).compactMap(\.by).min() else { return action }
        return NextAction(
            code: .consult,
            sentence: wanted < today
                ? "An opinion is late: remind the professional, or withdraw the question and ask somebody else."
                : action.sentence, by: min(wanted, action.by ?? wanted))
    }

    /// Requests with their bodies, but for those about children whose key is gone, or who are not the caller's.
    private func opened(
        _ rows: [RightsRequestRow], _ caller: Caller
    ) async throws -> [(RightsRequestRow, ChildKey, RightsRequestBody)] {
        var keys: [ChildID: ChildKey?] = [:]
        var found: [(RightsRequestRow, ChildKey, RightsRequestBody)] = []
        for row in rows {
            if keys[row.child] == nil {
                let key = try await childKey(row.child)
                // Whom a restraint keeps from the child sees nothing of it here either.
                let isBarred = if key == nil { false } else { try await isBarred(from: row.child, caller) }
                keys.updateValue(isBarred ? nil : key, forKey: row.child)
            }
            guard let key = keys[row.child] ?? nil else { continue }
            found.append((row, key, try body(of: row, key)))
        }
        return found
    }

    private func checked(_ requester: Requester) async throws -> Requester {
        var requester = requester
        requester.name = try PlainText.line(requester.name, field: "requester")
        requester.authority = try PlainText.line(requester.authority, field: "authority")
        requester.contact = try PlainText.line(requester.contact, field: "contact")
        if let account = requester.account { requester.account = "\(try await person(named: account))" }
        return requester
    }
}

extension DocumentVault {
    /// The request, for somebody with the duty; the same answer for one that is not there and one about a child that is not the caller's.
    /// Nobody has a hand in the answer to a request of their own.
    func requireAnswering(
        _ id: RightsRequestID, _ caller: Caller, _ duty: Duty = "request.answer"
    ) async throws -> (RightsRequestRow, ChildKey, Asking) {
        guard let row = try await records.read({ try $0.rightsRequest(id) }),
            let key = try await childKey(row.child)
        else { try await refuse(.notFound(.request), Event(.accessDenied, by: caller).on(["request": "\(id)"])) }
        do {
            let (_, asking) = try await authorise(duty, about: row.child, caller)
            try await requireOther(than: try body(of: row, key).requester, caller, id)
            return (row, key, asking)
        } catch VaultError.notFound(.child) {
            throw VaultError.notFound(.request)
        }
    }

    /// As above, for whoever prepares the answer or is to approve it.
    func requireReviewing(
        _ id: RightsRequestID, _ caller: Caller
    ) async throws -> (RightsRequestRow, ChildKey, Asking) {
        let answers = agreement.gives("request.answer", to: caller.roles)
        return try await requireAnswering(id, caller, answers ? "request.answer" : "request.approve")
    }

    /// Not the requester, by no account.
    func requireOther(than requester: Requester, _ caller: Caller, _ id: RightsRequestID) async throws {
        guard let own = requester.account.flatMap({ PersonID($0) }) else { return }
        let isSame = try await records.read { try $0.individual(own) == $0.individual(caller.person) }
        guard isSame else { return }
        try await refuse(
            .needsAnother("Answering your own request"), Event(.accessDenied, by: caller).on(["request": "\(id)"]))
    }

    /// That nothing has been approved or answered yet, so that what is approved stays as it is.
    func requireUnderReview(_ body: RightsRequestBody) throws {
        let state = try body.history().state
        guard !state.isAnswered, state != .approved, state != .closed else {
            throw VaultError.rights(.rules(.notNow(state, "send it back first, if it is only approved.")))
        }
    }

    /// Records events, and changes the body with them, in one transaction with the ledger entry.
    ///
    /// `kind`: what the ledger says was done.
    /// `also`: what is written in the same transaction.
    ///
    /// - Returns: The ledger entry.
    /// - Throws: `VaultError.rights(.rules)`; `.changedMeanwhile` when the request changed since `row` was read.
    @discardableResult
    func change(
        _ row: RightsRequestRow, _ key: ChildKey, _ events: [RequestEvent], on day: Day? = nil, note: String? = nil,
        as kind: EventKind = .requestNoted, with detail: [String: String] = [:], _ asking: Asking, _ caller: Caller,
        also: @escaping @Sendable (WriteTransaction) throws -> Void = { _ in },
        altering alter: (inout RightsRequestBody) -> Void = { _ in }
    ) async throws -> UInt64 {
        let policy = try rightsPolicy()
        let day = day ?? environment.today()
        guard day <= environment.today() else { throw VaultError.rights(.rules(.afterToday(day))) }
        var body = try body(of: row, key)
        var history = try body.history()
        for event in events {
            do throws(RightsError) {
                try history.record(event, on: day, under: policy)
            } catch {
                throw VaultError.rights(.rules(error))
            }
            body.events.append(RecordedEvent(event: event, day: day, by: "\(caller.person)", note: note))
        }
        let words = events.map(\.word).joined(separator: " ")
        let log = try self.row(
            Event(kind, by: caller, party: asking.place.party).about(row.child).on(["request": "\(row.id)"])
                .with(detail.merging(words.isEmpty ? [:] : ["event": words]) { $1 }), childKey: key)
        alter(&body)
        var changed = row
        changed.state = history.state.rawValue
        changed.body = try seal(body, of: row.id, key)
        changed.changed = environment.now()
        let (new, old) = (changed, row)
        return try await records.write { transaction in
            guard try transaction.rightsRequest(old.id) == old else { throw VaultError.changedMeanwhile }
            try transaction.put(new)
            let entry = try transaction.append(log)
            try also(transaction)
            return entry
        }
    }
}

extension RequestEvent {
    /// The event in a word.
    public var word: String {
        switch self {
        case .triaged: "triaged"
        case .identityAsked: "identity-asked"
        case .identityReceived: "identity-received"
        case .identityDropped: "identity-dropped"
        case .feeCharged: "fee-charged"
        case .feePaid: "fee-paid"
        case .clarificationAsked: "clarification-asked"
        case .clarificationAnswered: "clarification-answered"
        case .clarificationDropped: "clarification-dropped"
        case .chased: "chased"
        case .extensionNoticed: "extension-noticed"
        case .searchBegun: "search-begun"
        case .searchFinished: "search-finished"
        case .opinionAsked: "opinion-asked"
        case .opinionReceived: "opinion-received"
        case .opinionWithdrawn: "opinion-withdrawn"
        case .redactionBegun: "redaction-begun"
        case .approved: "approved"
        case .sentBack: "sent-back"
        case .answered: "answered"
        case .complaintReceived: "complaint-received"
        case .complaintAcknowledged: "complaint-acknowledged"
        case .complaintDecided: "complaint-decided"
        case .closed: "closed"
        }
    }

    /// An event that is written down by hand, from its word.
    ///
    /// `reason`: what the event is about, where it asks for that.
    ///
    /// - Returns: `nil` for a word that is none, or whose reason is missing or none.
    public init?(word: String, reason: String? = nil, wasSignedIn: Bool = false) {
        let plain: [RequestEvent] = [
            .triaged, .identityReceived, .identityDropped, .feePaid, .clarificationAsked, .clarificationAnswered,
            .clarificationDropped, .chased, .sentBack, .complaintReceived, .complaintAcknowledged, .complaintDecided,
        ]
        if let event = plain.first(where: { $0.word == word }) {
            self = event
            return
        }
        guard let reason else { return nil }
        let event: RequestEvent? =
            switch word {
            case "identity-asked": .identityAsked(doubt: reason, wasSignedIn: wasSignedIn)
            case "fee-charged": ClockFacts.FeeCharge.Reason(rawValue: reason).map(RequestEvent.feeCharged)
            case "extension-noticed": ClockFacts.Extension.Reason(rawValue: reason).map(RequestEvent.extensionNoticed)
            case "answered": RequestOutcome(rawValue: reason).map(RequestEvent.answered)
            case "closed": RequestClosing(rawValue: reason).map(RequestEvent.closed)
            default: nil
            }
        guard let event else { return nil }
        self = event
    }

    /// The command by which it happens, for what is not written down by hand.
    fileprivate func command(_ kind: RequestKind?) -> String? {
        switch self {
        case .searchBegun, .searchFinished: "collect"
        case .opinionAsked, .opinionReceived, .opinionWithdrawn: "opinion"
        case .redactionBegun: "redact"
        case .approved: "approve"
        case .answered(let outcome) where outcome != .refused && kind?.isAccess ?? true: "disclose"
        default: nil
        }
    }
}
