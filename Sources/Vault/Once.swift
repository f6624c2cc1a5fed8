internal import Foundation
public import Sealing
internal import Storage
internal import Synchronization

extension DocumentVault {
    /// For how long a request's key is remembered.
    public static let requestSeconds: Int64 = 24 * 3600

    /// Does what a request asks once, however often it is sent with the same key: later ones get the first one's answer.
    ///
    /// That it was done is written in the transaction that does it, so a crash in between leaves neither.
    ///
    /// `key`: the sender's own; `asked`: the digest of everything that was asked.
    ///
    /// - Throws: `VaultError.keyReused` when the key came with another question, `.beingDone` while it is being done, `.doneBefore` when
    ///   it was done and the answer was lost with a crash; whatever `work` throws.
    public func once(
        _ key: String, asked: Digest, as caller: Caller, _ work: @Sendable () async throws -> [UInt8]
    ) async throws -> [UInt8] {
        let names = keys.blindIndexes("request", "\(caller.person)|\(key)").compactMap { Digest($0) }
        guard let digest = names.first else { preconditionFailure("a blind index has 32 bytes") }
        let now = environment.now()
        guard running.begin(digest) else { throw VaultError.beingDone }
        defer { running.end(digest) }
        let known = try await records.read { transaction in try names.compactMap { try transaction.request($0) } }
        if let row = known.first,
            row.added.adding(seconds: Self.requestSeconds) > now
        {
            guard row.asked == asked else { throw VaultError.keyReused }
            guard let answer = row.answer else { throw VaultError.doneBefore }
            return try keys.fields.open(answer, Self.answerFacts(row.key))
        }
        let row = RequestRow(key: digest, asked: asked, added: now, answer: nil)
        let answer = try await RequestRow.$current.withValue(row) { try await work() }
        let sealed = try keys.fields.seal(answer, Self.answerFacts(digest), random: environment.random)
        let answered = RequestRow(key: digest, asked: asked, added: now, answer: sealed)
        try await records.write(isAct: false) { try $0.put(answered) }
        return answer
    }

    /// Forgets the requests whose keys need not be remembered any more.
    func removeOldRequests() async throws {
        let oldest = environment.now().adding(seconds: -Self.requestSeconds)
        try await records.write(isAct: false) { try $0.removeRequests(before: oldest) }
    }

    private static func answerFacts(_ key: Digest) -> Facts {
        .field(table: "requests", column: "answer", row: key.bytes, owner: [])
    }
}

/// The requests with a key that this process is working on.
final class RunningRequests: Sendable {
    private let keys = Mutex<Set<Digest>>([])

    func begin(_ key: Digest) -> Bool { keys.withLock { $0.insert(key).inserted } }
    func end(_ key: Digest) { keys.withLock { _ = $0.remove(key) } }
}
