import Storage

/// How much the service does at once, and how often one may ask.
struct WorkLimits: Sendable {
    /// By account, and by network before it is known who asks.
    let account: Limiter<PersonID>
    let network: Limiter<Network>
    /// Of sign-ins that a network may try: each takes an entry of the ledger, and a password 64 MiB and a moment of a core.
    let attempts: Limiter<Network>
    /// One person's part of the places for uploads: the slowest of lines leaves others theirs.
    let uploads = Gates<PersonID>(room: 32, queue: 64)
    /// Of changes that go by what is there: one at a time for each thing, or two would both find it unchanged.
    let changes = Gates<String>(room: 1, queue: 16)
    private let light: Gate
    private let heavy: Gate
    private let password: Gate
    private let transfer: Gate
    private let upload: Gate
    private let provider: Gate
    private let paper: Gate
    /// Of packages on their way out: each has a thread until its last byte is taken.
    let packages = Gate(room: 8, queue: 0)
    /// Of packages that are made into a PDF first: each holds all of its content in memory, several times.
    let bundles = Gate(room: 1, queue: 2)

    init(_ options: ServiceOptions) {
        let rates = options.rates
        account = Limiter(perSecond: rates.accountPerSecond, burst: rates.accountPerSecond * 10)
        network = Limiter(perSecond: rates.networkPerSecond, burst: rates.networkPerSecond * 10)
        attempts = Limiter(perSecond: 1, burst: options.attempts)
        light = Gate(room: 64, queue: 512)
        heavy = Gate(room: 2, queue: 16)
        // 64 MiB of memory each.
        password = Gate(room: 2, queue: 32)
        transfer = Gate(room: 64, queue: 256)
        // A place is held for as long as the content takes to come.
        upload = Gate(room: 64, queue: 256)
        provider = Gate(room: 64, queue: 128)
        // One document at a time, and few that wait for minutes.
        paper = Gate(room: 1, queue: 4)
    }

    func gate(_ cost: Route.Cost) -> Gate {
        switch cost {
        case .light: light
        case .heavy: heavy
        case .password: password
        case .transfer: transfer
        case .upload: upload
        case .provider: provider
        case .paper: paper
        }
    }

    var gates: [(name: String, gate: Gate)] {
        [
            ("light", light), ("heavy", heavy), ("password", password), ("transfer", transfer), ("upload", upload),
            ("provider", provider), ("paper", paper), ("package", packages),
            ("bundle", bundles),
        ]
    }
}

/// How the service answers: what its configuration says, and what was found out at start.
public struct ServiceOptions: Sendable {
    /// How many requests one may make.
    public struct Rates: Sendable {
        public var accountPerSecond: Double
        public var networkPerSecond: Double

        public init(accountPerSecond: Double = 200, networkPerSecond: Double = 500) {
            self.accountPerSecond = accountPerSecond
            self.networkPerSecond = networkPerSecond
        }
    }

    /// A proxy in front says in X-Forwarded-For who asks.
    public var isBehindProxy: Bool
    /// The client's side of the way is TLS, here or at the proxy.
    public var isSecure: Bool
    public var logsRequests: Bool
    public var publishesLedger: Bool
    /// Of one document, in bytes.
    public var largestDocument: UInt64
    public var rates: Rates
    /// Sign-in at organisations' providers; `nil` without any.
    public var openID: OpenID?
    var connection = ConnectionLimits()
    /// How many sign-ins of one network may be tried at once.
    var attempts = 20.0

    /// Behind a proxy everybody comes from one address: there the proxy limits connections.
    func connectionLimits(_ entrance: Entrance) -> ConnectionLimits {
        var limits = connection
        if isBehindProxy, entrance == .people { limits.perNetwork = .max }
        return limits
    }

    public init(
        isBehindProxy: Bool = false, isSecure: Bool = false, logsRequests: Bool = true, publishesLedger: Bool = false,
        largestDocument: UInt64 = 5 << 30, rates: Rates = Rates()
    ) {
        self.isBehindProxy = isBehindProxy
        self.isSecure = isSecure
        self.logsRequests = logsRequests
        self.publishesLedger = publishesLedger
        self.largestDocument = largestDocument
        self.rates = rates
    }
}
