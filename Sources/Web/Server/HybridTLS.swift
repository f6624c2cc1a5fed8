import HummingbirdCore
import Logging
import NIOCore
import NIOSSL

/// TLS that agrees on its keys by X25519MLKEM768 with whoever takes it, so that what is recorded today stays closed to a quantum computer of later.
///
/// The library goes by the client's order, and has no setting to go by ours. So there are two settings, and the client's greeting chooses.
struct HybridTLS: ServerChildChannel {
    private let base: HTTP1Channel
    private let hybrid: NIOSSLContext
    private let classical: NIOSSLContext
    private let verify: Verify?

    typealias Verify = @Sendable ([NIOSSLCertificate], EventLoopPromise<NIOSSLVerificationResult>) -> Void

    /// `configuration`: all but the groups.
    /// `verify`: looks at a client's certificates, in place of TLS.
    init(_ base: HTTP1Channel, _ configuration: TLSConfiguration, verify: Verify? = nil) throws {
        var configuration = configuration
        configuration.curves = [.x25519_MLKEM768]
        hybrid = try NIOSSLContext(configuration: configuration)
        configuration.curves = [.x25519, .secp256r1, .secp384r1]
        classical = try NIOSSLContext(configuration: configuration)
        self.base = base
        self.verify = verify
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(
                GreetingReader { offersHybrid in
                    NIOSSLServerHandler(
                        context: offersHybrid ? hybrid : classical, customVerificationCallback: verify,
                        configuration: .init())
                })
        }.flatMap { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}

/// Holds a connection's first bytes back until they say which TLS is to have them. How long that may take is `ConnectionGuard`'s.
private final class GreetingReader: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let tls: (Bool) -> NIOSSLServerHandler
    private var received = ByteBuffer()

    /// `tls`: what goes on, for a client that offers the hybrid or does not.
    init(_ tls: @escaping (Bool) -> NIOSSLServerHandler) { self.tls = tls }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.writeImmutableBuffer(unwrapInboundIn(data))
        let pipeline = context.pipeline.syncOperations
        do {
            guard let offersHybrid = try ClientHello.offersHybrid(received) else { return }
            try pipeline.addHandler(tls(offersHybrid), position: .after(self))
        } catch {
            return context.close(promise: nil)
        }
        context.fireChannelRead(wrapInboundOut(received))
        pipeline.removeHandler(self, promise: nil)
    }
}
