/// A zip container, listed and read by bsdtar: nothing of it is unpacked but the parts that are asked for, one by one.
struct Container: Sendable {
    let file: String
    /// The names that are plain ones; others are counted only.
    let parts: [String]
    private let desk: Desk

    init(_ file: String, on desk: Desk) async throws {
        let output = try await Tool("bsdtar").run(
            ["-tf", file], in: desk.scratch, limits: Limits(outputBytes: 1 << 20))
        let names = output.text.split(separator: "\n").map(String.init)
        guard names.count <= desk.bounds.parts else { throw PaperError.tooLarge }
        // Two parts of one name: readers differ on which one is meant.
        guard Set(names.map { $0.lowercased() }).count == names.count else { throw PaperError.damaged }
        parts = names.filter {
            $0.wholeMatch(of: /[\[\]A-Za-z0-9_.\/ -]{1,200}/) != nil && !$0.contains("..") && !$0.hasPrefix("-")
        }
        (self.file, self.desk) = (file, desk)
    }

    /// A part's bytes: at most as many as a text may have.
    func read(_ part: String) async throws -> [UInt8] {
        try await desk.temporary(".part") { name in
            // What it is given are patterns: brackets would be sets of letters.
            let pattern = part.replacing("[", with: "\\[").replacing("]", with: "\\]")
            let limits = Limits(fileBytes: desk.bounds.textBytes)
            do {
                _ = try await Tool("bsdtar").run(
                    ["-xOf", file, pattern], in: desk.scratch, limits: limits, output: name)
            } catch PaperError.toolFailed(let tool, let status) {
                let isCutOff = try desk.scratch.size(of: name) >= desk.bounds.textBytes
                throw isCutOff ? PaperError.tooLarge : .toolFailed(tool: tool, status: status)
            }
            return try desk.scratch.readAll(name)
        }
    }

    func tree(_ part: String) async throws -> XMLTree { try XMLTree(try await read(part)) }

    /// How many parts there are of each of these beginnings.
    func beside(_ kinds: [(kind: Hidden.Kind, prefix: String)]) -> [Hidden] {
        kinds.compactMap { kind, prefix in
            let count = parts.count { $0.hasPrefix(prefix) && !$0.hasSuffix("/") }
            return count > 0 ? Hidden(kind, count) : nil
        }
    }
}
