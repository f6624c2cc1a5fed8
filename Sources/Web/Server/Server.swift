import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
public import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle
import UnixSignals

extension Service {
    /// Answers requests until the process is told to stop; then ends those that run, and returns.
    ///
    /// `deliveries`: what sends events beside it.
    /// `whenReady`: called once connections are taken.
    public func run(
        _ configuration: ServiceConfiguration, deliveries: Deliveries? = nil, logger: Logger,
        whenReady: @escaping @Sendable () async -> Void
    ) async throws {
        let application = Application(
            responder: router(), server: try server(configuration),
            configuration: ApplicationConfiguration(
                address: configuration.address.bindAddress, serverName: nil, backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(configuration.connections)),
            onServerRunning: { _ in await whenReady() }, logger: logger)
        var services: [any ServiceLifecycle.Service] = [application]
        services.append(Maintenance(service: self))
        if let port = configuration.metricsPort { services.append(metricsServer(port, logger)) }
        if let deliveries { services.append(deliveries) }
        let group = ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await withTaskExecutorPreference(threads) { try await group.run() }
    }

    private func server(_ configuration: ServiceConfiguration) throws -> HTTPServerBuilder {
        let limits = options.connectionLimits
        let counter = connections
        let http = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionGuard(limits, counter)],
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100))
        guard let files = configuration.tls else { return .http1(configuration: http) }
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(files.certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: files.key, format: .pem)))
        tls.minimumTLSVersion = .tlsv12
        tls.curves = [.x25519_MLKEM768, .x25519, .secp256r1, .secp384r1]
        tls.applicationProtocols = ["http/1.1"]
        return try .tls(.http1(configuration: http), tlsConfiguration: tls)
    }

    func router() -> some HTTPResponder<RequestOrigin> {
        let router = Router(context: RequestOrigin.self)
        router.add(middleware: Unrouted(service: self))
        for route in Route.all + Route.plain {
            let responder = Responder(service: self, route: route)
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

    func handle(
        _ request: Request, context: RequestOrigin, next: (Request, RequestOrigin) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch is HTTPError {
            return service.finished(problem(request).answer(reference: context.id), request)
        }
    }

    private func problem(_ request: Request) -> Problem {
        let fitting = (Route.all + Route.plain).filter { $0.fits(request.uri.path) }
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
