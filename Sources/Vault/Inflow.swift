internal import Dispatch
public import Storage
internal import Synchronization

/// Content that arrives in pieces over a connection, for an operation that reads it on a thread of its own.
///
/// Whoever sends is held back to the pace of the disk, and memory is one piece whatever the length.
public final class Inflow: ContentSource {
    /// The operation took what it wanted, or refused it: nobody reads on.
    public struct Unwanted: Error {}

    private enum Phase {
        case open, finished, unwanted
        case failed(any Error)
    }

    private struct State {
        var phase = Phase.open
        /// What was sent and not read yet.
        var piece: [UInt8] = []
        var offset = 0
        var sender: CheckedContinuation<Void, any Error>?
    }

    private let state = Mutex(State())
    private let arrived = DispatchSemaphore(value: 0)

    /// Runs an operation on content that `feed` sends meanwhile, until both have ended.
    ///
    /// - Throws: what the operation throws; it gets the error of `feed` where it reads on behind it.
    public static func carry<Result: Sendable>(
        _ feed: (Inflow) async throws -> Void, into work: @escaping @Sendable (Inflow) async throws -> Result
    ) async throws -> Result {
        let inflow = Inflow()
        async let result = inflow.taken(by: work)
        do {
            try await feed(inflow)
            inflow.finish()
        } catch {
            inflow.finish(throwing: error)
        }
        return try await result
    }

    private func taken<Result>(by work: (Inflow) async throws -> Result) async throws -> Result {
        defer { close() }
        return try await work(self)
    }

    /// Hands over the next piece, and waits until it has been taken.
    ///
    /// - Throws: `Unwanted`.
    public func send(_ piece: [UInt8]) async throws {
        guard !piece.isEmpty else { return }
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            state.withLock { state in
                guard case .open = state.phase else {
                    continuation.resume(throwing: Unwanted())
                    return
                }
                state.piece = piece
                state.offset = 0
                state.sender = continuation
            }
            arrived.signal()
        }
    }

    /// Says that all of it was sent, or why it never will be.
    private func finish(throwing error: (any Error)? = nil) {
        state.withLock { state in
            guard case .open = state.phase else { return }
            state.phase = error.map { .failed($0) } ?? .finished
        }
        arrived.signal()
    }

    /// Says that nobody reads on, so that whoever sends does not wait for ever.
    private func close() {
        state.withLock { state in
            state.phase = .unwanted
            state.sender?.resume(throwing: Unwanted())
            state.sender = nil
        }
    }

    public func read(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            switch try take(count - bytes.count, into: &bytes) {
            case .some: continue
            case .none: arrived.wait()
            case .end: return bytes
            }
        }
        return bytes
    }

    private enum Taken { case some, none, end }

    private func take(_ count: Int, into bytes: inout [UInt8]) throws -> Taken {
        try state.withLock { state in
            let part = state.piece[state.offset..<min(state.offset + count, state.piece.count)]
            bytes += part
            state.offset += part.count
            if state.offset == state.piece.count {
                state.sender?.resume()
                state.sender = nil
            }
            guard part.isEmpty else { return .some }
            switch state.phase {
            case .open: return .none
            case .finished: return .end
            case .unwanted: throw Unwanted()
            case .failed(let error): throw error
            }
        }
    }
}
