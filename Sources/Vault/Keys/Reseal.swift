internal import Ledger
public import Rules
internal import Sealing
public import Storage

/// Whose papers are given new keys.
public enum ResealTarget: Hashable, Sendable {
    case document(DocumentID)
    case child(ChildID)
    /// Everything that the party has a wrap of.
    case party(Party)

    /// `document …`, `child …`, `party health`.
    public var name: String {
        switch self {
        case .document(let id): "document \(id)"
        case .child(let id): "child \(id)"
        case .party(let party): "party \(party.rawValue)"
        }
    }
}

/// How far resealing has come in this run.
public struct ResealProgress: Hashable, Sendable, Codable {
    /// As `ResealTarget.name`.
    public let of: String
    /// Whether content is sealed anew, and not its header alone.
    public let isContent: Bool
    public internal(set) var renditions = 0
    public internal(set) var objects = 0
    public internal(set) var byteCount: UInt64 = 0
    public internal(set) var isFinished = false
}

extension DocumentVault {
    /// What is sealed aside before it is made durable together: this bounds what a crash costs.
    private static let batchCount = 512
    private static let batchBytes: UInt64 = 128 << 20

    /// Gives renditions new keys and objects, while others work: the wraps stay those of the same parties. It goes on where an earlier run
    /// was stopped. What has the same object, because the content is the same, is resealed with it.
    ///
    /// `content`: whether the content is sealed anew, after a suspected leak; otherwise the object gets a header for the new key alone, so
    /// that whoever had the old key and an old copy of the object still opens that copy, and the new one with the payload key from it.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.document)`, `.notFound(.child)`; `.partySealed` when a sealed party has wraps;
    ///   `.changedMeanwhile` when others keep depositing the same content; `StorageError`. What was done before stays done.
    public func reseal(
        _ target: ResealTarget, content: Bool, as caller: Caller,
        progress: @escaping @Sendable (ResealProgress) -> Void
    ) async throws -> ResealProgress {
        try await authorise("key.rotate", caller)
        let row = try await beginReseal(target, content: content, caller)
        var done = ResealProgress(of: row.owner, isContent: row.isContent)
        var fruitless = 0
        while fruitless < 3 {
            let before = done.renditions
            var seen = 0
            try await eachRendition(of: target, since: row) { renditions in
                seen += renditions.count
                try await reseal(renditions, row, &done, progress)
            }
            if seen == 0 { break }
            fruitless = done.renditions == before ? fruitless + 1 : 0
        }
        guard fruitless < 3 else { throw VaultError.changedMeanwhile }
        try await end(row, target, done, caller)
        done.isFinished = true
        return done
    }

    /// Whether resealing has begun and not ended.
    public func isResealing(_ target: ResealTarget) async throws -> Bool {
        try await records.read { try $0.reseals() }.contains { $0.owner == target.name }
    }

    private func event(_ kind: EventKind, _ target: ResealTarget, _ caller: Caller) async throws -> (Event, ChildKey?) {
        switch target {
        case .party(let party): return (Event(kind, by: caller).on(["party": party.rawValue]), nil)
        case .child(let child):
            guard let key = try await childKey(child) else { throw VaultError.notFound(.child) }
            return (Event(kind, by: caller).about(child), key)
        case .document(let id):
            guard let document = try await records.read({ try $0.document(id) }),
                let key = try await childKey(document.child)
            else { throw VaultError.notFound(.document) }
            return (Event(kind, by: caller).about(document.child).on(["document": "\(id)"]), key)
        }
    }

    /// Writes down that it begins, or finds what was begun. One that asks for more than that begins anew.
    private func beginReseal(_ target: ResealTarget, content: Bool, _ caller: Caller) async throws -> ResealRow {
        let (event, key) = try await event(.keyRotationBegun, target, caller)
        let log = try row(event.with(["kind": content ? "content" : "header"]), childKey: key)
        return try await records.write { transaction in
            if let row = try transaction.reseals().first(where: { $0.owner == target.name }), row.isContent || !content
            {
                return row
            }
            let row = ResealRow(
                owner: target.name, begun: try transaction.append(log), isContent: content, person: caller.person)
            try transaction.put(row)
            return row
        }
    }

    private func end(_ row: ResealRow, _ target: ResealTarget, _ done: ResealProgress, _ caller: Caller) async throws {
        let (event, key) = try await event(.keyRotated, target, caller)
        let detail = ["kind": row.isContent ? "content" : "header", "changed": String(done.renditions)]
        let log = try self.row(event.with(detail), childKey: key)
        try await records.write { transaction in
            // Another process may have finished it.
            guard try transaction.reseals().contains(row) else { return }
            _ = try transaction.append(log)
            try transaction.settle(row)
        }
    }

    /// Hands over what is not resealed yet, page by page. What came after the beginning has a key that nobody suspects.
    private func eachRendition(
        of target: ResealTarget, since row: ResealRow, _ work: ([RenditionRow]) async throws -> Void
    ) async throws {
        func isDue(_ rendition: RenditionRow) -> Bool {
            (rendition.entry ?? 0) < row.begun && (rendition.reseal?.entry ?? 0) < row.begun
        }
        switch target {
        case .document(let id): try await work(records.read { try $0.renditions(of: id) }.filter(isDue))
        case .child(let child): try await work(records.read { try $0.renditions(about: child) }.filter(isDue))
        case .party(let party):
            var last: RenditionID?
            while true {
                let after = last
                let page = try await keyring.read {
                    try $0.wraps(for: party.rawValue, before: .max, after: after, limit: 2000)
                }
                guard let end = page.last else { return }
                let found = try await records.read { transaction in
                    try page.compactMap { try transaction.rendition(keyed: $0.rendition) }
                }
                try await work(found.filter(isDue))
                last = end.rendition
            }
        }
    }

    /// A page of renditions, in batches: while one is made durable the next is sealed aside.
    private func reseal(
        _ renditions: [RenditionRow], _ row: ResealRow, _ done: inout ResealProgress,
        _ progress: @Sendable (ResealProgress) -> Void
    ) async throws {
        var batches = Self.batches(of: renditions)[...]
        var made = try await restage(batches.popFirst() ?? [], content: row.isContent)
        while !made.isEmpty || !batches.isEmpty {
            let ahead = batches.popFirst() ?? []
            async let next = restage(ahead, content: row.isContent)
            do {
                for group in try await commit(made, row) {
                    done.objects += 1
                    done.renditions += group.renditions.count
                    done.byteCount += group.staged.byteCount
                }
            } catch {
                discard((try? await next) ?? [])
                throw error
            }
            progress(done)
            made = try await next
            try Task.checkCancellation()
        }
    }

    private static func batches(of renditions: [RenditionRow]) -> [[Digest]] {
        var batches: [[Digest]] = []
        var byteCount: UInt64 = 0
        let objects = Dictionary(grouping: renditions, by: \.object).mapValues { $0[0].byteCount }
        for (object, bytes) in objects.sorted(by: { $0.key.hex < $1.key.hex }) {
            if let last = batches.last, last.count < batchCount, byteCount < batchBytes {
                batches[batches.count - 1].append(object)
                byteCount += bytes
            } else {
                batches.append([object])
                byteCount = bytes
            }
        }
        return batches
    }
}
