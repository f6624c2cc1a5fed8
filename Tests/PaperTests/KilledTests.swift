import Foundation
import Testing

@testable import Paper

@Suite("a process that is killed leaves no program running, and nothing that a sweep does not find")
struct KilledTests {
    private static let root = ProcessInfo.processInfo.environment["MUNIMENT_PAPER_VICTIM"]

    /// Run in a process of its own, by the other test.
    @Test("the victim", .enabled(if: root != nil))
    func victim() async throws {
        let scratch = try Scratch(in: #require(Self.root))
        try scratch.write(
            Array("import time\nwhile True:\n    open('beat', 'a').write('.')\n    time.sleep(0.02)".utf8), to: "try.py"
        )
        _ = try await Tool("python3").run(["try.py"], in: scratch, limits: Limits(seconds: 600))
    }

    @Test("kill -9 in the midst of a run", .enabled(if: root == nil))
    func killed() async throws {
        let root = "/dev/shm/muniment-test-\(getpid())"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        let victim = Process()
        victim.executableURL = URL(
            filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        victim.arguments = ["--testing-library", "swift-testing", "--filter", "KilledTests/victim"]
        victim.environment = ["MUNIMENT_PAPER_VICTIM": root, "PATH": "/usr/bin:/bin"]
        victim.standardOutput = FileHandle.nullDevice
        try victim.run()
        defer { if victim.isRunning { kill(victim.processIdentifier, SIGKILL) } }
        var beat: String?
        for _ in 0..<15_000 where beat == nil {
            try await Task.sleep(for: .milliseconds(20))
            let folders = try FileManager.default.contentsOfDirectory(atPath: root)
            beat = folders.map { "\(root)/\($0)/beat" }.first { FileManager.default.fileExists(atPath: $0) }
        }
        let file = try #require(beat)
        #expect(Scratch.sweep(in: root) == 0)
        kill(victim.processIdentifier, SIGKILL)
        victim.waitUntilExit()
        try await Task.sleep(for: .milliseconds(300))
        let size = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int
        try await Task.sleep(for: .milliseconds(300))
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int == size)
        #expect(Scratch.sweep(in: root) == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: root).isEmpty)
    }
}
