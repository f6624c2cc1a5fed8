/// What somebody must do now about a request.
public struct NextAction: Hashable, Sendable, Codable {
    public enum Code: String, CaseIterable, Hashable, Sendable, Codable {
        case triage, restrict, chase
        case closeOrGoOn = "close-or-go-on"
        case goOn = "go-on"
        case noticeExtension = "notice-extension"
        case search, review, consult, redact, release, decide
        case acknowledgeComplaint = "acknowledge-complaint"
        case decideComplaint = "decide-complaint"
        case close
    }

    public let code: Code
    /// In plain words.
    public let sentence: String
    /// The last day; `nil` where there is none.
    public let by: Day?

    public init(code: Code, sentence: String, by: Day?) {
        self.code = code
        self.sentence = sentence
        self.by = by
    }

    public func isLate(on today: Day) -> Bool { by.map { $0 < today } ?? false }
}

extension RightsPolicy {
    /// Reads the clock of a request.
    ///
    /// - Throws: What makes the facts impossible, or the day unknowable.
    public func read(
        _ facts: ClockFacts, of kind: RequestKind, working: WorkingDays, school: SchoolCalendar? = nil, on today: Day
    ) throws(RightsError) -> ClockReading {
        guard let rule = requests[kind] else { throw .unknownKind(kind) }
        return try RequestClock(rule.clock, working: working, school: school).read(facts, on: today)
    }

    /// What must be done now, the soonest first; empty for a closed request.
    ///
    /// - Throws: As `read`.
    public func nextActions(
        for request: RequestHistory, working: WorkingDays, school: SchoolCalendar? = nil, on today: Day
    ) throws(RightsError) -> [NextAction] {
        let reading = try read(request.clock, of: request.kind, working: working, school: school, on: today)
        var actions: [NextAction] = []
        switch request.state {
        case .closed: return []
        case .disclosed, .partlyRefused, .refused:
            return [NextAction(code: .close, sentence: "Close the request when nothing more is to come.", by: nil)]
        case .complaint: return [try complaintAction(request, working, on: today)]
        case .waitingForIdentity, .clarifying: actions.append(awaitedAction(request, reading, on: today))
        default:
            if let chase = chaseOfFee(request, reading, on: today) { actions.append(chase) }
            let isComplaint = request.kind == .complaint
            if isComplaint, request.clock.answered == nil { actions.append(acknowledgement(by: reading.dueDay)) }
            actions.append(work(request, by: isComplaint ? nil : limit(reading, on: today)))
        }
        if let day = reading.actBy, [.received, .triaged].contains(request.state) {
            actions.append(
                NextAction(
                    code: .restrict, sentence: "Restrict the data now, before you decide on the request.", by: day))
        }
        if let notice = extensionNotice(reading, on: today) { actions.append(notice) }
        return actions.sorted { ($0.by?.number ?? .max, $0.code.rawValue) < ($1.by?.number ?? .max, $1.code.rawValue) }
    }

    /// The internal target while it can be met, then the legal limit.
    private func limit(_ reading: ClockReading, on today: Day) -> Day? {
        if let target = reading.target, target >= today { return target }
        return reading.dueDay
    }

    private func work(_ request: RequestHistory, by limit: Day?) -> NextAction {
        switch request.state {
        case .received:
            NextAction(
                code: .triage, sentence: "Find out who asks, for whom and for what, and record it.",
                by: request.clock.received.adding(days: numbers.identityAskedWithinDays))
        case .triaged where !request.kind.isAccess:
            NextAction(
                code: .decide, sentence: "Decide on the request, and have a second person approve it.", by: limit)
        case .triaged, .searching:
            NextAction(
                code: .search, sentence: "Search everywhere it may be held, and collect what is found.", by: limit)
        case .consulting:
            NextAction(
                code: .consult, sentence: "Obtain the professional's opinion, and review what is clear.", by: limit)
        case .redacting:
            NextAction(
                code: .redact, sentence: "Finish the redactions, and have a second person approve them.", by: limit)
        case .approved:
            NextAction(code: .release, sentence: "Send the answer.", by: limit)
        default:
            NextAction(code: .review, sentence: "Decide on every item, and have a second person approve it.", by: limit)
        }
    }

    private func extensionNotice(_ reading: ClockReading, on today: Day) -> NextAction? {
        guard !reading.isExtended, let by = reading.extensionNoticeBy, let due = reading.dueDay,
            today <= by, today.days(until: by) <= numbers.remindDays, today <= due
        else { return nil }
        return NextAction(
            code: .noticeExtension,
            sentence: "If it cannot be answered in time because it is complex, tell the requester so, with reasons.",
            by: by)
    }
}

// While something is awaited from the requester.
extension RightsPolicy {
    private func awaitedAction(_ request: RequestHistory, _ reading: ClockReading, on today: Day) -> NextAction {
        if let due = reading.dueDay {
            return NextAction(
                code: .goOn, sentence: "Do not wait for what was asked: the clock is running. Go on with the request.",
                by: limit(reading, on: today) ?? due)
        }
        return chase(request, on: today)
    }

    private func chaseOfFee(_ request: RequestHistory, _ reading: ClockReading, on today: Day) -> NextAction? {
        if case .waiting(for: .fee, since: _) = reading.due { chase(request, on: today) } else { nil }
    }

    private func chase(_ request: RequestHistory, on today: Day) -> NextAction {
        if let day = request.closable(numbers), day <= today {
            return NextAction(
                code: .closeOrGoOn,
                sentence: "The requester has not replied. Close the request, or go on with what is clear.", by: nil)
        }
        let last = [request.awaitedSince, request.lastChased].compactMap { $0 }.max()
        return NextAction(
            code: .chase, sentence: "Ask the requester again if there is no reply, and go on with what is clear.",
            by: last?.adding(days: numbers.chaseAfterDays))
    }

    private func acknowledgement(by due: Day?) -> NextAction {
        NextAction(code: .acknowledgeComplaint, sentence: "Tell the requester that the complaint has come in.", by: due)
    }

    private func complaintAction(
        _ request: RequestHistory, _ working: WorkingDays, on today: Day
    ) throws(RightsError) -> NextAction {
        if let received = request.complaintReceived, request.complaintAcknowledged == nil,
            request.complaintDecided == nil
        {
            let due = try read(ClockFacts(received: received), of: .complaint, working: working, on: today).dueDay
            return acknowledgement(by: due)
        }
        if request.complaintDecided == nil {
            return NextAction(
                code: .decideComplaint,
                sentence: "Look into the complaint without delay, and tell the requester what comes of it.", by: nil)
        }
        return NextAction(code: .close, sentence: "Close the request when nothing more is to come.", by: nil)
    }
}
