import Foundation
import Rules
import Sealing
import Storage
import Synchronization
import Vault

/// Documents of the large vault: each has one wrap for the party whose key is rotated.
private let documents = Int(ProcessInfo.processInfo.environment["MUNIMENT_BENCH_DOCUMENTS"] ?? "") ?? 1_000_000

/// In one large vault: the retention plan, the rotation of a party's key with a reader beside it, the replacement of the root key, and
/// the erasure of a child.
func measureKeys(in folder: String) async throws {
    let bench = try await Bench(in: folder)
    let perChild = 1000
    let paths = try makeFiles(perChild, bytes: 300, in: folder)
    let filling = try await seconds {
        for number in 0..<documents / perChild {
            let (_, caseID) = try await bench.makeChild(number)
            try await bench.fill([caseID], paths)
        }
    }
    report("documents deposited to fill the vault", Double(documents) / filling, "files/s")
    try await measurePlan(bench)
    try await measureRotation(bench, folder)
    try await measureRekey(bench)
    try await measureErasure(bench, folder)
    try await bench.vault.close()
}

private func measurePlan(_ bench: Bench) async throws {
    let text = [UInt8](try Data(contentsOf: URL(filePath: "Policies/retention.yaml")))
    let version = try await bench.vault.proposeSchedule(text, as: bench.recordsManager)
    try await bench.vault.approveSchedule(
        version, sha256: Digest.sha256(text).hex, as: bench.rightsOfficer)
    var planned = 0
    let time = try await seconds {
        planned = try await bench.vault.simulate(as: bench.recordsManager) { _ in }.now.items
    }
    guard planned == documents else { throw BenchError(what: "\(planned) documents were planned") }
    report("retention plan over \(documents) documents", time, "s")
}

private func measureRotation(_ bench: Bench, _ folder: String) async throws {
    let caseID = try await bench.makeCase(0)
    try await bench.fill([caseID], try makeFiles(20, bytes: 20_000, in: folder))
    let found = try await bench.vault.documents(of: caseID, as: bench.officer).compactMap { DocumentID($0.id) }
    let alone = try await readTimes(bench, found, until: { $0 >= 500 })
    let isDone = Mutex(false)
    async let beside = readTimes(bench, found, until: { _ in isDone.withLock { $0 } })
    var done: RotationProgress?
    let time = try await seconds {
        done = try await bench.vault.rotate(.health, as: bench.administrator) { _ in }
        isDone.withLock { $0 = true }
    }
    let meanwhile = try await beside
    guard let done, done.isFinished else { throw BenchError(what: "the rotation did not finish") }
    report("party key rotation, \(done.rewrapped) wraps, a reader beside it", time, "s")
    report("a read alone: median", alone[alone.count / 2] * 1000, "ms")
    report("a read during the rotation: median", meanwhile[meanwhile.count / 2] * 1000, "ms")
    report("reads during the rotation to reads alone", meanwhile[meanwhile.count / 2] / alone[alone.count / 2], "times")
}

/// Seconds of each read, sorted, by one reader without a pause.
private func readTimes(
    _ bench: Bench, _ documents: [DocumentID], until isEnough: @Sendable (Int) -> Bool
) async throws -> [Double] {
    var times: [Double] = []
    while !isEnough(times.count) {
        let id = documents[times.count % documents.count]
        times.append(
            try await seconds {
                let content = try await bench.vault.open(id, as: bench.officer)
                try content.read { _ in }
            })
    }
    return times.sorted()
}

private func measureRekey(_ bench: Bench) async throws {
    let secret = try Key(from: .system)
    try await bench.vault.beginCeremony(as: bench.administrator)
    try await bench.vault.approveCeremony(as: bench.rightsOfficer)
    let time = try await seconds {
        try await bench.vault.issue(
            NewCustody(kind: .keyFile, custody: .keyFile, secret: secret), as: bench.administrator)
        try await bench.vault.completeCeremony(presenting: secret, as: bench.administrator)
    }
    report("replacement of the root key in a vault of \(documents) documents", time, "s")
}

private func measureErasure(_ bench: Bench, _ folder: String) async throws {
    let count = 1000
    let place = folder + "/erased"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    let (child, caseID) = try await bench.makeChild(-1)
    try await bench.fill([caseID], try makeFiles(count, bytes: 200_000, in: place))
    try await bench.vault.closeCase(caseID, as: bench.officer)
    let id = try await bench.vault.list(
        .child(child), ground: .mistake, reason: "Benchmark", as: bench.recordsManager)
    try await bench.vault.review(id, as: bench.manager)
    try await bench.vault.approve(id, coolingDays: 0, as: bench.rightsOfficer)
    let time = try await seconds { _ = try await bench.vault.execute(id, as: bench.recordsManager) }
    report("erasure of a child with \(count) documents of 200 kB, certificate included", time, "s")
}
