import Dispatch
import Synchronization

/// Content that a thread of its own writes for a connection, which takes it at the client's pace.
///
/// Whoever writes is held back: a block waits and another is on its way, whatever the length.
final class Outflow: Sendable {
    /// Nobody takes the rest.
    struct Unwanted: Error {}

    typealias Emit = @Sendable ([UInt8]) throws -> Void

    private let pipe = Pipe()

    /// Begins `work`, which emits blocks. It gets `Unwanted` where it emits when nobody holds this any more.
    init(_ work: @escaping @Sendable (@escaping Emit) async throws -> Void) {
        let pipe = pipe
        // It waits for the client wherever it emits: on no thread that others need.
        let thread = WorkThreads(count: 1)
        Task(executorPreference: thread) {
            do {
                try await work(pipe.emit)
                pipe.end(.finished)
            } catch {
                pipe.end(.failed(error))
            }
            withExtendedLifetime(thread) {}
        }
    }

    deinit { pipe.close() }

    /// The next block; `nil` behind the last.
    ///
    /// - Throws: what the work threw.
    func next() async throws -> [UInt8]? { try await pipe.next() }
}

/// One block between who writes and who takes.
private final class Pipe: Sendable {
    enum Phase {
        case open, finished, unwanted
        case failed(any Error)
    }

    private struct State {
        var phase = Phase.open
        /// Written and not taken yet.
        var block: [UInt8]?
        var taker: CheckedContinuation<[UInt8]?, any Error>?
    }

    private let state = Mutex(State())
    private let taken = DispatchSemaphore(value: 0)

    @Sendable func emit(_ block: [UInt8]) throws {
        while try !hand(block) { taken.wait() }
    }

    /// - Returns: `false` while the block before it waits.
    private func hand(_ block: [UInt8]) throws -> Bool {
        try state.withLock { state in
            guard case .open = state.phase else { throw Outflow.Unwanted() }
            if let taker = state.taker {
                state.taker = nil
                taker.resume(returning: block)
                return true
            }
            guard state.block == nil else { return false }
            state.block = block
            return true
        }
    }

    func end(_ phase: Phase) {
        state.withLock { state in
            guard case .open = state.phase else { return }
            state.phase = phase
            switch phase {
            case .failed(let error): state.taker?.resume(throwing: error)
            default: state.taker?.resume(returning: nil)
            }
            state.taker = nil
        }
    }

    func close() {
        state.withLock { $0.phase = .unwanted }
        taken.signal()
    }

    func next() async throws -> [UInt8]? {
        try await withCheckedThrowingContinuation { taker in
            state.withLock { state in
                if let block = state.block {
                    state.block = nil
                    taken.signal()
                    taker.resume(returning: block)
                    return
                }
                switch state.phase {
                case .open: state.taker = taker
                case .finished, .unwanted: taker.resume(returning: nil)
                case .failed(let error): taker.resume(throwing: error)
                }
            }
        }
    }
}
