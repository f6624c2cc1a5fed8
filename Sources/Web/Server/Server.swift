import HTTPTypes
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle
import Synchronization
import UnixSignals

extension Service {
    /// Answers requests until the process is told to stop; then ends those that run, and returns.
    ///
    /// `deliveries`: what sends events beside it.
    /// `whenReady`: called once connections are taken, wherever people and systems come.
    public func run(
        _ configuration: ServiceConfiguration, deliveries: Deliveries? = nil, logger: Logger,
        whenReady: @escaping @Sendable () async -> Void
    ) async throws {
        func application(
            _ entrance: Entrance, _ server: HTTPServerBuilder, _ address: ServiceConfiguration.Address,
            whenReady: @escaping @Sendable () async -> Void
        ) -> some ServiceLifecycle.Service {
            Application(
                responder: router(entrance), server: server,
                configuration: ApplicationConfiguration(
                    address: address.bindAddress, serverName: nil, backlog: 1024,
                    availableConnectionsDelegate: MaximumAvailableConnections(configuration.connections)),
                onServerRunning: { _ in await whenReady() }, logger: logger)
        }
        let entrances = Countdown(configuration.systems == nil ? 1 : 2)
        let opened: @Sendable () async -> Void = { if entrances.arrive() { await whenReady() } }
        var services: [any ServiceLifecycle.Service] = [
            application(.people, try server(configuration.tls), configuration.address, whenReady: opened)
        ]
        if let systems = configuration.systems {
            services.append(application(.systems, try systemServer(systems.tls), systems.address, whenReady: opened))
        }
        services.append(Maintenance(service: self))
        if let port = configuration.metricsPort { services.append(metricsServer(port, logger)) }
        if let deliveries { services.append(deliveries) }
        let group = ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await withTaskExecutorPreference(threads) { try await group.run() }
    }

    private func http(_ entrance: Entrance) -> HTTP1Channel.Configuration {
        let limits = options.connectionLimits(entrance)
        let counter = connections
        return HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionGuard(limits, counter)],
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100))
    }

    private func server(_ files: ServiceConfiguration.TLSFiles?) throws -> HTTPServerBuilder {
        guard let files else { return .http1(configuration: http(.people)) }
        return secure(.people, try tls(files))
    }

    /// Nobody is let in without a certificate. Which one it is, and whether it is registered still, is looked at for each request: the
    /// handshake has only to show that the other side has its key, so no authority's word for it is asked for.
    private func systemServer(_ files: ServiceConfiguration.TLSFiles) throws -> HTTPServerBuilder {
        var tls = try tls(files)
        tls.certificateVerification = .noHostnameVerification
        tls.trustRoots = .certificates([])
        return secure(.systems, tls) { certificates, promise in
            promise.succeed(certificates.isEmpty ? .failed : .certificateVerified)
        }
    }

    private func secure(
        _ entrance: Entrance, _ tls: TLSConfiguration, verify: HybridTLS.Verify? = nil
    ) -> HTTPServerBuilder {
        let http = http(entrance)
        return HTTPServerBuilder { responder in
            try HybridTLS(HTTP1Channel(responder: responder, configuration: http), tls, verify: verify)
        }
    }

    private func tls(_ files: ServiceConfiguration.TLSFiles) throws -> TLSConfiguration {
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(files.certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: files.key, format: .pem)))
        tls.minimumTLSVersion = .tlsv12
        tls.applicationProtocols = ["http/1.1"]
        return tls
    }

    func router(_ entrance: Entrance) -> some HTTPResponder<RequestOrigin> {
        let routes =
            switch entrance {
            case .people: Route.all + Route.plain
            case .systems: Route.all.filter(\.isForSystems)
            }
        let router = Router(context: RequestOrigin.self)
        router.add(middleware: Unrouted(service: self, entrance: entrance, routes: routes))
        for route in routes {
            let responder = Responder(service: self, route: route, entrance: entrance)
            router.on(RouterPath(route.path), method: route.method, use: responder.respond)
            if route.method == .get { router.on(RouterPath(route.path), method: .head, use: responder.respond) }
        }
        return router.buildResponder()
    }

    private func metricsServer(_ port: Int, _ logger: Logger) -> some ServiceLifecycle.Service {
        let router = Router()
        router.get("/metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: await self.metricsText())))
        }
        return Application(
            responder: router.buildResponder(),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)), logger: logger)
    }

    private func metricsText() async -> String {
        metrics.text(
            gauges: await outboxGauges() + [
                ("muniment_connections", "Open connections.", [("", Double(connections.total))]),
                (
                    "muniment_requests_running", "Requests that are worked on, by kind of work.",
                    limits.gates.map { ("{work=\"\($0.name)\"}", Double($0.gate.load.inside)) }
                ),
                (
                    "muniment_requests_waiting", "Requests that wait for their turn, by kind of work.",
                    limits.gates.map { ("{work=\"\($0.name)\"}", Double($0.gate.load.waiting)) }
                ),
            ])
    }
}

/// Knows when the last of several has come.
private final class Countdown: Sendable {
    private let left: Mutex<Int>

    init(_ count: Int) { left = Mutex(count) }

    /// - Returns: whether it was the last.
    func arrive() -> Bool {
        left.withLock {
            $0 -= 1
            return $0 == 0
        }
    }
}

/// Looks after the vault now and then, for as long as the service runs.
private struct Maintenance: ServiceLifecycle.Service {
    let service: Web.Service

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: .seconds(30))) != nil { await service.maintain() }
        }
    }
}

/// What has no route: a problem like any other. A path that has other methods says which.
private struct Unrouted: RouterMiddleware {
    let service: Web.Service
    let entrance: Entrance
    let routes: [Route]
    /// For the log and the metrics: an address that is not ours may say anything.
    private static let route = Route(
        method: .get, path: "(none)", summary: "No such address", access: .anyone { _ in throw Problem.notFound })

    func handle(
        _ request: Request, context: RequestOrigin, next: (Request, RequestOrigin) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch is HTTPError {
            var answer = problem(request).answer(reference: context.id)
            do {
                try service.limits.network.take(1, of: service.network(request, context, entrance), at: service.now())
            } catch {
                answer = Problem(error).answer(reference: context.id)
            }
            service.observe(Self.route, answer, nanoseconds: 0, reference: context.id)
            return service.finished(answer, request)
        }
    }

    private func problem(_ request: Request) -> Problem {
        let fitting = routes.filter { $0.fits(request.uri.path) }
        // `/children/search` is not the child of that name.
        let fewest = fitting.map(\.parameters.count).min()
        let methods = fitting.filter { $0.parameters.count == fewest }.flatMap {
            $0.method == .get ? [.get, .head] : [$0.method]
        }
        guard !methods.isEmpty else { return .notFound }
        var problem = Problem(.methodNotAllowed, "method-not-allowed", "This address does not have that method.")
        problem.headers[.allow] = methods.map(\.rawValue).joined(separator: ", ")
        return problem
    }
}

extension ServiceConfiguration.Address {
    fileprivate var bindAddress: BindAddress {
        switch self {
        case .port(let host, let port): .hostname(host, port: port)
        case .socket(let path): .unixDomainSocket(path: path)
        }
    }
}
