internal import Dispatch

/// Runs work that waits for the disk on a thread of its own: the few threads that tasks share are for work that does not wait.
func blocking<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        // A queue of its own gets a thread of its own; the global queue has no more threads than there are cores.
        DispatchQueue(label: "muniment.blocking").async { continuation.resume(with: Swift.Result(catching: work)) }
    }
}
