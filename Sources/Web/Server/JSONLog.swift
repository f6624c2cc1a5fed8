public import Logging
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
        var line = #"{"time":"\#(now().text)","level":"\#(event.level.rawValue)","message":"#
        Self.append("\(event.message)", to: &line)
        for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }).sorted(by: {
            $0.key < $1.key
        })
        // The framework's own number of a request; ours stands in `reference`.
        where key != "hb.request.id" {
            line += ","
            Self.append(key, to: &line)
            line += ":"
            Self.append("\(value)", to: &line)
        }
        write(line + "}\n")
    }

    /// As a JSON text. A line end or a quote in it cannot begin another line or member.
    private static func append(_ text: String, to line: inout String) {
        line += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                line += "\\"
                line.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20: line += " "
            default: line.unicodeScalars.append(scalar)
            }
        }
        line += "\""
    }
}
