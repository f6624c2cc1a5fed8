import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A connection for one exchange in lines, within a time.
final class Wire: Sendable {
    /// Of what has come and was not read yet. Nobody who is told something has more to say than a line.
    private static let longestAnswer = 4096

    private let channel: any Channel
    private let inbox: Inbox

    private init(_ channel: any Channel, _ inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    /// Connects, lets `talk` have the connection, and closes it.
    ///
    /// `tls`: encryption from the first byte, for this name.
    /// `seconds`: for all of it.
    static func open<Result: Sendable>(
        _ host: String, _ port: Int, _ reach: Reach, tls: NIOSSLContext?, seconds: Int64,
        _ talk: (Wire) async throws -> Result
    ) async throws -> Result {
        for address in try await reach.resolve(host, port) {
            let inbox = Inbox(longest: longestAnswer)
            let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(min(10, seconds)))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        if let tls { try pipeline.addHandler(handler(tls, host)) }
                        try pipeline.addHandler(InboxFiller(inbox))
                    }
                }
            guard let channel = try? await bootstrap.connect(to: address).get() else { continue }
            return try await Wire(channel, inbox).talk(within: seconds, talk)
        }
        throw SendFailure.notReachable
    }

    private func talk<Result: Sendable>(within seconds: Int64, _ talk: (Wire) async throws -> Result) async throws
        -> Result
    {
        let (channel, inbox) = (channel, inbox)
        let timer = channel.eventLoop.scheduleTask(in: .seconds(seconds)) {
            inbox.end(.tooSlow)
            channel.close(promise: nil)
        }
        defer {
            timer.cancel()
            channel.close(promise: nil)
        }
        return try await withTaskCancellationHandler {
            try await talk(self)
        } onCancel: {
            inbox.end(.closed)
            channel.close(promise: nil)
        }
    }

    func send(_ bytes: [UInt8]) async throws {
        do {
            try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
        } catch {
            throw inbox.ending ?? .closed
        }
    }

    /// The next line, without its end.
    func line() async throws -> String { try await inbox.line() }

    /// Encrypts from here on. What the server said before and was not asked for would be taken for said under encryption.
    func startTLS(_ context: NIOSSLContext, _ host: String) async throws {
        let (channel, inbox) = (channel, inbox)
        try await channel.eventLoop.submit {
            guard inbox.isEmpty else { throw SendFailure.injected }
            try channel.pipeline.syncOperations.addHandler(Self.handler(context, host), position: .first)
        }.get()
    }

    /// A name is checked against the certificate; an address is too, but is not sent as a name.
    private static func handler(_ context: NIOSSLContext, _ host: String) throws -> NIOSSLClientHandler {
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
    }

    /// `caFile`: whom to believe, in place of whom the system believes.
    static func context(caFile: String?) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let caFile { configuration.trustRoots = .file(caFile) }
        return try NIOSSLContext(configuration: configuration)
    }
}

/// What has come over a connection and was not read yet.
private final class Inbox: Sendable {
    fileprivate struct State {
        var received: [UInt8] = []
        var waiter: CheckedContinuation<Void, any Error>?
        var ending: SendFailure?
    }

    private let state = Mutex(State())
    private let longest: Int

    init(longest: Int) { self.longest = longest }

    var isEmpty: Bool { state.withLock { $0.received.isEmpty } }
    var ending: SendFailure? { state.withLock { $0.ending } }

    func put(_ bytes: some Sequence<UInt8>) {
        let waiter = state.withLock { state in
            state.received += bytes
            if state.received.count > longest { state.ending = state.ending ?? .answerTooLong }
            return state.takeWaiter()
        }
        waiter?.resume()
    }

    func end(_ failure: SendFailure) {
        let waiter = state.withLock { state in
            state.ending = state.ending ?? failure
            return state.takeWaiter()
        }
        waiter?.resume()
    }

    func line() async throws -> String {
        while true {
            if let line = try state.withLock({ try $0.takeLine() }) { return line }
            try await withCheckedThrowingContinuation { (waiter: CheckedContinuation<Void, any Error>) in
                let isReady = state.withLock { state in
                    // It may have come between the two looks.
                    if state.ending != nil || state.received.contains(UInt8(ascii: "\n")) { return true }
                    state.waiter = waiter
                    return false
                }
                if isReady { waiter.resume() }
            }
        }
    }
}

extension Inbox.State {
    fileprivate mutating func takeWaiter() -> CheckedContinuation<Void, any Error>? {
        defer { waiter = nil }
        return waiter
    }

    /// - Throws: how it ended, when no whole line is left.
    fileprivate mutating func takeLine() throws -> String? {
        if ending == .answerTooLong { throw SendFailure.answerTooLong }
        guard let end = received.firstIndex(of: UInt8(ascii: "\n")) else {
            if let ending { throw ending }
            return nil
        }
        var line = received[..<end]
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        defer { received.removeFirst(end + 1) }
        return String(decoding: line, as: UTF8.self)
    }
}

/// Puts what comes into the inbox.
private final class InboxFiller: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let inbox: Inbox

    init(_ inbox: Inbox) { self.inbox = inbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        inbox.put(unwrapInboundIn(data).readableBytesView)
        if inbox.ending != nil { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) { inbox.end(.closed) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        inbox.end(error is NIOSSLError || error is BoringSSLError ? .notTrusted : .closed)
        context.close(promise: nil)
    }
}
