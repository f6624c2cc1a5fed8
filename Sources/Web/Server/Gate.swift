import Synchronization

/// Lets so many pass at a time, and so many wait; whoever comes then is told to come back. Work that is not begun costs nothing.
final class Gate: Sendable {
    private struct State {
        var inside = 0
        var waiting: [CheckedContinuation<Void, any Error>] = []
        /// Where the longest waiter stands in `waiting`.
        var next = 0

        var waitingCount: Int { waiting.count - next }

        mutating func nextWaiter() -> CheckedContinuation<Void, any Error>? {
            guard next < waiting.count else { return nil }
            let waiter = waiting[next]
            next += 1
            if next > 1024 || next == waiting.count {
                waiting.removeFirst(next)
                next = 0
            }
            return waiter
        }
    }

    private let state = Mutex(State())
    private let room: Int
    private let queue: Int

    /// `room`: how many at a time; `queue`: how many may wait.
    init(room: Int, queue: Int) {
        self.room = room
        self.queue = queue
    }

    /// - Throws: `Problem.busy` when as many wait already.
    func enter() async throws {
        try await withCheckedThrowingContinuation { (turn: CheckedContinuation<Void, any Error>) in
            let answer: Result<Void, any Error>? = state.withLock { state in
                guard state.inside >= room else {
                    state.inside += 1
                    return .success(())
                }
                guard state.waitingCount < queue else { return .failure(Problem.busy(afterSeconds: 1)) }
                state.waiting.append(turn)
                return nil
            }
            if let answer { turn.resume(with: answer) }
        }
    }

    /// Gives the place to whoever has waited longest.
    func leave() {
        let waiter = state.withLock { state in
            let waiter = state.nextWaiter()
            if waiter == nil { state.inside -= 1 }
            return waiter
        }
        waiter?.resume()
    }

    var load: (inside: Int, waiting: Int) { state.withLock { ($0.inside, $0.waitingCount) } }
}
