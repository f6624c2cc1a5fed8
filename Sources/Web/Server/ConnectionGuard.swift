import Glibc
import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// How long a client may take, and how much it may do at once.
struct ConnectionLimits: Sendable {
    /// From the connection's or the last answer's end to the next request's head, TLS included.
    var headSeconds: Int64 = 15
    /// A body must bring this many bytes in each window, while we are reading it.
    var bodyWindowSeconds: Int64 = 15
    var bodyWindowBytes = 8 << 10
    /// What is written must go out within this time, piece by piece.
    var writeSeconds: Int64 = 30
    /// Connections of one network at once.
    var perNetwork = 128
}

/// Keeps one connection to its limits. The framework's idle timer looks at neither slow bodies nor slow readers.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private enum Phase {
        case waitingForHead
        case readingBody
        case answering
    }

    private let limits: ConnectionLimits
    private let counter: ConnectionCounter
    private var network: Network?
    private var phase = Phase.waitingForHead
    private var timer: Scheduled<Void>?
    /// Of the body, in this window.
    private var received = 0
    /// We asked for more and nothing has come: it is the client who is slow.
    private var isAsking = false
    private var writeTimer: Scheduled<Void>?
    private var unwritten = 0
    private var closesAfterAnswer = false
    /// Requests whose answers have not gone out to their end.
    private var owed = 0

    init(_ limits: ConnectionLimits, _ counter: ConnectionCounter) {
        self.limits = limits
        self.counter = counter
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let network = Network(context.remoteAddress)
        guard counter.admit(network, atMost: limits.perNetwork) else { return context.close(promise: nil) }
        self.network = network
        // Without the check the connection is not served.
        do { try HeadCheck.add(to: context.pipeline.syncOperations) } catch { return context.close(promise: nil) }
        wait(for: .waitingForHead, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        timer?.cancel()
        writeTimer?.cancel()
        if let network { counter.leave(network) }
        network = nil
    }

    func read(context: ChannelHandlerContext) {
        isAsking = true
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isAsking = false
        switch unwrapInboundIn(data) {
        case .head(let head):
            owed += 1
            wait(for: .readingBody, context)
            // Behind an answer that is still going out it would stand in the middle of it.
            if owed == 1, head.headerFields[.expect]?.lowercased() == "100-continue" {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
        case .body(let part): received += part.readableBytes
        // It may have been answered before it had come to its end.
        case .end: wait(for: owed > 0 ? .answering : .waitingForHead, context)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let part = unwrapOutboundIn(data)
        if case .head(let head) = part, head.headerFields[.connection] == "close" { closesAfterAnswer = true }
        let written = promise ?? context.eventLoop.makePromise()
        unwritten += 1
        if writeTimer == nil { waitForWriting(context) }
        let isLast = if case .end = part { true } else { false }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let this = NIOLoopBound(self, eventLoop: context.eventLoop)
        written.futureResult.whenComplete { _ in this.value.wrote(isLast: isLast, bound.value) }
        context.write(data, promise: written)
    }

    /// Something went out, so the client reads: the time for the rest begins anew.
    private func wrote(isLast: Bool, _ context: ChannelHandlerContext) {
        unwritten -= 1
        writeTimer?.cancel()
        writeTimer = nil
        if unwritten > 0 { waitForWriting(context) }
        guard isLast else { return }
        owed -= 1
        if closesAfterAnswer { return context.close(promise: nil) }
        if case .answering = phase, owed == 0 { wait(for: .waitingForHead, context) }
    }

    private func waitForWriting(_ context: ChannelHandlerContext) {
        writeTimer = schedule(limits.writeSeconds, context) { _, context in context.close(promise: nil) }
    }

    private func wait(for phase: Phase, _ context: ChannelHandlerContext) {
        self.phase = phase
        timer?.cancel()
        timer = nil
        switch phase {
        case .waitingForHead:
            timer = schedule(limits.headSeconds, context) { _, context in context.close(promise: nil) }
        case .readingBody: waitForBody(context)
        case .answering: break
        }
    }

    private func waitForBody(_ context: ChannelHandlerContext) {
        received = 0
        timer = schedule(limits.bodyWindowSeconds, context) { this, context in
            guard !this.isAsking || this.received >= this.limits.bodyWindowBytes else {
                return context.close(promise: nil)
            }
            this.waitForBody(context)
        }
    }

    private func schedule(
        _ seconds: Int64, _ context: ChannelHandlerContext,
        _ act: @escaping @Sendable (ConnectionGuard, ChannelHandlerContext) -> Void
    ) -> Scheduled<Void> {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let this = NIOLoopBound(self, eventLoop: context.eventLoop)
        return context.eventLoop.scheduleTask(in: .seconds(seconds)) { act(this.value, bound.value) }
    }
}

extension Network {
    init(_ address: SocketAddress?) {
        // Where `sockaddr_in` and `sockaddr_in6` keep the address itself.
        let bytes = address?.withSockAddr { Array(UnsafeRawBufferPointer(start: $0, count: $1)) } ?? []
        switch address {
        case .v4: self.init(ipv4: Array(bytes[4..<8]))
        case .v6: self.init(ipv6: Array(bytes[8..<24]))
        case .unixDomainSocket, nil: self = .local
        }
    }
}
