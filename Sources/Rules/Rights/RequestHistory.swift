/// A request as its events have left it.
///
/// It is made by folding the events in the order in which they were recorded; one that does not fit is refused and
/// changes nothing. Their days need not be in that order: a letter is often registered later than it came.
public struct RequestHistory: Hashable, Sendable {
    public let kind: RequestKind
    public private(set) var clock: ClockFacts
    public private(set) var lastChased: Day?
    public private(set) var complaintReceived: Day?
    public private(set) var complaintAcknowledged: Day?
    public private(set) var complaintDecided: Day?
    public private(set) var openOpinions = 0
    /// How far the work itself has come, whatever is awaited.
    private var work: RequestState = .received
    private var isSearched = false

    public init(_ kind: RequestKind, received: Day) {
        self.kind = kind
        clock = ClockFacts(received: received)
        if kind == .complaint { complaintReceived = received }
    }

    /// The request as the events left it that were recorded before.
    ///
    /// What was allowed on its day stays so, though the partnership may have changed its numbers since.
    ///
    /// - Throws: As `record`, for events that no version of these rules would have taken.
    public init(
        _ kind: RequestKind, received: Day, replaying events: some Sequence<(event: RequestEvent, day: Day)>
    ) throws(RightsError) {
        self.init(kind, received: received)
        for (event, day) in events { try record(event, on: day, numbers: nil) }
    }

    /// How far it has come. What is awaited comes before the work that may go on meanwhile.
    public var state: RequestState {
        if work.isAnswered || work == .closed { return work }
        if openIdentity != nil { return .waitingForIdentity }
        if openClarification != nil { return .clarifying }
        return openOpinions > 0 ? .consulting : work
    }

    /// Records an event.
    ///
    /// - Throws: `notNow` with the reason where the state does not allow it; or what is wrong with the day.
    public mutating func record(_ event: RequestEvent, on day: Day, under policy: RightsPolicy) throws(RightsError) {
        try record(event, on: day, numbers: policy.numbers)
    }

    private mutating func record(_ event: RequestEvent, on day: Day, numbers: RightsNumbers?) throws(RightsError) {
        guard day >= clock.received else { throw .beforeReceipt(day) }
        guard work != .closed else { throw refusal("nothing more can be recorded. Open a new request.") }
        switch event {
        case .complaintReceived, .complaintAcknowledged, .complaintDecided: try recordComplaint(event, on: day)
        case .closed(let reason): try close(reason, on: day, numbers)
        default:
            guard !work.isAnswered else { throw refusal("it has been answered.") }
            try recordOpen(event, on: day)
        }
    }

    private func refusal(_ why: String) -> RightsError { .notNow(state, why) }
}

// While the answer is prepared.
extension RequestHistory {
    private mutating func recordOpen(_ event: RequestEvent, on day: Day) throws(RightsError) {
        switch event {
        case .identityAsked, .identityReceived, .identityDropped, .clarificationAsked, .clarificationAnswered,
            .clarificationDropped, .feeCharged, .feePaid, .chased:
            try recordAwaited(event, on: day)
        case .extensionNoticed(let reason):
            guard clock.extended == nil else { throw refusal("it has been extended once already.") }
            clock.extended = .init(noticed: day, reason: reason)
        case .opinionAsked:
            try require([.reviewing, .redacting], "an opinion is asked for while the items are reviewed.")
            openOpinions += 1
        case .opinionReceived, .opinionWithdrawn:
            guard openOpinions > 0 else { throw refusal("no opinion has been asked for.") }
            openOpinions -= 1
        case .approved: try approve()
        case .answered(let outcome): try answer(outcome, on: day)
        default: try advance(event)
        }
    }

    private mutating func recordAwaited(_ event: RequestEvent, on day: Day) throws(RightsError) {
        switch event {
        case .identityAsked(let doubt, let wasSignedIn):
            try requireAsking(isOpen: openIdentity != nil)
            clock.identityChecks.append(.init(asked: day, doubt: doubt, wasSignedIn: wasSignedIn))
        case .identityReceived:
            guard let place = openIdentity else { throw refusal("no proof of identity is awaited.") }
            clock.identityChecks[place].received = try after(clock.identityChecks[place].asked, day)
        case .identityDropped:
            guard let place = openIdentity else { throw refusal("no proof of identity is awaited.") }
            clock.identityChecks.remove(at: place)
        case .clarificationAsked:
            try requireAsking(isOpen: openClarification != nil)
            clock.clarifications.append(.init(asked: day))
        case .clarificationAnswered, .clarificationDropped:
            guard let place = openClarification else { throw refusal("no question is open.") }
            clock.clarifications[place].answered = try after(clock.clarifications[place].asked, day)
        case .feeCharged(let reason):
            try requireAsking(isOpen: clock.fee != nil)
            clock.fee = .init(charged: day, reason: reason)
        case .feePaid:
            guard let fee = clock.fee, fee.paid == nil else { throw refusal("no fee is awaited.") }
            let paid = try after(fee.charged, day)
            clock.fee?.paid = paid
        default:
            guard let asked = awaitedSince else { throw refusal("nothing is awaited from the requester.") }
            lastChased = try after(max(asked, lastChased ?? asked), day)
        }
    }

    /// Steps of the work, each from one state to another.
    private mutating func advance(_ event: RequestEvent) throws(RightsError) {
        switch event {
        case .triaged:
            try require([.received], "it has been triaged already.")
            work = .triaged
        case .searchBegun:
            try require([.triaged], "the search begins after triage.")
            guard kind.isAccess else { throw refusal("nothing is searched for: it is no request for access.") }
            work = .searching
        case .searchFinished:
            try require([.searching], "no search has begun.")
            (work, isSearched) = (.reviewing, true)
        case .redactionBegun:
            try require([.reviewing], "redaction begins after review.")
            work = .redacting
        default:
            try require([.redacting, .approved], "there is nothing to send back.")
            work = isSearched ? .reviewing : .triaged
        }
    }

    private mutating func approve() throws(RightsError) {
        try require([.triaged, .reviewing, .redacting], "there is nothing to approve.")
        guard openIdentity == nil else {
            throw refusal("who asks must be known first. Record the proof, or drop the question.")
        }
        guard openClarification == nil else { throw refusal("a question is open. Record its answer, or drop it.") }
        guard openOpinions == 0 else { throw refusal("an opinion is still awaited.") }
        work = .approved
    }

    private mutating func answer(_ outcome: RequestOutcome, on day: Day) throws(RightsError) {
        try require([.approved], "a second person approves the answer first.")
        guard outcome == .refused || isSearched || !kind.isAccess else {
            throw refusal("nothing has been searched for, so that it can only be refused.")
        }
        // The clock of a complaint stops with its acknowledgement, for which an early answer serves as well.
        clock.answered = clock.answered ?? day
        switch outcome {
        case .inFull: work = .disclosed
        case .inPart: work = .partlyRefused
        case .refused: work = .refused
        }
    }

    private func require(_ allowed: Set<RequestState>, _ why: String) throws(RightsError) {
        guard allowed.contains(work) else { throw refusal(why) }
    }

    private func requireAsking(isOpen: Bool) throws(RightsError) {
        guard work != .approved else { throw refusal("it has been approved. Send it back first.") }
        guard !isOpen else { throw refusal("this has been asked for already.") }
    }

    private func after(_ asked: Day, _ day: Day) throws(RightsError) -> Day {
        guard day >= asked else { throw .answeredBeforeAsked(day) }
        return day
    }
}

// What is awaited from the requester.
extension RequestHistory {
    private var openIdentity: Int? { clock.identityChecks.firstIndex { $0.received == nil } }
    private var openClarification: Int? { clock.clarifications.firstIndex { $0.answered == nil } }

    /// The last day on which something was asked for that has not come.
    public var awaitedSince: Day? {
        let fee = clock.fee.flatMap { $0.paid == nil ? $0.charged : nil }
        let days = [
            openIdentity.map { clock.identityChecks[$0].asked },
            openClarification.map { clock.clarifications[$0].asked },
            fee,
        ]
        return days.compactMap { $0 }.max()
    }

    /// The first day on which it may be closed because the requester has not replied: a reasonable period after it was
    /// last chased. `nil` if it was not chased since, or nothing is awaited.
    public func closable(_ numbers: RightsNumbers) -> Day? {
        guard let asked = awaitedSince, let lastChased, lastChased >= asked else { return nil }
        return lastChased.clampedMonths(numbers.closeAfterMonths)
    }
}

// After the answer.
extension RequestHistory {
    private mutating func recordComplaint(_ event: RequestEvent, on day: Day) throws(RightsError) {
        switch event {
        case .complaintReceived:
            guard work.isAnswered, work != .complaint, kind != .complaint else {
                throw refusal("a complaint before the answer, or a second one, is a request of its own.")
            }
            guard let answered = clock.answered, day >= answered else { throw .answeredBeforeAsked(day) }
            (work, complaintReceived) = (.complaint, day)
        case .complaintAcknowledged:
            guard let received = complaintReceived, complaintAcknowledged == nil else {
                throw refusal("there is no complaint to acknowledge.")
            }
            complaintAcknowledged = try after(received, day)
            if kind == .complaint { clock.answered = clock.answered ?? day }
        default:
            guard let received = complaintReceived, complaintDecided == nil, kind != .complaint else {
                throw refusal("there is no complaint to decide.")
            }
            complaintDecided = try after(received, day)
        }
    }

    private mutating func close(_ reason: RequestClosing, on day: Day, _ numbers: RightsNumbers?) throws(RightsError) {
        switch reason {
        case .answered:
            guard work.isAnswered else { throw refusal("it has not been answered.") }
            guard work != .complaint || complaintDecided != nil else { throw refusal("the complaint is undecided.") }
        case .withdrawn:
            guard !work.isAnswered else { throw refusal("it has been answered.") }
        case .noReply:
            guard !work.isAnswered, awaitedSince != nil else { throw refusal("no reply is awaited.") }
            if let numbers { try requireClosable(on: day, numbers) }
        }
        work = .closed
    }

    private func requireClosable(on day: Day, _ numbers: RightsNumbers) throws(RightsError) {
        guard let closable = closable(numbers) else { throw refusal("the requester has not been chased.") }
        guard day >= closable else { throw refusal("the requester has until \(closable) to reply.") }
    }
}
