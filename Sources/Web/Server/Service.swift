import HTTPTypes
import Hummingbird
public import Logging
import NIOCore
import NIOSSL
import Rules
public import Storage
public import Vault

/// The vault behind HTTP: what every request shares.
public final class Service: Sendable {
    let vault: DocumentVault
    let limits: WorkLimits
    let metrics = Metrics()
    let connections = ConnectionCounter()
    let threads = WorkThreads(count: System.coreCount + 1)
    let now: @Sendable () -> Instant
    let nanoseconds: @Sendable () -> UInt64
    let options: ServiceOptions
    private let logger: Logger

    /// `nanoseconds`: a clock that only goes forward.
    public init(
        _ vault: DocumentVault, options: ServiceOptions, now: @escaping @Sendable () -> Instant,
        nanoseconds: @escaping @Sendable () -> UInt64, logger: Logger
    ) {
        self.vault = vault
        self.options = options
        self.now = now
        self.nanoseconds = nanoseconds
        self.logger = logger
        limits = WorkLimits(options)
    }

    /// Who asks, by the token in the request.
    ///
    /// - Throws: `Problem.signInNeeded`.
    func person(_ request: Request) async throws -> Caller {
        guard let token = BearerToken(request.headers[.authorization]) else { throw Problem.signInNeeded }
        return try await vault.caller(bearer: token.text)
    }

    /// Which system asks, by the certificate whose key opened the connection.
    ///
    /// - Throws: `VaultError.systemUnknown`.
    func system(_ origin: RequestOrigin) async throws -> Caller {
        guard let certificate = try await origin.channel.nioSSL_peerCertificate().get(),
            case let pinned = try PinnedCertificate(certificate), pinned.isValid(at: now())
        else { throw VaultError.systemUnknown }
        return try await vault.caller(certificate: pinned.digest)
    }

    /// From where a request comes, for limits: behind a proxy, what the proxy says.
    func network(_ request: Request, _ origin: RequestOrigin, _ entrance: Entrance) -> Network {
        let peer = origin.channel.remoteAddress
        guard options.isBehindProxy, entrance == .people,
            let last = request.headers[values: .forwardedFor].last?.split(separator: ",").last,
            let address = try? SocketAddress(ipAddress: last.filter { $0 != " " }, port: 0)
        else { return Network(peer) }
        return Network(address)
    }

    /// What every answer carries: that nobody keeps it, unless it says so itself, guesses its type, or shows it in a frame.
    func finished(_ answer: Answer, _ request: Request) -> Response {
        var response = answer.response
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'"
        response.headers[.referrerPolicy] = "no-referrer"
        if options.isSecure { response.headers[.strictTransportSecurity] = "max-age=63072000" }
        if request.method == .get || request.method == .head, answer.status == .ok, let tag = answer.headers[.eTag],
            let known = request.headers[.ifNoneMatch], EntityTags(known).contains(tag)
        {
            response.status = .notModified
            response.headers[.contentLength] = nil
            response.body = ResponseBody()
        }
        if request.method == .head {
            // The length is what GET would send; taking the body away would make it 0.
            let length = response.headers[.contentLength]
            response.body = ResponseBody()
            response.headers[.contentLength] = length
        }
        return response
    }

    /// One line for a request: what was asked for, never by whom or about whom.
    func observe(_ route: Route, _ answer: Answer, nanoseconds: UInt64, reference: String) {
        metrics.count(route, answer.status.code, nanoseconds: nanoseconds)
        guard options.logsRequests else { return }
        logger.info(
            "request",
            metadata: [
                "reference": "\(reference)", "method": "\(route.method)", "route": "\(route.path)",
                "status": "\(answer.status.code)", "microseconds": "\(nanoseconds / 1000)",
            ])
    }

    /// A failure is told to the operator; the next time tries again.
    func maintain() async {
        do {
            try await vault.maintain()
            if options.publishesLedger { try await vault.publishCheckpoint() }
        } catch {
            logger.error("maintenance failed", metadata: ["error": "\(FaultWords(error))"])
        }
    }

    func log(fault: any Error, reference: String, route: Route) {
        logger.error(
            "fault",
            metadata: [
                "reference": "\(reference)", "method": "\(route.method)", "route": "\(route.path)",
                "error": "\(FaultWords(fault))",
            ])
    }
}

/// What an operator may read of an error: our own words, or the name of a type. A foreign error's text may hold anything.
struct FaultWords: CustomStringConvertible {
    let description: String

    init(_ error: any Error) {
        description =
            switch error {
            case let error as StorageError: error.userMessage
            case let error as VaultError: error.userMessage
            default: "\(type(of: error))"
            }
    }
}
