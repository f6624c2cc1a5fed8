/// What one run of an outside program may use.
public struct Limits: Hashable, Sendable {
    /// Time on the wall; then it and all that it started is killed.
    public var seconds: Int
    /// Address space of each of its processes.
    public var memoryBytes: Int
    /// The largest file that it may write.
    public var fileBytes: Int
    /// What it may print. A program that prints more is stopped.
    public var outputBytes: Int
    /// Processes and threads. Not held where this process is root: the kernel counts none of root's.
    public var processes: Int

    public init(
        seconds: Int = 60, memoryBytes: Int = 2 << 30, fileBytes: Int = 512 << 20, outputBytes: Int = 1 << 20,
        processes: Int = 64
    ) {
        self.seconds = seconds
        self.memoryBytes = memoryBytes
        self.fileBytes = fileBytes
        self.outputBytes = outputBytes
        self.processes = processes
    }
}
