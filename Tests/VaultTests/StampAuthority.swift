import Foundation
import Sealing
import Storage

/// A time-stamping authority made of the stock `openssl`, whose clock a test sets.
final class StampAuthority {
    struct Failed: Error {
        let output: String
    }

    let folder: URL
    let certificates: [Certificate]

    /// Its certificates begin at this moment.
    init(at now: Instant) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "muniment-tsa-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let configuration = """
            [req]
            distinguished_name = name
            [name]
            [stamp]
            basicConstraints = critical,CA:FALSE
            keyUsage = critical,digitalSignature
            extendedKeyUsage = critical,timeStamping
            [tsa]
            default_tsa = authority
            [authority]
            serial = serial
            crypto_device = builtin
            signer_digest = sha256
            default_policy = 1.2.3.4.1
            digests = sha256
            accuracy = secs:1
            ess_cert_id_alg = sha256

            """
        try Data(configuration.utf8).write(to: folder.appending(path: "c.cnf"))
        try Self.run(
            "req -x509 -config c.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=Stamps -extensions stamp"
                + " -days 3650 -keyout stamp.key -out stamp.pem", in: folder, at: now)
        certificates = try Certificate.list(pem: Array(Data(contentsOf: folder.appending(path: "stamp.pem"))))
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func answer(to request: TimeStampRequest, at now: Instant) throws -> [UInt8] {
        try write(request.der, "q.tsq")
        try run(
            "ts -reply -config c.cnf -section authority -queryfile q.tsq -signer stamp.pem -inkey stamp.key -out r.tsr",
            at: now)
        return try Array(Data(contentsOf: folder.appending(path: "r.tsr")))
    }

    func write(_ bytes: [UInt8], _ name: String) throws { try Data(bytes).write(to: folder.appending(path: name)) }

    /// `openssl` with these arguments, parted by spaces, in the authority's folder.
    func run(_ arguments: String, at now: Instant) throws { try Self.run(arguments, in: folder, at: now) }

    private static func run(_ arguments: String, in folder: URL, at now: Instant) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            ["faketime", "@\(now.milliseconds / 1000)", "openssl"] + arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = folder
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed(output: String(decoding: output, as: UTF8.self)) }
    }
}
