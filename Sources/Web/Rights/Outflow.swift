import Dispatch
import Synchronization

/// Content that a thread of its own writes for a connection, which takes it at the client's pace.
///
/// Whoever writes is held back: a block waits and another is on its way, whatever the length.
final class Outflow: Sendable {
    /// Nobody takes the rest.
    struct Unwanted: Error {}

    typealias Emit = ([UInt8]) throws -> Void

    private enum Phase {
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

    /// Runs `work` on a thread of its own and hands what it emits to `write`, block after block.
    ///
    /// - Throws: whatever `work` or `write` throws; `work` gets `Unwanted` where it emits behind what `write` threw.
    static func carry(
        _ work: @escaping @Sendable (@escaping Emit) throws -> Void, to write: ([UInt8]) async throws -> Void
    ) async throws {
        let outflow = Outflow()
        DispatchQueue(label: "muniment.outflow").async {
            do {
                try work(outflow.emit)
                outflow.end(.finished)
            } catch {
                outflow.end(.failed(error))
            }
        }
        defer { outflow.close() }
        while let block = try await outflow.next() { try await write(block) }
    }

    private func emit(_ block: [UInt8]) throws {
        while try !hand(block) { taken.wait() }
    }

    /// - Returns: `false` while the block before it waits.
    private func hand(_ block: [UInt8]) throws -> Bool {
        try state.withLock { state in
            guard case .open = state.phase else { throw Unwanted() }
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

    private func end(_ phase: Phase) {
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

    private func close() {
        state.withLock { $0.phase = .unwanted }
        taken.signal()
    }

    /// The next block; `nil` behind the last.
    private func next() async throws -> [UInt8]? {
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
