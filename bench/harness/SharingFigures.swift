import Foundation
import Rules
import Storage
import Synchronization
import Vault

/// What a change of the agreement and a withdrawn consent cost, in a vault of 100,000 renditions about 2,000 children and one child
/// more with 1,000 documents.
func measureSharing(in folder: String) async throws {
    let bench = try await Bench(in: folder)
    let paths = try makeFiles(50, bytes: 500, in: folder)
    var cases: [CaseID] = []
    for number in 0..<2_000 { cases.append(try await bench.makeCase(number)) }
    try await bench.fill(cases, paths)
    let (child, caseID) = try await bench.makeChild(2_000)
    try await bench.fill([caseID], try makeFiles(1_000, bytes: 501, in: folder))
    try await measureWithdrawals(bench, child)
    guard let document = try await bench.vault.documents(of: cases[7], as: bench.officer).first,
        let id = DocumentID(document.id)
    else { throw CocoaError(.fileReadUnknown) }
    try await measureChange("2", removing: true, bench, reading: id)
    try await measureChange("3", removing: false, bench, reading: id)
    try await bench.vault.close()
}

private func measureWithdrawals(_ bench: Bench, _ child: ChildID) async throws {
    guard let until = Day("2027-03-01") else { throw CocoaError(.fileReadUnknown) }
    var times: [Double] = []
    for _ in 0..<21 {
        let terms = ConsentTerms(
            kind: .lawfulBasis, purpose: "ehc.participation", categories: ["D05"], roles: ["REP"], giver: "A parent",
            capacity: .parent, authority: "Parental responsibility", notice: "1", language: "en", channel: "meeting",
            until: until)
        let consent = try await bench.vault.recordConsent(
            NewConsent(isRefusal: false, terms: terms, recipient: nil, giver: nil), about: child, as: bench.officer)
        times.append(
            try await seconds { try await bench.vault.withdrawConsent(consent, note: nil, as: bench.officer) } * 1000)
    }
    times.sort()
    report("consent withdrawn, 1,000 documents, 1,000 wraps removed: median of 21", times[10], "ms")
    report("consent withdrawn, 1,000 documents, 1,000 wraps removed: slowest of 21", times[20], "ms")
}

/// Takes health advice from the custody lead, and with it a wrap of every rendition from youth justice; or gives it back.
private func measureChange(_ version: String, removing: Bool, _ bench: Bench, reading id: DocumentID) async throws {
    func text(_ name: String) throws -> String { try String(contentsOfFile: "Policies/\(name)", encoding: .utf8) }
    let agreement = try text("agreement.yaml").replacingOccurrences(
        of: "\nversion: 1\n", with: "\nversion: \(version)\n")
    let lines = agreement.split(separator: "\n", omittingEmptySubsequences: false).map { line in
        removing && line.contains("id: D05-full") ? line.replacingOccurrences(of: ", CUST]", with: "]") : String(line)
    }
    let cases = try text("agreement.cases.yaml").split(separator: "\n", omittingEmptySubsequences: false).filter {
        line in
        !(removing && line.contains("CUST") && line.contains("D05"))
    }
    let texts = PolicyTexts(
        categories: Array(try text("categories.yaml").utf8), agreement: Array(lines.joined(separator: "\n").utf8),
        cases: Array(cases.joined(separator: "\n").utf8))
    guard lines.joined(separator: "\n") != agreement || !removing else {
        throw BenchError(what: "the custody lead has no health advice to lose")
    }
    let previewed = try await seconds {
        let preview = try await bench.vault.preview(texts, as: bench.manager) { _ in }
        guard preview.keys.first?.removed ?? 0 >= 100_000 || preview.keys.first?.added ?? 0 >= 100_000 else {
            throw BenchError(what: "the change moves fewer than 100,000 wraps: \(preview.keys)")
        }
    }
    report("preview over 101,000 renditions, version \(version)", previewed, "s")
    let proposal = try await bench.vault.propose(texts, as: bench.manager)
    try await bench.vault.approve(proposal, as: bench.rightsOfficer)
    try await bench.vault.activate(proposal, as: bench.manager)

    let isDone = Mutex(false)
    async let reads = readMeanwhile(id, bench) { isDone.withLock { $0 } }
    let aligned = try await seconds {
        let done = try await bench.vault.align(as: bench.manager) { _ in }
        guard done.changed >= 100_000 else { throw BenchError(what: "only \(done.changed) renditions changed") }
    }
    isDone.withLock { $0 = true }
    let slowest = try await reads
    report("101,000 wraps \(removing ? "removed" : "added"), the vault in use", aligned, "s")
    report("slowest read meanwhile", slowest, "ms")
}

/// Somebody reads all the time; in milliseconds, the slowest read.
private func readMeanwhile(
    _ id: DocumentID, _ bench: Bench, until isDone: @escaping @Sendable () -> Bool
) async throws -> Double {
    var slowest = 0.0
    while !isDone() {
        let time = try await seconds {
            let content = try await bench.vault.open(id, as: bench.officer)
            try content.read { _ in }
        }
        slowest = max(slowest, time * 1000)
    }
    return slowest
}

struct BenchError: Error {
    let what: String
}
