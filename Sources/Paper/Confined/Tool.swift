internal import CLinux
internal import Dispatch
internal import Glibc
internal import Synchronization

/// An outside program, started confined and never trusted.
public struct Tool: Hashable, Sendable {
    /// Its name in /usr/bin.
    public let name: String

    public init(_ name: String) { self.name = name }

    /// What a run that ended well printed.
    public struct Output: Hashable, Sendable {
        public let bytes: [UInt8]
        public let errors: [UInt8]
        public let status: Int32
        public var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// Runs the program in the scratch folder and waits for its end, on a thread of its own.
    ///
    /// `arguments` are seen by everybody on the machine: only names in the scratch folder and settings, nothing of a document.
    /// `output`: a name in the scratch folder that takes what it prints; held in memory, within the limits, otherwise.
    /// `statuses`: exit statuses that are an answer and no failure.
    public func run(
        _ arguments: [String], in scratch: Scratch, limits: Limits = Limits(), output: String? = nil,
        statuses: Set<Int32> = [0]
    ) async throws -> Output {
        guard access(Cage.program, X_OK) == 0 else { throw PaperError.notConfined }
        let path = "/usr/bin/\(name)"
        guard access(path, X_OK) == 0 else { throw PaperError.toolMissing(name) }
        let left = scratch.secondsLeft
        guard left > 0 else { throw PaperError.timedOut(tool: name) }
        let words = Cage.arguments(
            for: path, arguments, scratch: scratch.path, limits: limits, processorSeconds: left)
        let isCancelled = Cancelled()
        let done = try await withTaskCancellationHandler {
            try await blocking {
                // The kernel kills it when the thread that started it ends: this one stays until the end.
                var child = try Child(words, tool: name, scratch: scratch, limits: limits, output: output)
                defer { scratch.spend(milliseconds: child.milliseconds) }
                let done = try child.wait { isCancelled.value.load(ordering: .relaxed) }
                // Killed when its time of processors was over. That is counted in ticks, and on a busy machine not as `wait4` counts.
                guard done.status != 128 + SIGKILL || child.milliseconds < left * 750 else {
                    throw PaperError.timedOut(tool: name)
                }
                return done
            }
        } onCancel: {
            isCancelled.value.store(true, ordering: .relaxed)
        }
        let failedBefore = done.status == 1 && done.errors.starts(with: Array("bwrap: ".utf8))
        guard !failedBefore else { throw PaperError.notConfined }
        guard statuses.contains(done.status) else { throw PaperError.toolFailed(tool: name, status: done.status) }
        return done
    }
}

private final class Cancelled: Sendable {
    let value = Atomic(false)
}

/// Runs work that waits on a thread of its own: the few threads that tasks share are for work that does not wait.
func blocking<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue(label: "muniment.paper").async { continuation.resume(with: Swift.Result(catching: work)) }
    }
}

/// A running program: what it prints is read, and its limits are watched.
private struct Child: ~Copyable {
    private static let tickMilliseconds: Int32 = 20
    /// How often the scratch folder is measured.
    private static let ticksPerMeasure = 5
    private static let mostErrors = 64 << 10

    private let process: Int32
    private let tool: String
    private let scratch: Scratch
    private let limits: Limits
    private var output: Pipe
    private var errors: Pipe
    private var hasEnded = false
    private let began = Self.now()
    /// Of processors, by it and all that it started, when it has ended; nobody counts those of what is killed, so until then it is the time
    /// since its start.
    private var used: Int?
    var milliseconds: Int { used ?? Self.now() - began }

    init(_ words: [String], tool: String, scratch: Scratch, limits: Limits, output name: String?) throws(PaperError) {
        let input = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw .system(what: "start a program", number: errno) }
        defer { close(input) }
        let filter = open_call_filter()
        guard filter >= 0 else { throw .notConfined }
        defer { close(filter) }
        var output = try Pipe(most: limits.outputBytes)
        var errors = try Pipe(most: Self.mostErrors)
        let file = try name.map { name throws(PaperError) in try scratch.openNew(name) }
        defer { if let file { close(file) } }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        let process = spawn_closed(Cage.program, &arguments, input, file ?? output.writing, errors.writing, filter)
        guard process > 0 else { throw .system(what: "start a program", number: -process) }
        output.closeWriting()
        errors.closeWriting()
        (self.process, self.tool, self.scratch, self.limits) = (process, tool, scratch, limits)
        self.output = output
        self.errors = errors
    }

    deinit { if !hasEnded { kill() } }

    mutating func wait(isCancelled: () -> Bool) throws -> Tool.Output {
        let end = began + limits.seconds * 1000
        var ticks = 0
        while true {
            let status = ended()
            try take()
            if let status {
                guard !scratch.isFull else { throw PaperError.scratchFull }
                return Tool.Output(bytes: output.bytes, errors: errors.bytes, status: status)
            }
            guard !isCancelled() else { throw CancellationError() }
            guard Self.now() < end else { throw PaperError.timedOut(tool: tool) }
            ticks += 1
            if ticks.isMultiple(of: Self.ticksPerMeasure), scratch.isFull { throw PaperError.scratchFull }
            pause()
        }
    }

    /// Until something was printed, or a while has passed.
    private func pause() {
        var ends = [output.waiting, errors.waiting]
        _ = poll(&ends, nfds_t(ends.count), Self.tickMilliseconds)
    }

    private mutating func take() throws(PaperError) {
        guard output.take() else { throw .tooMuchOutput(tool: tool) }
        // Complaints past the limit are read and dropped: they are the program's, and no part of the result.
        _ = errors.take()
    }

    /// Its exit status, 128 and the signal's number when it was killed.
    private mutating func ended() -> Int32? {
        var (status, usage) = (Int32(0), rusage())
        guard wait4(process, &status, WNOHANG, &usage) == process else { return nil }
        hasEnded = true
        used = [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + $1.tv_sec * 1000 + Int($1.tv_usec) / 1000 }
        return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    }

    /// The kernel ends everything inside with it: it holds the namespace in which they run.
    private func kill() {
        var status: Int32 = 0
        Glibc.kill(process, SIGKILL)
        waitpid(process, &status, 0)
    }

    /// Milliseconds since some start: for a time-out, which is no fact about the world.
    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}

/// What a program prints, up to a limit.
private struct Pipe: ~Copyable {
    private(set) var bytes: [UInt8] = []
    private let most: Int
    private let reading: Int32
    private(set) var writing: Int32
    private var isOpen = true

    init(most: Int) throws(PaperError) {
        var ends: [Int32] = [0, 0]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw .system(what: "start a program", number: errno) }
        (reading, writing) = (ends[0], ends[1])
        self.most = most
        _ = fcntl(reading, F_SETFL, O_NONBLOCK)
    }

    deinit {
        close(reading)
        if writing >= 0 { close(writing) }
    }

    /// What to wait for; the system passes over a number below zero.
    var waiting: pollfd { pollfd(fd: isOpen ? reading : -1, events: Int16(POLLIN), revents: 0) }

    /// The program has its own: only when it ends does the reading end.
    mutating func closeWriting() {
        close(writing)
        writing = -1
    }

    /// Reads what is there.
    ///
    /// - Returns: `false` when there was more than the limit.
    mutating func take() -> Bool {
        var block = [UInt8](repeating: 0, count: 65_536)
        var fits = true
        while isOpen {
            let count = read(reading, &block, block.count)
            guard count >= 0 else { break }
            isOpen = count > 0
            fits = fits && bytes.count + count <= most
            bytes += block.prefix(min(count, most - bytes.count))
        }
        return fits
    }
}
