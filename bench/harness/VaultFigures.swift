import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Vault

private let start = Instant(milliseconds: 1_790_000_000_000)

private func environment() throws -> VaultEnvironment {
    guard let day = Day("2026-10-01") else { throw CocoaError(.fileReadUnknown) }
    return VaultEnvironment(now: { start }, day: { _ in day }, random: .system)
}

private func secret(_ text: String) throws -> Key {
    var bytes = Array(text.utf8)
    return Key(try SecretBytes(wiping: &bytes))
}

/// A vault with a case officer, a clinician, and the two who change the agreement.
struct Bench {
    let vault: DocumentVault
    let officer: Caller
    let clinician: Caller
    let manager: Caller
    let rightsOfficer: Caller
    let administrator: Caller
    let recordsManager: Caller

    init(in folder: String) async throws {
        let unlock = try secret(String(repeating: "k", count: 32))
        let password = try secret("a long password")
        var policies: [PolicyFile: [UInt8]] = [:]
        for file in PolicyFile.allCases {
            policies[file] = [UInt8](try Data(contentsOf: URL(filePath: "Policies/\(file.rawValue)")))
        }
        let path = folder + "/vault"
        try await DocumentVault.create(
            NewVault(
                origin: "bench.example/ledger", anchorPath: "../anchor", custody: .keyFile,
                administrator: .init(username: "ada", name: "Ada", organisation: "Bench"), policies: policies),
            in: path, unlockedBy: unlock, password: password, environment: environment())
        let vault = try await DocumentVault.open(path, unlockedWith: unlock, in: environment())
        func signIn(_ name: String) async throws -> Caller {
            try await vault.caller(try await vault.signIn(username: name, password: password))
        }
        let ada = try await signIn("ada")
        let people = [
            ("sam", "SEND", Party.education), ("priya", "HADV", .health), ("morag", "SMGR", .education),
            ("dana", "DPO", .rights), ("rex", "REC", .rights),
        ]
        for (name, role, party) in people {
            let place = try await vault.addOrganisation(name, party: party, as: ada)
            _ = try await vault.addPerson(
                NewPerson(username: name, name: name, organisation: place, roles: [Role(rawValue: role)]),
                password: password, as: ada)
        }
        self.vault = vault
        officer = try await signIn("sam")
        clinician = try await signIn("priya")
        manager = try await signIn("morag")
        rightsOfficer = try await signIn("dana")
        administrator = ada
        recordsManager = try await signIn("rex")
    }

    func makeCase(_ number: Int) async throws -> CaseID { try await makeChild(number).caseID }

    func makeChild(_ number: Int) async throws -> (child: ChildID, caseID: CaseID) {
        guard let birth = Day("2015-04-01") else { throw CocoaError(.fileReadUnknown) }
        let child = try await vault.addChild(
            ChildProfile(name: "Child \(number)", dateOfBirth: birth, nhsNumber: nil, upn: nil), as: officer)
        let id = try await vault.openCase(for: child, purpose: "ehc.assessment", as: officer)
        try await vault.addToTeam("priya", role: "HADV", of: id, as: officer)
        return (child, id)
    }

    /// Imports every one of `paths` into every case. A second time under another `round`: what was imported before is left out otherwise.
    func fill(_ cases: [CaseID], _ paths: [String], round: Int = 0) async throws {
        let items = cases.flatMap { caseID in
            paths.map { path in
                ImportItem(
                    path: path,
                    new: NewDocument(caseID: caseID, category: "D05", title: path, mediaType: .unknown),
                    byteCount: 1000, mark: Array("\(round) \(path)".utf8))
            }
        }
        try await vault.importFiles(items, as: clinician) { item, outcome in
            if case .refused(let error) = outcome { throw error }
        }
    }
}

func makeFiles(_ count: Int, bytes: Int, in folder: String) throws -> [String] {
    try (0..<count).map { number in
        let path = "\(folder)/file-\(number)"
        try Data(RandomSource.system.bytes(bytes)).write(to: URL(filePath: path))
        return path
    }
}

/// A proof out of a ledger of a million entries, from SQLite.
func measureProofs(in folder: String) async throws {
    let size: UInt64 = 1_000_000
    let records = try RecordsStore(vaultFolder: folder, integrity: try Key(from: .system), isNew: true)
    let batch: UInt64 = 20_000
    let time = try await seconds {
        for first in stride(from: 0, to: size, by: Int(batch)) {
            let rows = try (0..<batch).map { number in
                guard let id = EventID(RandomSource.system.bytes(16)) else { throw CocoaError(.fileReadUnknown) }
                return LogRow(
                    leaf: try Leaf(
                        time: 1_790_000_000_000 + first + number, kind: .documentRead, party: 1, id: id, openings: []),
                    child: nil, openings: nil)
            }
            try await records.write { transaction in for row in rows { _ = try transaction.append(row) } }
        }
    }
    report("ledger entries appended in batches of \(batch)", Double(size) / time, "entries/s")
    let indexes = (0..<201).map { UInt64($0) * 4_973 }
    var times: [Double] = []
    for index in indexes {
        times.append(
            try await seconds {
                let (head, proof, row) = try await records.read {
                    (try $0.treeHead(), try $0.inclusionProof(of: index, size: size), try $0.entry(at: index))
                }
                guard let proof, let row else { throw CocoaError(.fileReadUnknown) }
                try proof.verify(row.leaf.hash, in: head)
            } * 1000)
    }
    times.sort()
    report("inclusion proof at 1,000,000 entries, made and verified: median", times[100], "ms")
    report("inclusion proof at 1,000,000 entries, made and verified: slowest of 201", times[200], "ms")
    try await records.close()
}

/// Eight readers at once: each read is decided, recorded durably, and then opened.
func measureReads(in folder: String) async throws {
    let bench = try await Bench(in: folder)
    let caseID = try await bench.makeCase(1)
    let paths = try makeFiles(64, bytes: 20_000, in: folder)
    try await bench.fill([caseID], paths)
    let documents = try await bench.vault.documents(of: caseID, as: bench.officer).compactMap { DocumentID($0.id) }
    let reads = 1000
    let time = try await seconds {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for reader in 0..<8 {
                group.addTask {
                    for number in 0..<reads {
                        let id = documents[(reader * 7 + number) % documents.count]
                        let content = try await bench.vault.open(id, as: bench.officer)
                        var count = 0
                        try content.read { count += $0.count }
                        guard count == 20_000 else { throw CocoaError(.fileReadCorruptFile) }
                    }
                }
            }
            try await group.waitForAll()
        }
    }
    report("durable ledger appends by 8 concurrent readers of documents", Double(8 * reads) / time, "appends/s")
    try await bench.vault.close()
}

/// The list of one case of 50 documents, in a vault of 1,000 and in one of 100,000.
func measureLists(in folder: String) async throws {
    let paths = try makeFiles(50, bytes: 500, in: folder)
    var medians: [Double] = []
    for documents in [1_000, 100_000] {
        let place = folder + "/\(documents)"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        let bench = try await Bench(in: place)
        var cases: [CaseID] = []
        for number in 0..<(documents / paths.count) { cases.append(try await bench.makeCase(number)) }
        let time = try await seconds { try await bench.fill(cases, paths) }
        report("import of \(documents) files of 500 bytes", Double(documents) / time, "files/s")
        let middle = cases[cases.count / 2]
        var times: [Double] = []
        for _ in 0..<101 {
            times.append(
                try await seconds {
                    let list = try await bench.vault.documents(of: middle, as: bench.officer)
                    guard list.count == 50 else { throw CocoaError(.fileReadCorruptFile) }
                } * 1000)
        }
        medians.append(times.sorted()[50])
        report("list of one case (50 documents) in a vault of \(documents)", medians.last ?? 0, "ms")
        try await bench.vault.close()
    }
    report("list: 100,000 documents to 1,000", medians[1] / medians[0], "times")
}
