import Foundation
import Glibc
import Storage
import Vault

/// Sends notices by a program of this machine that takes a message on its standard input, as sendmail does. No shell has a hand in it.
struct MailProgram: EventSender {
    let path: String
    let from: String
    let to: [String]
    var seconds = 60

    func send(_ event: CloudEvent, _ delivery: Delivery, at now: Instant) async throws {
        let message = MailMessage(event, delivery.kind, from: from, to: to, now: now)
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = ["-i", "-f", from, "--"] + to
        process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        let input = Pipe()
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        // Before it runs, so that a program that ends without reading breaks no pipe: a notice is smaller than a pipe holds.
        // A program of this machine takes its own line ends.
        try input.fileHandleForWriting.write(contentsOf: Data(message.bytes.filter { $0 != UInt8(ascii: "\r") }))
        try input.fileHandleForWriting.close()
        do { try process.run() } catch { throw SendFailure.notReachable }
        try await end(of: process)
        // EX_TEMPFAIL and all else may be mended by the operator; that a mailbox does not exist, and that the message is
        // not to be had, may not.
        switch process.terminationStatus {
        case EX_OK: return
        case EX_NOUSER, EX_DATAERR: throw SendFailure.rejected(Int(process.terminationStatus))
        default: throw SendFailure.program(process.terminationStatus)
        }
    }

    private func end(of process: Process) async throws {
        let pauses = seconds * 20
        for _ in 0..<pauses {
            guard process.isRunning else { return }
            // Told to stop: the program is ended too, and the notice sent again by the next start.
            do { try await Task.sleep(for: .milliseconds(50)) } catch { break }
        }
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        throw SendFailure.tooSlow
    }
}
