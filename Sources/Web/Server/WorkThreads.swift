import NIOPosix

/// The threads on which requests are worked on. They may wait for the disk, so a request runs through on one of them: what it reads takes
/// microseconds, and every change of threads takes as long.
final class WorkThreads: TaskExecutor {
    private let pool: NIOThreadPool

    /// `count`: one more than there are cores did most in a second; each further one only changes places with the others.
    init(count: Int) {
        pool = NIOThreadPool(numberOfThreads: count)
        pool.start()
    }

    deinit { pool.shutdownGracefully { _ in } }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        pool.submit { _ in job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
