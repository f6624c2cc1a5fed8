import Foundation
import Testing

@testable import Paper

@Suite("a scratch folder is in memory, closed, and gone afterwards")
struct ScratchTests {
    @Test("it is closed to others, and removed when it is released")
    func isClosed() throws {
        let scratch = try Scratch()
        try scratch.write([1, 2], to: "a.txt")
        let attributes = try FileManager.default.attributesOfItem(atPath: scratch.path)
        #expect(attributes[.posixPermissions] as? Int == 0o700)
        scratch.release()
        #expect(!FileManager.default.fileExists(atPath: scratch.path))
        #expect(throws: PaperError.noSuchFile) { _ = try scratch.read("a.txt") }
    }

    @Test("it is removed when nobody holds it any more, with what programs left in it")
    func isRemoved() throws {
        var scratch: Scratch? = try Scratch()
        let path = try #require(scratch?.path)
        try FileManager.default.createDirectory(atPath: path + "/deep/deeper", withIntermediateDirectories: true)
        try Data([1]).write(to: URL(filePath: path + "/deep/deeper/.hidden"))
        try FileManager.default.createSymbolicLink(atPath: path + "/deep/link", withDestinationPath: "/usr")
        scratch = nil
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("a folder on a disk is refused", arguments: ["/usr", "/no-such-folder", "/var/tmp"])
    func onlyMemory(root: String) {
        #expect(throws: PaperError.noMemoryFolder) { _ = try Scratch(in: root) }
    }

    @Test("blocks are added and read back at any place")
    func blocks() throws {
        let scratch = try Scratch()
        for number in 0..<5 { try scratch.append([UInt8](repeating: UInt8(number), count: 1000), to: "a") }
        #expect(try scratch.size(of: "a") == 5000)
        #expect(try scratch.read("a", from: 999, count: 2) == [0, 1])
        #expect(try scratch.read("a", from: 4999) == [4])
        #expect(try scratch.read("a", from: 5000).isEmpty)
        #expect(scratch.names == ["a"])
        scratch.remove("a")
        #expect(scratch.names.isEmpty)
    }

    @Test("what it may hold is limited, and what is removed counts no more")
    func limit() throws {
        let scratch = try Scratch(limit: 100_000)
        try scratch.append([UInt8](repeating: 1, count: 90_000), to: "a")
        #expect(throws: PaperError.scratchFull) { try scratch.append([UInt8](repeating: 1, count: 20_000), to: "b") }
        scratch.remove("a")
        try scratch.append([UInt8](repeating: 1, count: 20_000), to: "b")
    }

    @Test("a name is a plain file's", arguments: ["../a", "/etc/hostname", "", ".", "-rf", "a/b", ".a", "a b", "ä"])
    func names(name: String) throws {
        let scratch = try Scratch()
        #expect(throws: PaperError.noSuchFile) { try scratch.append([1], to: name) }
        #expect(throws: PaperError.noSuchFile) { _ = try scratch.read(name) }
    }

    @Test("a link or a pipe that a program planted is not followed")
    func links() throws {
        let scratch = try Scratch()
        symlink("/etc/hostname", scratch.path + "/out.pdf")
        mkfifo(scratch.path + "/pipe", 0o600)
        for name in ["out.pdf", "pipe"] {
            #expect(throws: PaperError.noSuchFile) { _ = try scratch.read(name) }
            #expect(throws: PaperError.noSuchFile) { try scratch.append([1], to: name) }
        }
    }

    @Test("a sweep removes what a killed process left, and nothing that is in use")
    func sweep() async throws {
        let mine = try Scratch()
        try mine.write([1], to: "a")
        // A process of its own that holds a folder as we do, and is killed.
        let program = """
            import fcntl, os, sys, tempfile, time
            path = tempfile.mkdtemp(prefix='muniment-paper-', dir='/dev/shm')
            folder = os.open(path, os.O_RDONLY)
            fcntl.flock(folder, fcntl.LOCK_EX)
            open(path + '/left.txt', 'w').write('open')
            print(path, flush=True)
            time.sleep(60)
            """
        let holder = Process()
        let output = Pipe()
        holder.executableURL = URL(filePath: "/usr/bin/python3")
        holder.arguments = ["-c", program]
        holder.standardOutput = output
        try holder.run()
        let left = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        Scratch.sweep()
        #expect(FileManager.default.fileExists(atPath: left + "/left.txt"))
        kill(holder.processIdentifier, SIGKILL)
        holder.waitUntilExit()
        #expect(FileManager.default.fileExists(atPath: left))
        #expect(Scratch.sweep() >= 1)
        #expect(!FileManager.default.fileExists(atPath: left))
        #expect(try mine.read("a") == [1])
    }
}
