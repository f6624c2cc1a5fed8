internal import Dispatch
internal import Glibc

/// How long we wait for the scanner.
public struct ScanTimeouts: Hashable, Sendable {
    /// For any one step.
    public let stepSeconds: Double
    /// For all steps of one scan together, so that a scanner that dawdles at each does not hold us for ever. The time that the
    /// content itself takes to arrive does not count.
    public let totalSeconds: Double

    public init(stepSeconds: Double = 60, totalSeconds: Double = 300) {
        self.stepSeconds = stepSeconds
        self.totalSeconds = totalSeconds
    }
}

/// One connection to clamd. Every wait is bounded, and ends early when the scanner has something to say: with poll(2), because
/// timeouts of the socket itself would bound each call, and not notice an answer that comes before the end.
final class ScannerConnection {
    private static let longestAnswer = 1024
    private static let connectPauseSeconds = 0.01

    private let socket: Int32
    private let stepSeconds: Double
    private var secondsLeft: Double

    init(_ address: ScannerAddress, _ timeouts: ScanTimeouts) throws(ScanError) {
        stepSeconds = timeouts.stepSeconds
        secondsLeft = timeouts.totalSeconds
        socket = address.makeSocket()
        guard socket >= 0 else { throw .failed(.unreachable) }
        var waited = 0.0
        while address.connect(socket) != 0, errno != EISCONN {
            // A loopback port says that it is at it; a socket in the file system, whose queue is full, that one may try again.
            guard [EINTR, EAGAIN, EINPROGRESS, EALREADY].contains(errno), waited < stepSeconds else {
                throw .failed(.unreachable)
            }
            usleep(useconds_t(Self.connectPauseSeconds * 1_000_000))
            waited += Self.connectPauseSeconds
        }
    }

    deinit { close(socket) }

    /// Sends all of `bytes`.
    ///
    /// - Returns: `false` when the scanner answers or hangs up before it has them.
    func send(_ bytes: [UInt8]) throws(ScanError) -> Bool {
        var done = 0
        while done < bytes.count {
            guard try wait(for: POLLIN | POLLOUT) == POLLOUT else { return false }
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.send(
                    socket, bytes.baseAddress.map { $0 + done }, bytes.count - done, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno != EAGAIN, errno != EINTR { return false }
            done += max(0, count)
        }
        return true
    }

    /// All that the scanner has to say, until it hangs up.
    ///
    /// - Returns: the answer, and whether it was ended as it should be, rather than broken off.
    func answer() throws(ScanError) -> (bytes: [UInt8], isWhole: Bool) {
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: Self.longestAnswer)
        while answer.count <= Self.longestAnswer {
            _ = try wait(for: POLLIN)
            let count = buffer.withUnsafeMutableBytes { recv(socket, $0.baseAddress, $0.count, 0) }
            if count == 0 { return (answer, true) }
            if count < 0, errno != EAGAIN, errno != EINTR { return (answer, false) }
            answer += buffer.prefix(max(0, count))
        }
        throw .failed(.garbled)
    }

    /// Waits for one of these to be possible, and says which is, the answer first.
    private func wait(for wanted: Int32) throws(ScanError) -> Int32 {
        let seconds = min(stepSeconds, secondsLeft)
        let started = Self.seconds()
        var state = pollfd(fd: socket, events: Int16(wanted), revents: 0)
        let count = seconds > 0 ? poll(&state, 1, Int32(seconds * 1000)) : 0
        secondsLeft -= Self.seconds() - started
        if count < 0, errno == EINTR { return try wait(for: wanted) }
        guard count > 0 else { throw .failed(.timedOut) }
        return Int32(state.revents) & ~POLLOUT == 0 ? POLLOUT : POLLIN
    }

    /// Of a clock that nobody sets: it measures a wait and dates nothing.
    private static func seconds() -> Double { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 }
}
