import Foundation
import Testing

@testable import Paper

@Suite("an outside program is locked up")
struct CageTests {
    private let python = Tool("python3")

    private func run(
        _ program: String, limits: Limits = Limits(seconds: 20), scratch: Scratch? = nil, statuses: Set<Int32> = [0]
    ) async throws -> Tool.Output {
        let scratch = try scratch ?? Scratch()
        try scratch.write(Array(program.utf8), to: "try.py")
        return try await python.run(["try.py"], in: scratch, limits: limits, statuses: statuses)
    }

    @Test("it works in its scratch folder and answers")
    func works() async throws {
        let scratch = try Scratch()
        try scratch.write(Array("hello".utf8), to: "in.txt")
        let output = try await run(
            "open('out.txt', 'w').write(open('in.txt').read().upper()); print('done')", scratch: scratch)
        #expect(output.text == "done\n")
        #expect(try scratch.read("out.txt") == Array("HELLO".utf8))
    }

    @Test("what it prints can go to a file")
    func printsToFile() async throws {
        let scratch = try Scratch()
        try scratch.write(Array("one".utf8), to: "in.txt")
        _ = try await Tool("cat").run(["in.txt"], in: scratch, output: "out.txt")
        #expect(try scratch.read("out.txt") == Array("one".utf8))
    }

    @Test("it reaches no network, not even this machine's own")
    func noNetwork() async throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) + getsockname(listener, $0, &length)
            }
        }
        #expect(bound == 0 && listen(listener, 1) == 0)
        let port = UInt16(bigEndian: address.sin_port)
        let output = try await run(
            """
            import socket
            for place in (('127.0.0.1', \(port)), ('192.0.2.1', 80)):
                try:
                    socket.create_connection(place, 2)
                    print('reached')
                except OSError:
                    print('no')
            """)
        #expect(output.text == "no\nno\n")
    }

    @Test(
        "it does not see what is not its own",
        arguments: [
            "/etc/shadow", "/etc/passwd", "/root", "/home", "/var/lib/dpkg", "/dev/shm/muniment", "/sys", "/run",
        ])
    func seesNothingElse(path: String) async throws {
        let output = try await run("import os; print(os.path.exists('\(path)'))")
        #expect(output.text == "False\n")
    }

    @Test("it sees neither other scratch folders, nor other processes, nor our environment and open files")
    func seesNoNeighbours() async throws {
        let other = try Scratch()
        try other.write(Array("another".utf8), to: "in.txt")
        let leak = open("/etc/hostname", O_RDONLY)  // Without O_CLOEXEC: one that a library forgot.
        defer { close(leak) }
        let output = try await run(
            """
            import os
            print(os.path.exists('\(other.path)'), len(os.listdir('/dev/shm')))
            print(os.getpid() < 10, os.listdir('/proc'))
            print(sorted(os.environ))
            def is_open(number):
                try:
                    os.fstat(number)
                    return True
                except OSError:
                    return False
            print([number for number in range(256) if is_open(number)])
            """)
        #expect(
            output.text
                == "False 0\nTrue ['version']\n['HOME', 'LANG', 'LD_LIBRARY_PATH', 'OMP_THREAD_LIMIT', 'PATH', 'PWD']\n[0, 1, 2]\n"
        )
    }

    @Test("it writes nowhere but in its scratch folder and its own temporary memory")
    func writesNowhere() async throws {
        let output = try await run(
            """
            for place in ('/usr/x', '/x', '/etc/x', '/dev/x', '/usr/bin/true'):
                try:
                    open(place, 'w')
                    print(place)
                except OSError:
                    pass
            open('/tmp/x', 'w')
            """)
        #expect(output.text.isEmpty)
    }

    @Test("it cannot make namespaces, mount, trace, or use the keyring of whoever started it")
    func hasNoPrivilege() async throws {
        #if arch(x86_64)
            let calls = [250, 321, 425, 298]  // keyctl, bpf, io_uring_setup, perf_event_open
        #else
            let calls = [219, 280, 425, 241]
        #endif
        let output = try await run(
            """
            import ctypes, os
            calls = \(calls)
            c = ctypes.CDLL(None, use_errno=True)
            print(c.unshare(0x10000000), c.mount(b'a', b'/tmp', b'tmpfs', 0, None), c.ptrace(0, 0, 0, 0))
            print(c.socket(2, 1, 0), c.socket(16, 3, 0), c.socket(1, 1, 0) > 2, c.keyctl(0, -3, 0) if hasattr(c, 'keyctl') else -1)
            print([c.syscall(number, 0, 0, 0) for number in calls])
            print(c.prctl(39, 0, 0, 0, 0), sum(max(0, c.prctl(23, capability, 0, 0, 0)) for capability in range(64)))
            """)
        #expect(output.text == "-1 -1 -1\n-1 -1 True -1\n[-1, -1, -1, -1]\n1 0\n")
    }

    @Test("it is killed when its time is over, with everything that it started")
    func timeOut() async throws {
        let scratch = try Scratch()
        let program = """
            import os, time
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    while True:
                        open('beat.txt', 'a').write('.')
                        time.sleep(0.02)
            time.sleep(60)
            """
        await #expect(throws: PaperError.timedOut(tool: "python3")) {
            _ = try await run(program, limits: Limits(seconds: 2), scratch: scratch)
        }
        let beats = try scratch.size(of: "beat.txt")
        #expect(beats > 0)
        try await Task.sleep(for: .milliseconds(300))
        #expect(try scratch.size(of: "beat.txt") == beats)
    }

    @Test("it is killed when the task that waits for it is cancelled")
    func cancelled() async throws {
        let task = Task { try await run("import time; time.sleep(60)", limits: Limits(seconds: 60)) }
        try await Task.sleep(for: .milliseconds(300))
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
    }

    @Test("it gets no more memory than it may have")
    func memory() async throws {
        await #expect(throws: PaperError.toolFailed(tool: "python3", status: 1)) {
            _ = try await run("b = bytearray(400 << 20)", limits: Limits(memoryBytes: 256 << 20))
        }
    }

    @Test("it prints no more than it may")
    func output() async throws {
        await #expect(throws: PaperError.tooMuchOutput(tool: "python3")) {
            _ = try await run("while True: print('x' * 1000)", limits: Limits(outputBytes: 100_000))
        }
    }

    @Test("its complaints are cut off, and stop nothing")
    func complaints() async throws {
        let output = try await run("import sys; sys.stderr.write('x' * 300_000); print('done')")
        #expect(output.errors.count == 65_536 && output.text == "done\n")
    }

    @Test("no file of its grows past the limit, and all together stay within the folder's")
    func files() async throws {
        await #expect(throws: PaperError.self) {
            _ = try await run("open('a', 'wb').write(bytes(3 << 20))", limits: Limits(fileBytes: 2 << 20))
        }
        let small = try Scratch(limit: 4 << 20)
        await #expect(throws: PaperError.scratchFull) {
            _ = try await run(
                "import time\nfor n in range(40): open(f'a{n}', 'wb').write(bytes(1 << 20)); time.sleep(0.05)",
                scratch: small)
        }
        #expect(throws: PaperError.scratchFull) { try small.append([1], to: "more") }
    }

    @Test("a program that is not there is named")
    func missing() async throws {
        let scratch = try Scratch()
        await #expect(throws: PaperError.toolMissing("no-such-program")) {
            _ = try await Tool("no-such-program").run([], in: scratch)
        }
    }

    @Test("where it cannot be locked up it does not run")
    func failsClosed() async throws {
        let scratch = try Scratch()
        scratch.release()
        await #expect(throws: PaperError.notConfined) { _ = try await Tool("true").run([], in: scratch) }
    }

    @Test("many at once neither wait for each other nor hold up tasks")
    func many() async throws {
        let scratch = try Scratch()
        // Each ends when all are there: were one to wait for another, none would end.
        let meeting = """
            import os, sys, time
            open("here-" + sys.argv[1], "w").close()
            while sum(name.startswith("here-") for name in os.listdir(".")) < 12:
                time.sleep(0.05)
            """
        try scratch.write(Array(meeting.utf8), to: "try.py")
        try await withThrowingTaskGroup { group in
            for place in 0..<12 {
                group.addTask {
                    _ = try await python.run(["try.py", "\(place)"], in: scratch, limits: Limits(seconds: 600))
                }
            }
            try await group.waitForAll()
        }
        #expect(scratch.names.count { $0.hasPrefix("here-") } == 12)
    }

    @Test("all programs of one piece of work share its time of processors")
    func sharesTime() async throws {
        let scratch = try Scratch(seconds: 3)
        let program = "import time\nwhile time.process_time() < 2: pass\nprint('done')"
        #expect(try await run(program, limits: Limits(seconds: 60), scratch: scratch).text == "done\n")
        #expect(scratch.secondsLeft == 1)
        for _ in 0..<2 {
            await #expect(throws: PaperError.timedOut(tool: "python3")) {
                _ = try await run(program, limits: Limits(seconds: 60), scratch: scratch)
            }
        }
        scratch.allow(seconds: 4)
        #expect(try await run(program, limits: Limits(seconds: 60), scratch: scratch).text == "done\n")
    }
}
