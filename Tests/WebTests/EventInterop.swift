import Foundation

/// Python with aiosmtpd, in an environment of its own that is made once, under `.build`.
enum Python {
    static let package = "aiosmtpd==1.4.6"
    static let tests = URL(filePath: #filePath).deletingLastPathComponent()
    static let root = tests.deletingLastPathComponent().deletingLastPathComponent()
    static let environment = root.appending(path: ".build/python-mail").path
    static let python = "\(environment)/bin/python3"

    static var isRequired: Bool { ProcessInfo.processInfo.environment["CI"] != nil }

    /// What went wrong while the environment was made; empty when it is there.
    static let fault: String = {
        do {
            let listed = try run([python, "-m", "pip", "freeze"])
            if listed.status == 0, listed.output.contains(package) { return "" }
            for command in [
                ["python3", "-m", "venv", "--clear", environment],
                [python, "-m", "pip", "install", "--quiet", "--retries", "1", "--timeout", "15", package],
            ] {
                let (status, output) = try run(command)
                guard status == 0 else { return "\(command.joined(separator: " ")): \(output)" }
            }
            return ""
        } catch {
            return "\(error)"
        }
    }()

    /// Runs a command, and returns its exit status and all that it printed.
    static func run(_ command: [String], input: Data = Data()) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        let (given, pipe) = (Pipe(), Pipe())
        process.standardInput = given
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        try given.fileHandleForWriting.write(contentsOf: input)
        try given.fileHandleForWriting.close()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}

/// A mail server, or another script with a certificate, that runs until it is let go. Nothing of it changes once it runs.
final class MailSink: @unchecked Sendable {
    struct Mail: Decodable {
        let from: String
        let to: [String]
        let tls: Bool
        let text: String
    }

    let folder: URL
    let port: Int
    private let process = Process()
    private let input = Pipe()

    init(in folder: URL, script: String = "mail_sink.py") throws {
        self.folder = folder
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let made = try Python.run([
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
            folder.appending(path: "key.pem").path, "-out", folder.appending(path: "certificate.pem").path, "-days",
            "7",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
        ])
        guard made.status == 0 else { throw Peer.Broken() }
        // Only now: until the script listens somebody else could take it.
        port = try Receiver.freePort()
        process.executableURL = URL(filePath: Python.python)
        process.arguments = [Python.tests.appending(path: "Interop/\(script)").path, folder.path, String(port)]
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        guard !output.fileHandleForReading.availableData.isEmpty else { throw Peer.Broken() }
    }

    deinit {
        // A service in this process has SIGTERM ignored, and what is begun here inherits that.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    var certificate: String { folder.appending(path: "certificate.pem").path }

    /// Waits until so many messages are there.
    func wait(for count: Int, seconds: Int = 120) async throws -> [Mail] {
        for _ in 0..<(seconds * 50) {
            let mails = try mails()
            if mails.count >= count { return mails }
            try await Task.sleep(for: .milliseconds(20))
        }
        return try mails()
    }

    func mails() throws -> [Mail] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }.sorted().map {
            try JSONDecoder().decode(Mail.self, from: Data(contentsOf: folder.appending(path: $0)))
        }
    }
}
