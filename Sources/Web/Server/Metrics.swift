import HTTPTypes
import Synchronization

/// What the service counts, for Prometheus to collect. Routes and statuses are the only labels: nobody's name is one.
final class Metrics: Sendable {
    private struct Series: Hashable {
        let method: String
        let route: String
        let status: Int
    }

    private struct Count {
        var requests: UInt64 = 0
        var nanoseconds: UInt64 = 0
        var buckets = [UInt64](repeating: 0, count: Metrics.bounds.count)
    }

    /// Upper bounds of the histogram's buckets, in seconds.
    private static let bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

    private let counts = Mutex<[Series: Count]>([:])

    func count(_ route: Route, _ status: Int, nanoseconds: UInt64) {
        let series = Series(method: route.method.rawValue, route: route.path, status: status)
        let seconds = Double(nanoseconds) / 1e9
        counts.withLock { counts in
            var count = counts[series] ?? Count()
            count.requests += 1
            count.nanoseconds += nanoseconds
            for (index, bound) in Self.bounds.enumerated() where seconds <= bound { count.buckets[index] += 1 }
            counts[series] = count
        }
    }

    /// The text format 0.0.4 of Prometheus.
    ///
    /// `gauges`: what is so at the moment, by name, with what it means.
    func text(gauges: [(name: String, help: String, values: [(labels: String, value: Double)])]) -> String {
        let counts = counts.withLock { $0 }
            .sorted { ($0.key.route, $0.key.method, $0.key.status) < ($1.key.route, $1.key.method, $1.key.status) }
        var lines = [
            "# HELP muniment_request_duration_seconds Time to answer a request, until its body begins.",
            "# TYPE muniment_request_duration_seconds histogram",
        ]
        for (series, count) in counts {
            let labels = "method=\"\(series.method)\",route=\"\(series.route)\",status=\"\(series.status)\""
            for (bound, bucket) in zip(Self.bounds, count.buckets) {
                lines.append("muniment_request_duration_seconds_bucket{\(labels),le=\"\(bound)\"} \(bucket)")
            }
            lines.append("muniment_request_duration_seconds_bucket{\(labels),le=\"+Inf\"} \(count.requests)")
            lines.append("muniment_request_duration_seconds_sum{\(labels)} \(Double(count.nanoseconds) / 1e9)")
            lines.append("muniment_request_duration_seconds_count{\(labels)} \(count.requests)")
        }
        for gauge in gauges {
            lines.append("# HELP \(gauge.name) \(gauge.help)")
            lines.append("# TYPE \(gauge.name) gauge")
            for (labels, value) in gauge.values { lines.append("\(gauge.name)\(labels) \(value)") }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
