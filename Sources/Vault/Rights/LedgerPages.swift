internal import Ledger
internal import Storage

/// An entry of the ledger with its details.
struct OpenedEntry: Sendable {
    let index: UInt64
    let row: LogRow
    let event: OpenedEvent

    var kind: EventKind { row.leaf.kind }
    var time: Instant { Instant(milliseconds: Int64(row.leaf.time)) }
}

extension DocumentVault {
    private static let entriesAtOnce = 1000

    /// Goes through entries of some kinds in their order, a page in memory at a time. Those whose details have been erased are passed over.
    ///
    /// `child`: of whom they are; of all when `nil`.
    func forEachEntry(
        of kinds: Set<EventKind>, about child: ChildID? = nil, since moment: Instant = Instant(milliseconds: 0),
        _ work: (OpenedEntry) throws -> Void
    ) async throws {
        var next: UInt64 = 0
        while true {
            let from = next
            let page = try await records.read {
                try $0.entries(of: kinds, about: child, since: moment, from: from, limit: Self.entriesAtOnce)
            }
            guard let last = page.last else { return }
            for (index, row) in page {
                if let event = try await opened(row) { try work(OpenedEntry(index: index, row: row, event: event)) }
            }
            next = last.0 + 1
        }
    }
}
