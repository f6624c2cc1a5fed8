internal import Glibc
internal import Synchronization

/// Where papers are worked on: pages made, read, redacted, checked and bound, all in one scratch folder.
///
/// Files go by their names in the folder: the caller streams content in and out. What is made on the way gets names of our own,
/// which begin with `t-`, and is removed when it is used up. What is held in memory is one page's words per core, and the text that
/// was read of each page of a redacted copy.
public struct Desk: Sendable {
    public let scratch: Scratch
    public let bounds: Bounds
    let readings = Readings()

    public init(_ scratch: Scratch, bounds: Bounds = Bounds()) {
        self.scratch = scratch
        self.bounds = bounds
    }

    /// Does a piece of work for each of these, as many at once as there are cores, and answers in their order.
    func forEach<Item: Sendable, Result: Sendable>(
        _ items: [Item], _ work: @escaping @Sendable (Item) async throws -> Result
    ) async throws -> [Result] {
        try await withThrowingTaskGroup(of: (Int, Result).self) { group in
            var results = [Result?](repeating: nil, count: items.count)
            var next = 0
            func start() {
                guard next < items.count else { return }
                let place = next
                next += 1
                group.addTask { (place, try await work(items[place])) }
            }
            for _ in 0..<bounds.cores { start() }
            while let (place, result) = try await group.next() {
                results[place] = result
                start()
            }
            return results.compactMap(\.self)
        }
    }

    /// Makes files that are gone when the work is done, whether it succeeded or not.
    func temporary<Result>(_ ending: String, _ work: (String) async throws -> Result) async throws -> Result {
        let name = scratch.newName(ending)
        defer { scratch.remove(name) }
        return try await work(name)
    }
}

/// How much of a document is worked on. What is beyond is refused, not cut off.
public struct Bounds: Hashable, Sendable {
    public var pages = 2000
    /// At which pages are painted and rebuilt.
    public var dotsPerInch = 200
    /// Of one page at that: A1 fits.
    public var pixels = 40_000_000
    /// Of a plain text, a mail's text, or one part of an office document.
    public var textBytes = 8 << 20
    /// What the parts of a container may come to.
    public var unpackedBytes = 512 << 20
    public var parts = 5000
    /// Attachments of one mail.
    public var items = 200
    /// What programs may do with one page each time that a document is opened, on top of what they may do with any document.
    public var secondsAPage = 10
    /// How many pages are worked on at once.
    public var cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    public init() {}
}

/// What was read of pictures, by the SHA-256 of their pixels: what is the same to the last of them is not read twice.
final class Readings: Sendable {
    let texts = Mutex<[String: String]>([:])

    subscript(digest: String) -> String? {
        get { texts.withLock { $0[digest] } }
        set { texts.withLock { $0[digest] = newValue } }
    }
}
