import CLinux
import Foundation
import Glibc
import Sealing
import Storage
import Vault

/// Secrets from files, standard input or a prompt. They go into locked memory at once and what held them is wiped.
enum Secrets {
    private static let longest = 1024

    /// All bytes of a key file, which must be the user's own and closed to everybody else.
    static func keyFile(_ path: String) throws -> SecretBytes {
        try requireClosed(path)
        return try contents(of: path)
    }

    /// A credential from systemd, which newer ones open to the service by an access list: it shows as the group's right to read.
    static func credential(_ path: String) throws -> SecretBytes {
        let bits = permissions(path)
        guard bits >= 0, bits & 0o007 == 0 else {
            throw CommandError("The credential is not there, or everybody may read it.")
        }
        return try contents(of: path)
    }

    /// That a file with a secret is the user's own and closed to everybody else.
    static func requireClosed(_ path: String) throws {
        let closed = is_closed(path, true)
        guard closed >= 0 else { throw CommandError("The key file cannot be read. Check that it is there.") }
        guard closed == 1 else {
            throw CommandError("The key file can be read by others. Close it with: chmod 600 FILE")
        }
    }

    private static func contents(of path: String) throws -> SecretBytes {
        let file = try FileDescriptor.reading(path)
        var bytes = [UInt8](repeating: 0, count: longest + 1)
        var span = bytes.mutableSpan
        let count = try file.fill(&span)
        guard count <= longest else { throw CommandError("The secret's file is longer than \(longest) bytes.") }
        return try SecretBytes(wiping: &bytes, count: count)
    }

    /// The first age identity of a file, which must be the user's own and closed to everybody else.
    static func identity(_ path: String) throws -> AgeIdentity {
        try requireClosed(path)
        let file = try FileDescriptor.reading(path)
        var bytes = [UInt8](repeating: 0, count: 64 * longest)
        var span = bytes.mutableSpan
        let count = try file.fill(&span)
        // No slice may outlive its line: what shares the bytes would not be wiped with them.
        let mark = Array("AGE-SECRET-KEY-1".utf8)
        let start = (0..<count).first { at in
            (at == 0 || bytes[at - 1] == UInt8(ascii: "\n")) && bytes[at..<count].starts(with: mark)
        }
        guard let start else { throw CommandError("There is no age identity in the file.") }
        let end = (start..<count).first { bytes[$0] <= UInt8(ascii: " ") } ?? count
        var line = Array(bytes[start..<end])
        _ = try SecretBytes(wiping: &bytes)
        return try AgeIdentity(wipingText: &line)
    }

    /// The first line of a file, or of standard input for `-`.
    static func line(from path: String) throws -> SecretBytes {
        path == "-" ? try standardInputLine() : try line(from: FileDescriptor.reading(path))
    }

    /// The first line of what another process left open for this one.
    static func line(fromDescriptor number: Int32) throws -> SecretBytes {
        try line(from: FileDescriptor.duplicating(number))
    }

    private static func line(from file: FileDescriptor) throws -> SecretBytes {
        var bytes = [UInt8](repeating: 0, count: longest)
        var span = bytes.mutableSpan
        let count = try file.fill(&span)
        return try firstLine(&bytes, count: count)
    }

    static var canAsk: Bool { isatty(STDIN_FILENO) == 1 }

    /// A code of an authenticator, or a recovery code.
    static func code(file: String?) throws -> Key {
        guard let file else { return Key(try ask("Code of your authenticator, or a recovery code: ")) }
        return Key(try line(from: file))
    }

    /// A token, as it is written.
    static func token(file: String?, _ prompt: String) throws -> [UInt8] {
        guard let file else { return try ask(prompt).exposedBytes() }
        return try line(from: file).exposedBytes()
    }

    /// Asks on the terminal without showing what is typed.
    static func ask(_ prompt: String, twice: Bool = false) throws -> SecretBytes {
        guard canAsk else {
            throw CommandError("A secret is needed and there is no terminal to ask on. Use a file option.")
        }
        let first = try hidden(prompt)
        guard twice else { return first }
        guard try hidden("Again: ").isEqual(to: first) else { throw CommandError("The two were not the same.") }
        return first
    }

    private static func hidden(_ prompt: String) throws -> SecretBytes {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else {
            throw CommandError("The terminal cannot hide what is typed.")
        }
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
            Terminal.note("")
        }
        FileHandle.standardError.write(Data(prompt.utf8))
        return try standardInputLine()
    }

    /// Byte by byte, so that what follows on standard input is left for others.
    private static func standardInputLine() throws -> SecretBytes {
        var bytes = [UInt8](repeating: 0, count: longest)
        var count = 0
        while count < longest, read(STDIN_FILENO, &bytes[count], 1) == 1, bytes[count] != UInt8(ascii: "\n") {
            count += 1
        }
        return try firstLine(&bytes, count: count)
    }

    private static func firstLine(_ bytes: inout [UInt8], count: Int) throws -> SecretBytes {
        let end = bytes.prefix(count).firstIndex(of: UInt8(ascii: "\n")) ?? count
        let line = try SecretBytes(wiping: &bytes, count: end)
        guard line.count > 0 else { throw CommandError("The secret is empty.") }
        return line
    }
}

/// The session that `sign-in` leaves for later commands: a file that only its owner may read.
enum SessionFile {
    private static let firstLine = "muniment session v1"

    /// A session replaces an earlier one and nothing else.
    static func write(_ token: SessionToken, to path: String) throws {
        if Folder.exists(path) {
            guard (try? read(path)) != nil else {
                throw CommandError("There is another file at the session's path. Choose a path with --session.")
            }
        }
        if let slash = path.lastIndex(of: "/"), slash > path.startIndex { try Folder.create(String(path[..<slash])) }
        try Folder.write(Array("\(firstLine)\n\(Hex.encode(token.bytes))\n".utf8), to: path)
    }

    static func read(_ path: String) throws -> SessionToken {
        let closed = is_closed(path, false)
        guard closed >= 0 else { throw CommandError("You are not signed in. Use `muniment sign-in` first.") }
        guard closed == 1 else {
            throw CommandError("The session file is open to others. Sign in again.")
        }
        let lines = String(decoding: try Folder.read(path, limit: 4096), as: UTF8.self).split(separator: "\n")
        guard lines.count == 2, lines[0] == firstLine, let bytes = Hex.decode(String(lines[1])),
            let token = SessionToken(bytes)
        else { throw CommandError("The session file cannot be read. Sign in again.") }
        return token
    }

    static func remove(_ path: String) throws { try Folder.remove(path) }
}
