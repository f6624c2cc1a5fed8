import ArgumentParser
import Foundation
import Rules
import Storage
import Synchronization
import Vault

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Deposit many files at once.",
        discussion: """
            SOURCE is a folder, all of whose files are taken, or a manifest: a CSV file with a header line and the columns \
            path (needed), case, category, title, type and labels. What a row leaves out comes from the options. Paths in a \
            manifest are relative to it.

            An import that was interrupted is started again with the same command: what is stored already is left out. Files \
            that cannot be taken are reported, and the others go on; the exit status is then 1.

            Examples:
              muniment import ./reports --case 5f0c… --category D03
              muniment import manifest.csv --report report.csv
            """)

    @Argument(help: "A folder or a CSV manifest.") var source: String
    @Option(name: .customLong("case"), help: ArgumentHelp("The case, where the manifest names none.", valueName: "id"))
    var caseID: CaseID?
    @Option(help: "The category, where the manifest names none.") var category: Rules.Category?
    @Option(help: ArgumentHelp("Write a line for each file once its fate is durable.", valueName: "file"))
    var report: String?
    @OptionGroup var scanner: ScannerOption
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let plan = try ImportPlan(source: source, caseID: caseID, category: category)
        let progress = try ImportProgress(plan, reportPath: report)
        try await common.inVault(scanner: try scanner.clamd()) { vault, caller in
            try await vault.importFiles(plan.items, as: caller) { try progress.note($0, $1) }
        }
        let summary = try progress.finish()
        try common.show(summary) { summary.lines }
        if !summary.leftOut.isEmpty { throw ExitCode(1) }
    }
}

/// What became of an import.
struct ImportSummary: Encodable {
    struct LeftOut: Encodable {
        let path: String
        let reason: String
    }

    var stored = 0
    var alreadyThere = 0
    var byteCount: UInt64 = 0
    var seconds = 0.0
    var leftOut: [LeftOut] = []

    var lines: [String] {
        let rate = Terminal.size(UInt64(Double(byteCount) / max(seconds, 0.001)))
        var lines = [
            "\(stored) stored (\(Terminal.size(byteCount)), \(rate) a second), \(alreadyThere) there already, \(leftOut.count) left out"
        ]
        for file in leftOut { lines.append(Terminal.printable("left out: \(file.path): \(file.reason)")) }
        return lines
    }
}

/// Counts what has been done, and tells it: rate and time left on a terminal, a line for each file in the report.
final class ImportProgress: Sendable {
    private struct State: ~Copyable {
        var summary = ImportSummary()
        let report: FileDescriptor?
        var shown = Date()
    }

    private let state: Mutex<State>
    private let started = Date()
    private let total: Int
    private let totalBytes: UInt64
    private let refused: [ImportSummary.LeftOut]

    init(_ plan: ImportPlan, reportPath: String?) throws {
        total = plan.items.count
        totalBytes = plan.items.reduce(0) { $0 &+ $1.byteCount }
        refused = plan.refused
        var report: FileDescriptor?
        if let reportPath {
            guard !Folder.exists(reportPath) else {
                throw CommandError("\(reportPath) exists already. Choose another name for the report.")
            }
            report = try .creating(reportPath)
        }
        for file in plan.refused { try report?.write(Array(Self.leftOut(file).utf8).span) }
        state = Mutex(State(report: report))
    }

    func note(_ item: ImportItem, _ outcome: ImportOutcome) throws {
        let line = state.withLock { state in
            let line = Self.count(item, outcome, in: &state.summary)
            if Terminal.showsProgress, Date().timeIntervalSince(state.shown) > 0.2 {
                state.shown = Date()
                Terminal.progress(progress(state.summary))
            }
            return line
        }
        try state.withLock { try $0.report?.write(Array(line.utf8).span) }
    }

    func finish() throws -> ImportSummary {
        Terminal.endProgress()
        var summary = state.withLock { $0.summary }
        summary.seconds = Date().timeIntervalSince(started)
        summary.leftOut = refused + summary.leftOut
        return summary
    }

    private static func count(_ item: ImportItem, _ outcome: ImportOutcome, in summary: inout ImportSummary) -> String {
        switch outcome {
        case .stored(let receipt):
            summary.stored += 1
            summary.byteCount += receipt.byteCount
            return "stored,\(receipt.document),\(Manifest.quoted(item.path))\n"
        case .alreadyThere(let document):
            summary.alreadyThere += 1
            return "already there,\(document),\(Manifest.quoted(item.path))\n"
        case .refused(let error):
            let file = ImportSummary.LeftOut(
                path: item.path, reason: Failure.message(error) ?? "It cannot be taken.")
            summary.leftOut.append(file)
            return leftOut(file)
        }
    }

    private static func leftOut(_ file: ImportSummary.LeftOut) -> String {
        "left out,,\(Manifest.quoted(file.path)),\(Manifest.quoted(file.reason))\n"
    }

    private func progress(_ summary: ImportSummary) -> String {
        let done = summary.stored + summary.alreadyThere + summary.leftOut.count
        let seconds = Date().timeIntervalSince(started)
        let rate = Double(summary.byteCount) / max(seconds, 0.001)
        let left = rate > 0 ? (Double(totalBytes - min(totalBytes, summary.byteCount)) / rate).rounded() : 0
        return
            "\(done) of \(total) files, \(Terminal.size(summary.byteCount)), \(Terminal.size(UInt64(rate))) a second, \(String(format: "%.0f", left)) s left"
    }
}

/// The files to import, and the rows that cannot be.
struct ImportPlan {
    private(set) var items: [ImportItem] = []
    private(set) var refused: [ImportSummary.LeftOut] = []

    init(source: String, caseID: CaseID?, category: Rules.Category?) throws {
        let defaults = Defaults(caseID: caseID, category: category)
        guard Folder.exists(source) else { throw CommandError("There is nothing at \(source).") }
        if Folder.file(source) == nil {
            for file in try Folder.files(below: source).sorted(by: { $0.name < $1.name }) {
                take(["path": file.name], file, in: source, defaults, line: nil)
            }
        } else {
            for (line, row) in try Manifest.rows(of: source) {
                take(row, nil, in: Folder.parent(of: source), defaults, line: line)
            }
        }
    }

    private struct Defaults {
        let caseID: CaseID?
        let category: Rules.Category?
    }

    private mutating func take(
        _ row: [String: String], _ file: Folder.File?, in folder: String, _ defaults: Defaults, line: Int?
    ) {
        let name = row["path"] ?? ""
        do {
            items.append(try item(row, file, in: folder, defaults))
        } catch {
            let place = line.map { "line \($0): " } ?? ""
            refused.append(.init(path: name, reason: place + (Failure.message(error) ?? "The row cannot be used.")))
        }
    }

    private func item(
        _ row: [String: String], _ file: Folder.File?, in folder: String, _ defaults: Defaults
    ) throws -> ImportItem {
        guard let name = row["path"], !name.isEmpty else { throw CommandError("There is no path.") }
        guard let caseID = try row["case"].map(Self.caseID) ?? defaults.caseID else {
            throw CommandError("There is no case. Add a column, or say --case.")
        }
        guard let category = row["category"].map(Rules.Category.init(rawValue:)) ?? defaults.category else {
            throw CommandError("There is no category. Add a column, or say --category.")
        }
        let mediaType = try row["type"].map(Self.mediaType) ?? MediaType(fileName: name) ?? .unknown
        let labels = (row["labels"] ?? "").split(separator: " ").map { Rules.Label(rawValue: String($0)) }
        let path = name.hasPrefix("/") ? name : folder + "/" + name
        guard let file = file ?? Folder.file(path) else { throw CommandError("There is no such file.") }
        let title = row["title"] ?? name.split(separator: "/").last.map(String.init) ?? name
        let new = NewDocument(
            caseID: caseID, category: category, title: title, mediaType: mediaType, labels: Set(labels))
        return ImportItem(
            path: path, new: new, byteCount: file.byteCount,
            mark: Array("\(absolute(path))\n\(file.byteCount)\n\(file.changed)".utf8))
    }

    private static func caseID(_ text: String) throws -> CaseID {
        guard let id = CaseID(text) else { throw CommandError("The case is not an identifier.") }
        return id
    }

    private static func mediaType(_ text: String) throws -> MediaType {
        guard let type = MediaType(text) else { throw CommandError("The vault does not take the type \(text).") }
        return type
    }
}

/// A CSV file with a header (RFC 4180): quoted fields may hold commas, line ends and doubled quotes.
enum Manifest {
    private static let columns: Set = ["path", "case", "category", "title", "type", "labels"]

    /// - Returns: the rows with the line each begins on; empty fields are left out.
    /// - Throws: `CommandError` for a header that cannot be used. A bad row is a row whose fields do not fit the header.
    static func rows(of path: String) throws -> [(line: Int, row: [String: String])] {
        let bytes = try Folder.read(path, limit: 256 << 20)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandError("The manifest is not UTF-8 text.")
        }
        var records = records(text)
        guard !records.isEmpty else { throw CommandError("The manifest is empty.") }
        let header = records.removeFirst().fields
        guard header.contains("path"), Set(header).isSubset(of: columns), Set(header).count == header.count else {
            throw CommandError(
                "The manifest's first line names the columns: \(columns.sorted().joined(separator: ", ")).")
        }
        return records.map { line, fields in
            guard fields.count == header.count else { return (line, [:]) }
            return (line, Dictionary(uniqueKeysWithValues: zip(header, fields).filter { !$0.1.isEmpty }))
        }
    }

    static func quoted(_ text: String) -> String {
        "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }

    private static func records(_ text: String) -> [(line: Int, fields: [String])] {
        var records: [(line: Int, fields: [String])] = []
        var fields: [String] = []
        var field = ""
        var isQuoted = false
        var line = 1
        var start = 1
        func endRecord() {
            fields.append(field)
            if fields != [""] { records.append((start, fields)) }
            fields = []
            field = ""
        }
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            if scalar == "\n" { line += 1 }
            switch scalar {
            case "\"" where isQuoted && rest.first == "\"":
                field.unicodeScalars.append(scalar)
                rest.removeFirst()
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                fields.append(field)
                field = ""
            case "\r" where !isQuoted: continue
            case "\n" where !isQuoted:
                endRecord()
                start = line
            default: field.unicodeScalars.append(scalar)
            }
        }
        if !field.isEmpty || !fields.isEmpty { endRecord() }
        return records
    }
}
