import Vault

/// A part of a list, and how to ask for the next.
struct Page<Item: Encodable & Sendable>: Encodable, Sendable {
    let items: [Item]
    /// For `cursor`; absent behind the last item.
    let next: String?

    /// `items`: the whole list, in an order that stays; `key`: what tells an item from the others.
    ///
    /// - Throws: `Problem.malformed` for a cursor that this list did not give.
    init(_ items: [Item], _ call: Call, key: (Item) -> String) throws {
        let limit = call.limit
        var rest = items[...]
        if let cursor = call.query["cursor"] {
            guard let last = items.firstIndex(where: { key($0) == cursor }) else {
                throw Problem.malformed("The cursor is not one of this list, or its item is gone. Begin again.")
            }
            rest = items[(last + 1)...]
        }
        self.items = Array(rest.prefix(limit))
        next = rest.count > limit ? self.items.last.map(key) : nil
    }

    /// A page that the vault has cut itself.
    init(_ items: [Item], next: String?) {
        self.items = items
        self.next = next
    }
}

extension Call {
    /// How many items a page is to have at most.
    var limit: Int { query["limit"].flatMap { Int($0) } ?? 50 }
}

enum Paging {
    static let query: [Schema.Field] = [
        .optional("limit", .whole(1...200), "How many at most; 50 when not said."),
        .optional("cursor", .text(1...64), "Where the page before ended: its `next`."),
    ]
}
