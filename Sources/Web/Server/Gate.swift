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

/// A place in a gate, left when nobody holds it any more: for work that goes on behind the answer's head.
final class Place: Sendable {
    private let gate: Gate

    /// - Throws: `Problem.busy`.
    init(in gate: Gate) async throws {
        try await gate.enter()
        self.gate = gate
    }

    deinit { gate.leave() }
}

/// A gate for each of many, there while somebody is in it: nobody takes all the places of a gate that others need too.
final class Gates<Key: Hashable & Sendable>: Sendable {
    private let gates = Mutex<[Key: (gate: Gate, users: Int)]>([:])
    private let room: Int
    private let queue: Int

    /// `room`, `queue`: of each.
    init(room: Int, queue: Int) {
        self.room = room
        self.queue = queue
    }

    /// - Throws: `Problem.busy` when as many wait at this one already; whatever `work` throws.
    func pass<Result>(_ key: Key, _ work: () async throws -> Result) async throws -> Result {
        let gate = gates.withLock { gates in
            let gate = gates[key]?.gate ?? Gate(room: room, queue: queue)
            gates[key] = (gate, (gates[key]?.users ?? 0) + 1)
            return gate
        }
        defer {
            gates.withLock { gates in
                guard let (gate, users) = gates[key] else { return }
                gates[key] = users > 1 ? (gate, users - 1) : nil
            }
        }
        try await gate.enter()
        defer { gate.leave() }
        return try await work()
    }
}
