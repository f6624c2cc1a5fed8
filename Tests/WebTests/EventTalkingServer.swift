import Foundation
import Glibc
import Synchronization

/// A server that says its lines in turn to one client, and writes down what it hears.
final class TalkingServer: Sendable {
    let port: Int
    private let listener: Int32
    private let lines = Mutex<[String]>([])

    /// `answers`: the first is said at once, each other one after a line from the client. An empty one closes.
    init(_ answers: [String]) throws {
        let (listener, port) = try Receiver.listen()
        self.port = port
        self.listener = listener
        Thread { [weak self] in
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            defer { close(connection) }
            for (index, answer) in answers.enumerated() {
                if index > 0, self?.hear(connection) != true { return }
                guard !answer.isEmpty else { return }
                let text = answer + "\r\n"
                _ = Glibc.send(connection, text, text.utf8.count, Int32(MSG_NOSIGNAL))
            }
            while self?.hear(connection) == true {}
        }.start()
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    var heard: [String] { lines.withLock { $0 } }

    private func hear(_ connection: Int32) -> Bool {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while recv(connection, &byte, 1, 0) == 1 {
            guard byte != UInt8(ascii: "\n") else {
                lines.withLock { $0.append(String(decoding: line.dropLast(), as: UTF8.self)) }
                return true
            }
            line.append(byte)
        }
        return false
    }
}
