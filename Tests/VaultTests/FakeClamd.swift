import Foundation
import Glibc
import Storage
import Synchronization

/// A scanner that says what a test wants. It runs until it is forgotten.
final class FakeClamd: Sendable {
    /// One connection, seen from the scanner's side.
    final class Talk: Sendable {
        let socket: Int32

        init(_ socket: Int32) { self.socket = socket }

        deinit { close(socket) }

        func read(_ count: Int) -> [UInt8]? {
            var bytes = [UInt8](repeating: 0, count: count)
            var done = 0
            while done < count {
                let got = bytes.withUnsafeMutableBytes {
                    recv(socket, $0.baseAddress.map { $0 + done }, count - done, 0)
                }
                guard got > 0 else { return nil }
                done += got
            }
            return bytes
        }

        /// As far as the next zero byte.
        func command() -> String {
            var text: [UInt8] = []
            while let byte = read(1)?[0], byte != 0 { text.append(byte) }
            return String(decoding: text, as: UTF8.self)
        }

        /// One frame; `nil` at the end of the stream, or when it breaks off.
        func frame() -> [UInt8]? {
            guard let head = read(4) else { return nil }
            let count = head.reduce(0) { $0 << 8 | Int($1) }
            return count == 0 ? nil : read(count)
        }

        func stream() -> [UInt8] {
            var bytes: [UInt8] = []
            while let frame = frame() { bytes += frame }
            return bytes
        }

        func say(_ text: String) {
            let bytes = Array(text.utf8)
            _ = send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        }

        /// Until the other side hangs up.
        func wait() { while read(1) != nil {} }
    }

    static let version = "ClamAV 1.4.6/27453/Sat Nov 21 08:30:00 2026"

    let path: String
    private let listener: Int32

    /// `scan`: what happens once a stream was announced.
    init(
        in folder: URL, version: String = FakeClamd.version + "\0", scan: @escaping @Sendable (Talk) -> Void
    ) throws {
        let path = folder.appending(path: "clamd-\(UInt32.random(in: 0...UInt32.max))").path
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, listen(listener, 16) == 0 else { throw CocoaError(.fileWriteUnknown) }
        self.path = path
        self.listener = listener
        Thread {
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                let talk = Talk(connection)
                Thread {
                    switch talk.command() {
                    case "zVERSION": talk.say(version)
                    case "zINSTREAM": scan(talk)
                    default: break
                    }
                }.start()
            }
        }.start()
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    /// One that reads to the end and then says this.
    static func saying(_ answer: String, in folder: URL) throws -> FakeClamd {
        try FakeClamd(in: folder) { talk in
            _ = talk.stream()
            talk.say(answer)
        }
    }

    /// One that finds whatever holds these bytes.
    static func finding(_ marker: String, in folder: URL) throws -> FakeClamd {
        try FakeClamd(in: folder) { talk in
            let isFound = String(decoding: talk.stream(), as: UTF8.self).contains(marker)
            talk.say(isFound ? "stream: Test.Marker FOUND\0" : "stream: OK\0")
        }
    }

    func scanner(stepSeconds: Double = 5, totalSeconds: Double = 10) throws -> ClamdScanner {
        guard let address = ScannerAddress(path) else { throw CocoaError(.fileReadInvalidFileName) }
        return ClamdScanner(address, timeouts: ScanTimeouts(stepSeconds: stepSeconds, totalSeconds: totalSeconds))
    }
}

/// Content that counts how often it is read.
final class CountedContent: ContentSource {
    private let state: Mutex<(left: Int, reads: Int)>
    private let watch: @Sendable (Int) -> Void

    /// `watch`: told before each read how many there were.
    init(byteCount: Int, watch: @escaping @Sendable (Int) -> Void = { _ in }) {
        state = Mutex((byteCount, 0))
        self.watch = watch
    }

    var reads: Int { state.withLock(\.reads) }

    func read(_ count: Int) throws -> [UInt8] {
        watch(reads)
        return state.withLock { state in
            let part = min(count, state.left)
            state.left -= part
            state.reads += 1
            return Array(repeating: 0x61, count: part)
        }
    }
}
