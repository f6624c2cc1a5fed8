import NIOCore
import NIOSSL

/// What of a TLS client's first message (RFC 8446, section 4.1.2) the choice of a key agreement goes by.
enum ClientHello {
    /// What is longer, or in more records, is refused: no client sends that.
    private static let mostBytes = 17 << 10
    private static let mostRecords = 8
    private static let handshakeRecord: UInt8 = 22
    private static let clientHello: UInt32 = 1
    private static let supportedGroups: UInt16 = 10
    private static let supportedVersions: UInt16 = 43
    private static let tls13: UInt16 = 0x0304

    /// What is no greeting, or none that can be understood: whoever sits in between might have made it so, to keep the hybrid out.
    struct Unreadable: Error {}

    /// Whether the client takes X25519MLKEM768, which is for TLS 1.3 alone. `nil` while not all of the message is there.
    ///
    /// - Throws: `Unreadable`.
    static func offersHybrid(_ received: ByteBuffer) throws(Unreadable) -> Bool? {
        guard received.readableBytes <= mostBytes else { throw Unreadable() }
        var (records, message) = (received, ByteBuffer())
        for _ in 0..<mostRecords {
            guard let kind = records.readInteger(as: UInt8.self) else { return nil }
            // An alert before it would be passed over by TLS.
            guard kind == handshakeRecord else { throw Unreadable() }
            guard records.readInteger(as: UInt16.self) != nil,
                var part = records.readLengthPrefixedSlice(as: UInt16.self)
            else { return nil }
            message.writeBuffer(&part)
            guard let head = message.getInteger(at: 0, as: UInt32.self) else { continue }
            guard head >> 24 == clientHello else { throw Unreadable() }
            if let hello = message.getSlice(at: 4, length: Int(head & 0xff_ffff)) {
                return try offersHybrid(in: hello)
            }
        }
        throw Unreadable()
    }

    private static func offersHybrid(in hello: ByteBuffer) throws(Unreadable) -> Bool {
        var hello = hello
        // Version and random; session; cipher suites; compressions.
        guard hello.readSlice(length: 34) != nil, hello.readLengthPrefixedSlice(as: UInt8.self) != nil,
            hello.readLengthPrefixedSlice(as: UInt16.self) != nil, hello.readLengthPrefixedSlice(as: UInt8.self) != nil
        else { throw Unreadable() }
        // Before TLS 1.3 it may end here.
        guard hello.readableBytes > 0 else { return false }
        guard var extensions = hello.readLengthPrefixedSlice(as: UInt16.self) else { throw Unreadable() }
        var (versions, groups): ([UInt16], [UInt16]) = ([], [])
        while extensions.readableBytes > 0 {
            guard let kind = extensions.readInteger(as: UInt16.self),
                var content = extensions.readLengthPrefixedSlice(as: UInt16.self)
            else { throw Unreadable() }
            switch kind {
            case supportedVersions: versions = numbers(content.readLengthPrefixedSlice(as: UInt8.self))
            case supportedGroups: groups = numbers(content.readLengthPrefixedSlice(as: UInt16.self))
            default: break
            }
        }
        return versions.contains(tls13) && groups.contains(NIOTLSCurve.x25519_MLKEM768.rawValue)
    }

    private static func numbers(_ list: ByteBuffer?) -> [UInt16] {
        guard var list else { return [] }
        var numbers: [UInt16] = []
        while let number = list.readInteger(as: UInt16.self) { numbers.append(number) }
        return numbers
    }
}
