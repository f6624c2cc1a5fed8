public import Rules
public import Sealing
public import Storage

/// What comes from outside: time, randomness, and what the tests watch.
public struct VaultEnvironment: Sendable {
    public let now: @Sendable () -> Instant
    /// The civil day in Europe/London of a moment.
    public let day: @Sendable (Instant) -> Day
    public let random: RandomSource
    public let steps: WriteSteps
    public let intake: IntakeRules
    /// What everything that is kept passes through; `nil` where nothing is scanned. The first time that a vault is opened with one,
    /// it takes nothing unscanned any more.
    public let scanner: ClamdScanner?
    /// After how many days `status` asks for a key to be rotated; `nil` where nobody has said.
    public let cryptoperiods: Cryptoperiods?
    /// The clocks and exemptions of requests under data protection law; without it no request is received.
    public let rights: RightsPolicy?
    /// What the impact assessment promises; without it no promise is held against what there is.
    public let claims: ClaimsPolicy?
    /// When schools are open; without it no day is shown for a request for an educational record.
    public let schools: SchoolTerms?

    public init(
        now: @escaping @Sendable () -> Instant, day: @escaping @Sendable (Instant) -> Day, random: RandomSource,
        steps: WriteSteps = WriteSteps(), intake: IntakeRules = IntakeRules(), scanner: ClamdScanner? = nil,
        cryptoperiods: Cryptoperiods? = nil, rights: RightsPolicy? = nil, claims: ClaimsPolicy? = nil,
        schools: SchoolTerms? = nil
    ) {
        self.now = now
        self.day = day
        self.random = random
        self.steps = steps
        self.intake = intake
        self.scanner = scanner
        self.cryptoperiods = cryptoperiods
        self.rights = rights
        self.claims = claims
        self.schools = schools
    }

    func today() -> Day { day(now()) }

    /// The moment at which a civil day begins: in summer London is an hour ahead of UTC.
    func start(of day: Day) -> Instant {
        let midnight = Instant(milliseconds: Int64(day.number) * 86_400_000)
        let early = midnight.adding(seconds: -3600)
        return self.day(early) < day ? midnight : early
    }
}

/// What is taken in.
public struct IntakeRules: Hashable, Sendable {
    /// Whether content about whose type nothing is said is taken.
    public let allowsUnknown: Bool

    public init(allowsUnknown: Bool = true) { self.allowsUnknown = allowsUnknown }
}

/// A watcher of the durable writes of an operation. It may throw, and the operation then stops there, as in a crash.
public struct WriteSteps: Sendable {
    public enum Step: String, CaseIterable, Sendable {
        case stage, keyring, place, records
    }

    public let before: @Sendable (Step) throws -> Void
    public let after: @Sendable (Step) throws -> Void

    public init(
        before: @escaping @Sendable (Step) throws -> Void = { _ in },
        after: @escaping @Sendable (Step) throws -> Void = { _ in }
    ) {
        self.before = before
        self.after = after
    }

    func around<Result>(_ step: Step, _ work: () async throws -> Result) async throws -> Result {
        try before(step)
        let result = try await work()
        try after(step)
        return result
    }
}
