import Foundation
import Ledger
import Rules
import Storage
import Testing

@testable import Sealing
@testable import Vault

/// A vault with a clock that moves, and people who sign in.
struct SignInScene {
    let fixture: Fixture
    let clock: TestClock
    let vault: DocumentVault

    init() async throws {
        fixture = try await Fixture.copy()
        clock = TestClock()
        vault = try await Self.open(fixture, clock)
    }

    static func open(_ fixture: Fixture, _ clock: TestClock) async throws -> DocumentVault {
        try await DocumentVault.open(
            fixture.vaultPath, unlockedWith: Fixture.secret(),
            in: VaultEnvironment(now: { clock.now }, day: { $0.dayInUTC }, random: .system))
    }

    func pass(seconds: Int64) { clock.move(to: clock.now.adding(seconds: seconds)) }

    func signIn(_ name: String, _ password: String = "a long password", code: Key? = nil) async throws -> SessionToken {
        try await vault.signIn(username: name, password: key(password), code: code)
    }

    /// Signs in anew.
    func caller(_ name: String, _ password: String = "a long password", code: Key? = nil) async throws -> Caller {
        try await vault.caller(try await signIn(name, password, code: code))
    }

    func refusal(_ work: () async throws -> Void) async -> VaultError? {
        do {
            try await work()
            return nil
        } catch {
            return error as? VaultError
                ?? {
                    Issue.record("\(error)"); return nil
                }()
        }
    }

    /// What somebody is told who signs in; `nil` when it works.
    func refusal(_ name: String, _ password: String, code: Key? = nil) async -> VaultError? {
        await refusal { _ = try await signIn(name, password, code: code) }
    }

    /// Gives somebody a second factor.
    func enrol(_ name: String) async throws -> (authenticator: Authenticator, recoveryCodes: [[UInt8]]) {
        let caller = try await caller(name)
        let authenticator = try Authenticator(try await vault.offerSecondFactor(as: caller))
        let codes = try await vault.confirmSecondFactor(try authenticator.code(at: clock.now), as: caller)
        pass(seconds: 30)
        return (authenticator, codes)
    }

    func kinds(since index: UInt64) async throws -> [EventKind] { try await vault.kinds(since: index) }

    func details(since index: UInt64) async throws -> [[String: String]] {
        var details: [[String: String]] = []
        for row in try await vault.records.read({ try $0.entries(in: index..<$0.logSize()) }) {
            details.append(try await vault.opened(row)?.detail ?? [:])
        }
        return details
    }
}

/// What somebody carries in a pocket.
struct Authenticator {
    private let secret: Key

    init(_ offer: SecondFactorOffer) throws {
        var bytes = try #require(Base32.rfc4648.decode(offer.secret))
        try #require(bytes.count == 20)
        secret = Key(try SecretBytes(wiping: &bytes))
    }

    func code(at moment: Instant) throws -> Key {
        var code = try TOTP.code(secret.secret, step: moment.milliseconds / 30_000, digits: 6)
        return Key(try SecretBytes(wiping: &code))
    }
}

func key(_ text: String) throws -> Key { try key(Array(text.utf8)) }

func key(_ bytes: [UInt8]) throws -> Key {
    var bytes = bytes
    return Key(try SecretBytes(wiping: &bytes))
}

extension Fixture {
    /// From now on nothing shows whether the vault was rolled back, so it may not be changed.
    func forgetAnchor() { try? FileManager.default.removeItem(at: folder.appending(path: "anchor")) }

    /// The files of the vault in which one of the texts stands.
    func whereabouts(of needles: [[UInt8]]) throws -> [String] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: vaultPath)
        try #require(names.contains("records.sqlite"))
        return try names.filter { name in
            let path = vaultPath + "/" + name
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
                return false
            }
            let data = try Data(contentsOf: URL(filePath: path))
            return needles.contains { data.range(of: Data($0)) != nil }
        }
    }
}
