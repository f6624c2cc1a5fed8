internal import Ledger
internal import Rules
internal import Sealing
public import Storage
internal import Synchronization

/// One file of a bulk import.
public struct ImportItem: Sendable {
    public let path: String
    public let new: NewDocument
    public let byteCount: UInt64
    /// What the file is known by from run to run: its place in the import, its length and when it changed.
    public let mark: [UInt8]

    public init(path: String, new: NewDocument, byteCount: UInt64, mark: [UInt8]) {
        self.path = path
        self.new = new
        self.byteCount = byteCount
        self.mark = mark
    }
}

/// What became of one file.
public enum ImportOutcome: Sendable {
    case stored(Receipt)
    /// An earlier run stored it.
    case alreadyThere(DocumentID)
    /// Left out, and why.
    case refused(any Error)
}

extension DocumentVault {
    /// How much one transaction takes: enough to share its cost, little enough to lose in a crash.
    private static let batchFiles = 512
    private static let batchBytes: UInt64 = 128 << 20

    /// Deposits many files. A file that cannot be taken is reported and the others go on; a second run leaves out what the
    /// first one stored.
    ///
    /// While one batch is made durable the next is being sealed.
    ///
    /// `report`: told of every file once its fate is durable, in order of batches.
    ///
    /// - Throws: what stops the whole import: a full disk, an expired session.
    public func importFiles(
        _ items: [ImportItem], as caller: Caller,
        report: @escaping @Sendable (ImportItem, ImportOutcome) throws -> Void
    ) async throws {
        try requireWritable()
        let run = ImportRun(vault: self, caller: caller)
        var rest = items[...]
        var committing: Task<Void, any Error>?
        while !rest.isEmpty {
            let batch = try await run.stage(&rest, files: Self.batchFiles, bytes: Self.batchBytes)
            try await committing?.value
            committing = Task {
                let receipts = try await commit(batch.drafts, as: caller)
                for (item, receipt) in zip(batch.items, receipts) { try report(item, .stored(receipt)) }
                for (item, outcome) in batch.others { try report(item, outcome) }
            }
        }
        try await committing?.value
        try await log(Event(.imported, by: caller).with(["files": String(items.count)]))
    }

    /// What a file of an import is known by in the records: keyed, so that it tells nothing.
    func source(_ item: ImportItem) -> Digest {
        keys.service(.blindIndex).secret.authenticate(
            Facts("import", item.new.caseID.bytes, Array(item.new.category.rawValue.utf8), item.mark).bytes)
    }
}

/// Deals out the numbers from 0 on, each to one worker.
private final class Turns: Sendable {
    private let next = Atomic(0)

    func take() -> Int { next.add(1, ordering: .relaxed).oldValue }
}

/// One run of an import: what it has learned about who may deposit where.
private final class ImportRun {
    private struct Place: Hashable {
        let caseID: CaseID
        let category: Category
        let labels: Set<Label>
    }

    struct Batch: Sendable {
        var items: [ImportItem] = []
        var drafts: [Draft] = []
        var others: [(ImportItem, ImportOutcome)] = []
    }

    private static let workers = 2
    private let vault: DocumentVault
    private let caller: Caller
    private var seen: Set<Digest> = []
    private var authors: [Place: Result<Author, any Error>] = [:]

    init(vault: DocumentVault, caller: Caller) {
        self.vault = vault
        self.caller = caller
    }

    /// Seals the next files aside, until the batch is full.
    func stage(_ rest: inout ArraySlice<ImportItem>, files: Int, bytes: UInt64) async throws -> Batch {
        var batch = Batch()
        var chosen: [(item: ImportItem, author: Author)] = []
        for (item, source, document) in try await next(&rest, files: files, bytes: bytes) {
            guard seen.insert(source).inserted else {
                batch.others.append((item, .refused(VaultError.invalid(field: "row", reason: "the file stands twice"))))
                continue
            }
            // Who may not deposit here is not told what is here.
            switch await author(for: item) {
            case .failure(let error): batch.others.append((item, .refused(error)))
            case .success(let author):
                if let document {
                    batch.others.append((item, .alreadyThere(document)))
                } else {
                    chosen.append((item, author))
                }
            }
        }
        for (choice, result) in zip(chosen, await Self.seal(chosen, in: vault)) {
            switch result {
            case .success(let draft):
                batch.items.append(choice.item)
                batch.drafts.append(draft)
            case .failure(let error):
                try Self.stopIfHopeless(error)
                batch.others.append((choice.item, .refused(error)))
            }
        }
        return batch
    }

    /// The next files, each with its mark and what an earlier run made of it: one look at the records for all of them.
    private func next(
        _ rest: inout ArraySlice<ImportItem>, files: Int, bytes: UInt64
    ) async throws -> [(ImportItem, Digest, DocumentID?)] {
        var items: [(ImportItem, Digest)] = []
        var byteCount: UInt64 = 0
        while items.count < files, byteCount < bytes, let item = rest.popFirst() {
            items.append((item, vault.source(item)))
            byteCount += item.byteCount
        }
        let known = items
        return try await vault.records.read { transaction in
            try known.map { ($0, $1, try transaction.imported($1)) }
        }
    }

    /// Seals files on every core, and gives the results in the order of the files.
    private static func seal(
        _ chosen: [(item: ImportItem, author: Author)], in vault: DocumentVault
    ) async -> [Result<Draft, any Error>] {
        let turns = Turns()
        return await withTaskGroup(of: [(Int, Result<Draft, any Error>)].self) { group in
            for _ in 0..<workers {
                group.addTask {
                    var results: [(Int, Result<Draft, any Error>)] = []
                    while true {
                        let index = turns.take()
                        guard index < chosen.count else { return results }
                        results.append((index, draft(chosen[index].item, chosen[index].author, vault)))
                    }
                }
            }
            let results = await group.reduce(into: []) { $0 += $1 }
            return results.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private static func draft(
        _ item: ImportItem, _ author: Author, _ vault: DocumentVault
    ) -> Result<Draft, any Error> {
        do {
            let content = try FileDescriptor.reading(item.path)
            var draft = try vault.draft(item.new, author, content: content, syncing: false)
            draft.source = vault.source(item)
            return .success(draft)
        } catch {
            return .failure(error)
        }
    }

    /// Who deposits is asked once for each case and category; the commit asks again.
    private func author(for item: ImportItem) async -> Result<Author, any Error> {
        let place = Place(caseID: item.new.caseID, category: item.new.category, labels: item.new.labels)
        if let known = authors[place] { return known }
        let author: Result<Author, any Error>
        do {
            author = .success(try await vault.authoriseDeposit(item.new, caller))
        } catch {
            author = .failure(error)
        }
        authors[place] = author
        return author
    }

    /// What no later file would escape stops the import; everything before it is safe.
    private static func stopIfHopeless(_ error: any Error) throws {
        switch error as? StorageError {
        case .diskFull, .notWritable, .busy, .clockWentBackwards: throw error
        default: break
        }
    }
}
