/// What is known of a birth. The latest day that it can have been counts, so that nothing goes too soon.
public enum Birth: Hashable, Sendable {
    case day(Day)
    case month(year: Int, month: Int)
    case year(Int)
    /// Somebody's estimate of the year.
    case estimatedYear(Int)
    /// Not even estimated; then the child was born by the day of its earliest record.
    case unknown(earliestRecord: Day)

    /// The latest day on which the child can have been born; `nil` for a month that the calendar does not have.
    public var latest: Day? {
        switch self {
        case .day(let day): day
        case .month(let year, let month):
            Day(year: year, month: month, day: 1)?.anniversary(months: 1)?.adding(days: -1)
        case .year(let year), .estimatedYear(let year): Day(year: year, month: 12, day: 31)
        case .unknown(let earliestRecord): earliestRecord
        }
    }

    var isEstimated: Bool {
        switch self {
        case .day, .month, .year: false
        case .estimatedYear, .unknown: true
        }
    }
}

/// A birth that was recorded wrongly until a day.
///
/// If the right one shortens a period, the item stays for a while, in which the records manager can object.
public struct BirthCorrection: Hashable, Sendable {
    public let was: Birth
    public let on: Day

    public init(was: Birth, on: Day) {
        self.was = was
        self.on = on
    }
}

/// The last day of each event: a later one takes the place of an earlier.
public struct RetentionEvents: Hashable, Sendable {
    /// Empty, or one place for each trigger.
    private(set) var last: [Day?] = []

    public init(_ days: [RetentionTrigger: [Day]] = [:]) {
        for (trigger, days) in days { set(trigger, days.max()) }
        // A case that was opened again has not been closed.
        if let reopened = self[.caseReopened], let closed = self[.caseClosed], closed <= reopened {
            set(.caseClosed, nil)
        }
    }

    subscript(trigger: RetentionTrigger) -> Day? { last.isEmpty ? nil : last[trigger.place] }

    mutating func set(_ trigger: RetentionTrigger, _ day: Day?) {
        if last.isEmpty { last = Array(repeating: nil, count: RetentionTrigger.allCases.count) }
        last[trigger.place] = day
    }
}

/// A child whom items are about. Made once, and shared by all the child's items.
public struct RetentionChild: Hashable, Sendable {
    let flags: RetentionFlags
    /// True only because nothing says that it is not.
    let assumed: RetentionFlags
    let events: RetentionEvents
    let hasEstimatedBirth: Bool
    /// The birth was corrected on this day, and what follows from it came sooner.
    let birthMovedBack: Day?
    let hasExactBirth: Bool
    let lastActivity: Day?
    let isTransferPending: Bool

    /// `lastActivity`: the last thing that was done in the case. `isTransferPending`: the case has gone to another
    /// controller, who has not acknowledged it.
    public init(
        birth: Birth, correction: BirthCorrection? = nil, died: Day? = nil, flags: some Sequence<RetentionFlag> = [],
        events: [RetentionTrigger: [Day]] = [:], lastActivity: Day? = nil, isTransferPending: Bool = false
    ) {
        var known = RetentionEvents(events)
        known.set(.birth, birth.latest)
        known.set(.death, died)
        var flags = RetentionFlags(flags)
        if died != nil { flags.formUnion(.died) }
        if known[.adoptionOrder] != nil { flags.formUnion(.adoptionOrder) }
        (self.flags, assumed) = Self.treated(flags, by: known)
        self.events = known
        hasEstimatedBirth = birth.isEstimated
        if case .day = birth { hasExactBirth = true } else { hasExactBirth = false }
        birthMovedBack = correction.flatMap { correction in
            guard let old = correction.was.latest, let new = birth.latest, new >= old else { return correction.on }
            return nil
        }
        self.lastActivity = lastActivity
        self.isTransferPending = isTransferPending
    }

    /// Nobody in particular: whom a record is about that is about no child.
    static let nobody = RetentionChild()

    private init() {
        flags = []
        assumed = []
        events = RetentionEvents()
        hasEstimatedBirth = false
        birthMovedBack = nil
        hasExactBirth = false
        lastActivity = nil
        isTransferPending = false
    }

    /// How old the child was when treatment ended decides which health rules apply; where that is not known, all do.
    private static func treated(
        _ flags: RetentionFlags, by events: RetentionEvents
    ) -> (known: RetentionFlags, assumed: RetentionFlags) {
        guard let ended = events[.treatmentEnded], let born = events[.birth],
            let seventeen = born.anniversary(years: 17), let eighteen = born.anniversary(years: 18)
        else { return (flags.union([.treatedAt17, .treatedAsAdult]), [.treatedAt17, .treatedAsAdult]) }
        if ended >= eighteen { return (flags.union(.treatedAsAdult), []) }
        return (ended >= seventeen ? flags.union(.treatedAt17) : flags, [])
    }
}

extension RetentionFlags {
    static let consentOnly = Self([RetentionFlag.consentOnly])
    static let died = Self([RetentionFlag.died])
    static let adoptionOrder = Self([RetentionFlag.adoptionOrder])
    static let treatedAt17 = Self([RetentionFlag.treatedAt17])
    static let treatedAsAdult = Self([RetentionFlag.treatedAsAdult])
}

/// What the schedule asks about one item.
///
/// A derived item (a thumbnail, recognised text, a redacted copy) has no facts of its own: it has the plan of its
/// parent, and dies with it.
public struct RetentionFacts: Hashable, Sendable {
    /// A category of document, or a class of record that the schedule declares.
    public var category: Category
    public var holder: Party
    /// What kind of controller the holder's organisation is, if known: see ``RetentionSchedule/holderType(of:)``.
    public var holderType: HolderType?
    public var labels: Set<Label>
    public var added: Day
    /// What is true of this item alone.
    public var flags: RetentionFlags
    /// What happened to this item alone.
    public var events: RetentionEvents
    /// Everyone whom the item is about. The longest period for any of them holds for all.
    public var children: [RetentionChild]

    public init(
        _ category: Category, holder: Party, holderType: HolderType? = nil, labels: Set<Label> = [], added: Day,
        flags: RetentionFlags = [], events: RetentionEvents = RetentionEvents(), children: [RetentionChild]
    ) {
        self.category = category
        self.holder = holder
        self.holderType = holderType
        self.labels = labels
        self.added = added
        self.flags = flags
        self.events = events
        self.children = children
    }
}
