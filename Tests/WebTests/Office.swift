import Foundation
import HTTPTypes
import Logging
import Rules
import Sealing
import Storage
import Synchronization
import Testing
import Vault

@testable import Web

/// A vault with a child, a case and a team, behind a service on a socket of its own.
final class Office: Sendable {
    /// 1 October 2026, 09:00 UTC: the shipped agreement is in force.
    static let start = Instant(milliseconds: 1_790_845_200_000)
    static let password = "a long password"
    static let team = [
        ("sam", "SEND", Party.education), ("hana", "SCH", .education), ("priya", "HADV", .health),
        ("yusuf", "YJS", .youthJustice), ("pat", "P", .family),
    ]
    static let others = [("henry", "HADV", Party.health), ("dana", "DPO", .rights), ("mona", "SMGR", .education)]

    let folder: URL
    let caseID: CaseID
    let child: ChildID
    let clock: Clock
    let log = Log()
    private let tokens: [String: String]

    final class Clock: Sendable {
        private let now = Mutex(Office.start)
        func read() -> Instant { now.withLock { $0 } }
        func advance(seconds: Int64) { now.withLock { $0 = $0.adding(seconds: seconds) } }
    }

    final class Log: Sendable {
        private let lines = Mutex<[String]>([])
        func write(_ line: String) { lines.withLock { $0.append(line) } }
        var text: String { lines.withLock { $0.joined() } }
    }

    private init(folder: URL, caseID: CaseID, child: ChildID, clock: Clock, tokens: [String: String]) {
        self.folder = folder
        self.caseID = caseID
        self.child = child
        self.clock = clock
        self.tokens = tokens
    }

    var socket: String { folder.appending(path: "s").path }
    var vaultPath: String { folder.appending(path: "vault").path }

    /// Makes an office, opens it, and closes it when `work` ends.
    ///
    /// `hasRules`: there is a rights.yaml.
    static func open(
        _ change: (inout ServiceOptions) -> Void = { _ in }, yaml: (Office) throws -> String = { _ in "" },
        hasRules: Bool = true,
        _ work: @Sendable (Office) async throws -> Void
    ) async throws {
        let (office, vault) = try await make(hasRules: hasRules)
        let text = """
            vault: \(office.vaultPath)
            unlock:
              key-file: /not/read/here
            listen:
              socket: \(office.socket)
            \(try yaml(office))
            """
        let configuration = try ServiceConfiguration(PolicyText(file: "muniment.yaml", text: text))
        var options = configuration.options
        change(&options)
        let (clock, log) = (office.clock, office.log)
        let logger = Logger(label: "test") { label in
            JSONLog(label: label, now: clock.read) { log.write($0) }
        }
        let service = Service(
            vault, options: options, now: clock.read, nanoseconds: { DispatchTime.now().uptimeNanoseconds },
            logger: logger)
        let deliveries = try Deliveries(configuration.events, vault, now: clock.read, logger: logger) { path in
            try key(String(contentsOfFile: path, encoding: .utf8).utf8.prefix { $0 != 10 })
        }
        let (ready, isReady) = AsyncStream<Void>.makeStream()
        let running = Task {
            defer { isReady.finish() }
            try await service.run(configuration, deliveries: deliveries, logger: logger) { isReady.finish() }
        }
        for await _ in ready {}
        do {
            try await work(office)
        } catch {
            running.cancel()
            throw error
        }
        running.cancel()
        _ = try? await running.value
        try await vault.close()
        try FileManager.default.removeItem(at: office.folder)
    }

    /// Everything is made once; each test gets a copy.
    private static let prepared = Task { try await prepare() }

    static func make(hasRules: Bool = true) async throws -> (Office, DocumentVault) {
        let original = try await prepared.value
        let folder = try scratchFolder()
        try FileManager.default.removeItem(at: folder)
        try FileManager.default.copyItem(at: original.folder, to: folder)
        let marker = folder.appending(path: "vault/muniment-vault")
        let text = try String(contentsOf: marker, encoding: .utf8)
        try text.replacingOccurrences(of: original.folder.path, with: folder.path)
            .write(to: marker, atomically: true, encoding: .utf8)
        let office = Office(
            folder: folder, caseID: original.caseID, child: original.child, clock: Clock(), tokens: original.tokens)
        let environment = VaultEnvironment(
            now: office.clock.read, day: { $0.dayInUTC }, random: .system,
            rights: hasRules ? try shipped("rights", RightsPolicy.load) : nil,
            claims: hasRules ? try shipped("claims", ClaimsPolicy.load) : nil)
        let vault = try await DocumentVault.open(
            office.vaultPath, unlockedWith: try key([UInt8](repeating: 7, count: 32)), in: environment)
        return (office, vault)
    }

    private static func scratchFolder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "muniment-web/\(Hex.encode(RandomSource.system.bytes(6)))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    private static func prepare() async throws -> Office {
        let folder = try scratchFolder()
        let path = folder.appending(path: "vault").path
        let clock = Clock()
        let environment = VaultEnvironment(now: clock.read, day: { $0.dayInUTC }, random: .system)
        let new = NewVault(
            origin: "vault.test/ledger", anchorPath: folder.appending(path: "anchor").path, custody: .keyFile,
            administrator: .init(username: "ada", name: "Ada Admin", organisation: "Digital"),
            policies: try shippedPolicies())
        try await DocumentVault.create(
            new, in: path, unlockedBy: try key([UInt8](repeating: 7, count: 32)), password: try key(password.utf8),
            environment: environment)
        let vault = try await DocumentVault.open(
            path, unlockedWith: try key([UInt8](repeating: 7, count: 32)), in: environment)
        var tokens: [String: SessionToken] = ["ada": try await signIn("ada", vault)]
        let ada = try await vault.caller(try #require(tokens["ada"]))
        for (name, role, party) in team + others {
            let organisation = try await vault.addOrganisation("\(name)'s office", party: party, as: ada)
            _ = try await vault.addPerson(
                NewPerson(
                    username: name, name: "\(name) Example", organisation: organisation,
                    roles: [Role(rawValue: role)]), password: try key(password.utf8), as: ada)
            tokens[name] = try await signIn(name, vault)
        }
        let sam = try await vault.caller(try #require(tokens["sam"]))
        let child = try await vault.addChild(
            ChildProfile(
                name: "Robin Example", dateOfBirth: try #require(Day("2015-04-01")), nhsNumber: "943 476 5919",
                upn: nil), as: sam)
        let caseID = try await vault.openCase(for: child, purpose: "ehc.assessment", as: sam)
        for (name, role, _) in team where name != "sam" {
            try await vault.addToTeam(name, role: Role(rawValue: role), of: caseID, as: sam)
        }
        try await vault.close()
        return Office(
            folder: folder, caseID: caseID, child: child, clock: clock,
            tokens: tokens.mapValues { Hex.encode($0.bytes) })
    }

    private static func signIn(_ name: String, _ vault: DocumentVault) async throws -> SessionToken {
        try await vault.signIn(username: name, password: try key(password.utf8))
    }

    private static func key(_ bytes: some Sequence<UInt8>) throws -> Key {
        var bytes = Array(bytes)
        return Key(try SecretBytes(wiping: &bytes))
    }

    private static func shipped<Rules>(
        _ name: String, _ load: (PolicyText) throws(PolicyError) -> Rules
    ) throws -> Rules {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Policies/\(name).yaml")
        return try load(PolicyText(file: "\(name).yaml", text: try String(contentsOf: file, encoding: .utf8)))
    }

    static func shippedPolicies() throws -> [PolicyFile: [UInt8]] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Policies")
        return try PolicyFile.allCases.reduce(into: [:]) { texts, file in
            texts[file] = [UInt8](try Data(contentsOf: root.appending(path: file.rawValue)))
        }
    }
}

extension Office {
    func token(_ name: String) throws -> String { try #require(tokens[name]) }

    /// Asks, and holds every JSON answer against what the description says of it.
    @discardableResult
    func ask(
        _ method: String, _ path: String, as name: String? = nil, _ headers: [String: String] = [:],
        json: String? = nil, body: [UInt8]? = nil
    ) async throws -> Peer.Answer {
        var headers = headers
        if let name { headers["Authorization"] = "Bearer \(try token(name))" }
        if json != nil { headers["Content-Type"] = "application/json" }
        let body = body ?? json.map { Array($0.utf8) }
        if let body { headers["Content-Length"] = String(body.count) }
        let head =
            "\(method) \(path) HTTP/1.1\r\nHost: test\r\n"
            + headers.map { "\($0): \($1)\r\n" }.joined() + "\r\n"
        let socket = socket
        let answer = try await offMain {
            let peer = try Peer(socket: socket)
            // A refusal may come, and the connection close, before all of a body is sent.
            try? peer.send(Array(head.utf8) + (body ?? []))
            return try peer.answer(hasBody: method != "HEAD")
        }
        try check(answer, of: method, path)
        return answer
    }

    private func check(_ answer: Peer.Answer, of method: String, _ path: String) throws {
        guard answer.headers["content-type"]?.contains("json") == true, answer.isWhole, !answer.body.isEmpty,
            method != "HEAD"
        else { return }
        let value = try JSON(parsing: answer.body)
        if answer.headers["content-type"] == "application/problem+json" {
            #expect(Problem.schema.fault(in: value) == nil)
            return
        }
        let route = Route.all.first { $0.method.rawValue == method && $0.fits(String(path.prefix { $0 != "?" })) }
        if let route, case .json(let schema) = route.answer {
            #expect(schema.fault(in: value) == nil, "\(method) \(route.path): \(answer.text)")
            #expect(answer.status == route.status.code)
        }
    }

    /// Deposits a document of `bytes`.
    func deposit(
        _ bytes: [UInt8], as name: String = "priya", _ headers: [String: String] = [:]
    ) async throws -> Peer.Answer {
        let fixed = ["Content-Type": "application/octet-stream", "Document-Title": "Advice%20of%20a%20kind"]
        return try await ask(
            "POST", "/v1/cases/\(caseID)/documents?category=D05", as: name, fixed.merging(headers) { $1 }, body: bytes)
    }
}

/// What waits on a socket, on a thread that may.
func offMain<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue(label: "peer").async { continuation.resume(with: Swift.Result(catching: work)) }
    }
}

extension Peer.Answer: @unchecked Sendable {}

extension Instant {
    /// The tests live in a zone without summer time.
    var dayInUTC: Day {
        guard let day = Day("1970-01-01")?.adding(days: Int(milliseconds / 86_400_000)) else {
            preconditionFailure("the tests stay within the calendar")
        }
        return day
    }
}
