import Foundation
import Testing

@testable import Sealing

/// SoftHSM's tokens in a folder of this process's own.
private enum SoftHSM {
    static let module = "/usr/lib/softhsm/libsofthsm2.so"
    static let pin = "1234567890"

    /// On a machine that is to check everything it must be there; elsewhere its tests are left out without it.
    static var isWanted: Bool {
        FileManager.default.fileExists(atPath: module) || ProcessInfo.processInfo.environment["CI"] != nil
    }

    /// The module reads the environment when it starts, so it is set before that, once.
    static let folder: Result<URL, any Error> = Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "muniment-softhsm-\(UUID())")
        try FileManager.default.createDirectory(
            at: folder.appending(path: "tokens"), withIntermediateDirectories: true)
        let configuration = folder.appending(path: "softhsm2.conf")
        try "directories.tokendir = \(folder.path)/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
            .write(to: configuration, atomically: true, encoding: .utf8)
        setenv("SOFTHSM2_CONF", configuration.path, 1)
        atexit { try? FileManager.default.removeItem(at: try SoftHSM.folder.get()) }
        return folder
    }

    static func makeToken(_ label: String) throws {
        try run("--init-token", "--free", "--label", label, "--so-pin", "5432109876", "--pin", pin)
    }

    /// Puts an AES key on a token that somebody else has too.
    static func importKey(_ name: String, to label: String) throws {
        let file = try folder.get().appending(path: "key")
        try Data(RandomSource.system.bytes(32)).write(to: file)
        try run("--import", file.path, "--aes", "--token", label, "--label", name, "--id", "01", "--pin", pin)
    }

    /// SoftHSM counts no wrong PINs, so the flags of a token that does are written into its file.
    static func set(_ flag: UInt8, of label: String) throws {
        let tokens = try folder.get().appending(path: "tokens")
        for name in try FileManager.default.contentsOfDirectory(atPath: tokens.path) {
            let file = tokens.appending(path: "\(name)/token.object")
            var data = try Data(contentsOf: file)
            guard data.range(of: Data(label.utf8)) != nil else { continue }
            let flags = try #require(data.range(of: Data([0, 0, 0, 0, 0, 0, 0x04, 0x2d])))
            data[flags.lowerBound + 5] = flag
            try data.write(to: file)
        }
    }

    private static func run(_ arguments: String...) throws {
        _ = try folder.get()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/softhsm2-util")
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    static func open(_ label: String, pin: String = pin, module: String = module) throws -> Token {
        var bytes = Array(pin.utf8)
        return try Token(module: module, label: label, pin: SecretBytes(wiping: &bytes))
    }
}

@Suite("Wrapping by a token (SoftHSM)", .serialized, .enabled(if: SoftHSM.isWanted, "needs Debian's softhsm2"))
struct TokenTests {
    private let label = "vault \(UUID().uuidString.prefix(8))"
    private let facts = Facts("test/token", [1, 2, 3])
    private let token: Token

    init() throws {
        try SoftHSM.makeToken(label)
        token = try SoftHSM.open(label)
    }

    @Test("what the token wrapped it unwraps, later and elsewhere too, and each wrap is another")
    func roundTrip() throws {
        try token.makeKey(label: "kek")
        let key = try Key(from: .system)
        let wraps = try (0..<3).map { _ in
            try token.wrap(key, keyLabel: "kek", facts: facts, random: .system)
        }
        #expect(Set(wraps).count == 3)
        let later = try SoftHSM.open(label)
        for wrap in wraps {
            #expect(wrap.count == 61 && wrap[0] == 1)
            let opened = try later.unwrap(wrap, keyLabel: "kek", facts: facts)
            let isSame = opened.secret.isEqual(to: key.secret)
            #expect(isSame)
        }
    }

    @Test("any flipped byte, any cut, other facts and another key are refused")
    func refusals() throws {
        try token.makeKey(label: "kek")
        try token.makeKey(label: "other")
        let wrap = try token.wrap(Key(from: .system), keyLabel: "kek", facts: facts, random: .system)
        for position in wrap.indices.dropFirst() {
            var damaged = wrap
            damaged[position] ^= 1
            #expect(throws: SealingError.token(.wrapRefused), "byte \(position)") {
                try token.unwrap(damaged, keyLabel: "kek", facts: facts)
            }
        }
        for damaged in [[], [1], Array(wrap.dropLast()), wrap + [0]] {
            #expect(throws: SealingError.token(.wrapRefused)) {
                try token.unwrap(damaged, keyLabel: "kek", facts: facts)
            }
        }
        #expect(throws: SealingError.token(.wrapRefused)) {
            try token.unwrap(wrap, keyLabel: "kek", facts: Facts("test/token", [1, 2, 4]))
        }
        #expect(throws: SealingError.token(.wrapRefused)) { try token.unwrap(wrap, keyLabel: "other", facts: facts) }
        #expect(throws: SealingError.unknownVersion(2)) {
            try token.unwrap([2] + wrap.dropFirst(), keyLabel: "kek", facts: facts)
        }
    }

    @Test("a wrong PIN, an absent token and what is no module are told apart")
    func openings() throws {
        for pin in ["0987654321", "1", ""] {
            #expect(throws: SealingError.token(.wrongPIN)) { try SoftHSM.open(label, pin: pin) }
        }
        for absent in ["no such token", String(label.dropLast()), String(repeating: "x", count: 33)] {
            #expect(throws: SealingError.token(.tokenAbsent)) { try SoftHSM.open(absent) }
        }
        // The last but one is found by its bare name once it is loaded, which it is.
        for module in ["", "/nowhere/module.so", "/etc/passwd", "libsofthsm2.so", "/lib64/ld-linux-x86-64.so.2"] {
            #expect(throws: SealingError.token(.moduleNotLoadable), "\(module)") {
                try SoftHSM.open(label, module: module)
            }
        }
        #expect(throws: Never.self) { try SoftHSM.open(label) }
    }

    @Test("two tokens of one label are not chosen between")
    func ambiguousToken() throws {
        try SoftHSM.makeToken(label)
        #expect(throws: SealingError.token(.tokenAmbiguous)) { try SoftHSM.open(label) }
    }

    @Test("a label stands for one key: absent, made, and not made twice")
    func keys() throws {
        #expect(throws: SealingError.token(.keyAbsent)) {
            try token.wrap(Key(from: .system), keyLabel: "kek", facts: facts, random: .system)
        }
        try token.makeKey(label: "kek")
        #expect(throws: SealingError.token(.keyExists)) { try token.makeKey(label: "kek") }
        #expect(throws: SealingError.token(.keyAbsent)) {
            try token.wrap(Key(from: .system), keyLabel: "ke", facts: facts, random: .system)
        }
    }

    @Test("a key brought from outside is not wrapped with, and keeps its label")
    func foreignKey() throws {
        try SoftHSM.importKey("outside", to: label)
        #expect(throws: SealingError.token(.keyAbsent)) {
            try token.wrap(Key(from: .system), keyLabel: "outside", facts: facts, random: .system)
        }
        #expect(throws: SealingError.token(.keyExists)) { try token.makeKey(label: "outside") }
    }

    @Test("two keys of one label are not chosen between")
    func ambiguousKey() throws {
        for _ in 0..<2 { try token.visit(1 << 1) { visit throws(SealingError) in try visit.makeKey("kek") } }
        #expect(throws: SealingError.token(.keyAmbiguous)) {
            try token.wrap(Key(from: .system), keyLabel: "kek", facts: facts, random: .system)
        }
    }

    @Test("a token that would lock at the next wrong PIN, or has locked, is not asked")
    func pinsLeft() {
        #expect(TokenModule.fault(beforeLogin: 0) == nil)
        #expect(TokenModule.fault(beforeLogin: 1 << 16) == nil)
        #expect(TokenModule.fault(beforeLogin: 3 << 16) == .lastTry)
        #expect(TokenModule.fault(beforeLogin: 7 << 16) == .pinLocked)
    }

    @Test(
        "the token's own word for its PIN is heard before one is tried",
        arguments: [0x02: .lastTry, 0x04: TokenFault.pinLocked])
    func lastTry(flag: UInt8, fault: TokenFault) throws {
        try SoftHSM.set(flag, of: label)
        #expect(throws: SealingError.token(fault)) { try SoftHSM.open(label) }
        #expect(throws: SealingError.token(fault)) { try token.makeKey(label: "kek") }
    }

    @Test("many threads may use it at once")
    func threads() async throws {
        try token.makeKey(label: "kek")
        let token = token
        let facts = facts
        let opened = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let key = try Key(from: .system)
                    let wrap = try token.wrap(key, keyLabel: "kek", facts: facts, random: .system)
                    return try token.unwrap(wrap, keyLabel: "kek", facts: facts).secret.isEqual(to: key.secret)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(opened == Array(repeating: true, count: 8))
    }
}
