internal import Foundation
public import Storage

extension Instant {
    /// ISO 8601 in UTC, to the second.
    public var text: String {
        Date(timeIntervalSince1970: TimeInterval(milliseconds) / 1000).formatted(.iso8601)
    }
}
