public import Logging
import Foundation
public import Storage
import Synchronization
import Vault

/// Log lines as JSON objects, one a line, on whatever `write` is: for a collector to read.
public struct JSONLog: LogHandler {
    public var metadata = Logger.Metadata()
    public var logLevel = Logger.Level.info
    private let label: String
    private let now: @Sendable () -> Instant
    private let write: @Sendable (String) -> Void

    /// `write`: takes a whole line with its end, from several threads at once.
    public init(label: String, now: @escaping @Sendable () -> Instant, write: @escaping @Sendable (String) -> Void) {
        self.label = label
        self.now = now
        self.write = write
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var members: [String: JSON] = [
            "time": .text(now().text), "level": .text(event.level.rawValue), "message": .text("\(event.message)"),
        ]
        for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }) {
            // The framework's own number of a request; ours stands in `reference`.
            if key != "hb.request.id" { members[key] = .text("\(value)") }
        }
        guard let bytes = try? JSON.bytes(JSON.object(members)) else { return }
        write(String(decoding: bytes, as: UTF8.self) + "\n")
    }
}
