import Foundation
import Testing

@testable import Sealing

/// The stock `openssl` program in a folder of its own, which goes when this is forgotten.
final class OpenSSLProgram {
    let folder: URL
    private let clock: String?

    /// `clock`: what the program takes for now, as `faketime` reads it.
    init(clock: String? = nil) throws {
        self.clock = clock
        folder = FileManager.default.temporaryDirectory.appending(path: "muniment-openssl-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func write(_ bytes: [UInt8], _ name: String) throws { try Data(bytes).write(to: folder.appending(path: name)) }

    func read(_ name: String) throws -> [UInt8] { try Array(Data(contentsOf: folder.appending(path: name))) }

    /// Its exit status, with all that it printed. Arguments are parted by spaces; names of files are in the folder.
    func run(_ arguments: String, clock: String? = nil) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            ((clock ?? self.clock).map { ["faketime", $0] } ?? []) + ["openssl"]
            + arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = folder
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    func expectDone(_ arguments: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let (status, output) = try run(arguments)
        #expect(status == 0, "openssl \(arguments): \(output)", sourceLocation: sourceLocation)
    }
}

/// A vault's signer, with a certificate from 2020 to 2040.
enum Signing {
    static let begin: Int64 = 1_577_836_800
    static let end: Int64 = 2_208_988_800
    static let moment: Int64 = 1_700_000_000
    static let content = Array(#"{"certificate":"disposal","number":7}"#.utf8)

    static func signer(vault: String = "0123456789abcdef0123456789abcdef") throws -> CMSSigner {
        let key = try CMSSigner.makeKey(from: .system)
        let certificate = try CMSSigner.certify(key, vault: vault, from: begin, to: end, random: .system)
        return try CMSSigner(key: key, certificate: certificate)
    }
}
