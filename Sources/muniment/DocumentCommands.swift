import ArgumentParser
import Foundation
import Rules
import Sealing
import Storage
import Vault

struct DocumentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "document", abstract: "Deposit, find and read documents.",
        subcommands: [
            Deposit.self, List.self, Show.self, Read.self, History.self, Replace.self, AddRendition.self,
            ReleaseToFamily.self, Unrelease.self, Scan.self,
        ])

    struct Deposit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deposit a file as a new document.",
            discussion: """
                Example:
                  muniment document deposit 'Speech and language report.pdf' --case 5f0c… --category D05
                """)
        @Argument(help: "The file; '-' for standard input.") var file: String
        @Option(name: .customLong("case"), help: ArgumentHelp("The case.", valueName: "id")) var caseID: CaseID
        @Option(help: "What it is, as the agreement names it: D01 to D23.") var category: Rules.Category
        @Option(help: "A title; the file's name when not given.") var title: String?
        @OptionGroup var type: TypeOption
        @OptionGroup var scanner: ScannerOption
        @Option(help: "A label that restrains it further. May be repeated.") var label: [Rules.Label] = []
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let name = file == "-" ? "" : URL(filePath: file).lastPathComponent
            guard let title = title ?? (name.isEmpty ? nil : name) else {
                throw ValidationError("A document from standard input needs a --title.")
            }
            let new = NewDocument(
                caseID: caseID, category: category, title: title, mediaType: try type.mediaType(of: name),
                labels: Set(label))
            let content = try openInput(file)
            let receipt = try await common.inVault(scanner: try scanner.clamd()) {
                try await $0.deposit(new, content: content, as: $1)
            }
            try common.show(receipt) { receipt.lines }
        }
    }

    struct Replace: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deposit the next version of a document of your own organisation. The earlier one stays.",
            discussion: "Example:\n  muniment document replace 9d41… 'Report, corrected.pdf'")
        @Argument(help: "The document.") var document: DocumentID
        @Argument(help: "The file; '-' for standard input.") var file: String
        @OptionGroup var type: TypeOption
        @OptionGroup var scanner: ScannerOption
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let mediaType = try type.mediaType(of: file == "-" ? "" : URL(filePath: file).lastPathComponent)
            let content = try openInput(file)
            let receipt = try await common.inVault(scanner: try scanner.clamd()) {
                try await $0.replace(document, mediaType: mediaType, content: content, as: $1)
            }
            try common.show(receipt) { receipt.lines }
        }
    }

    struct AddRendition: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add an extract, a summary or a redaction to a version of your own organisation's document.",
            discussion: """
                It is for those whom the agreement lets have that form and not the original.

                Examples:
                  muniment document add-rendition 9d41… 'Advice, extract.pdf' --rendition extract
                  muniment document add-rendition 9d41… plan.pdf --rendition redacted:consultation --version 2
                """)
        @Argument(help: "The document.") var document: DocumentID
        @Argument(help: "The file; '-' for standard input.") var file: String
        @Option(help: "extract, summary or redacted:NAME.") var rendition: Rendition
        @Option(help: "The version it was made from; the newest when not given.") var version: Int64?
        @OptionGroup var type: TypeOption
        @OptionGroup var scanner: ScannerOption
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let mediaType = try type.mediaType(of: file == "-" ? "" : URL(filePath: file).lastPathComponent)
            let content = try openInput(file)
            let receipt = try await common.inVault(scanner: try scanner.clamd()) {
                try await $0.addRendition(
                    rendition, of: document, version: version, mediaType: mediaType, content: content, as: $1)
            }
            try common.show(receipt) { receipt.lines }
        }
    }

    struct ReleaseToFamily: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "release", abstract: "Let the family have a document.",
            discussion: """
                For categories that may do harm, a record of the check is needed: lines `serious-harm:` and `third-parties:` that \
                say what was found and why it may go.

                Examples:
                  muniment document release 9d41…
                  muniment document release 9d41… --harm-check check.txt
                """)
        @Argument(help: "The document.") var document: DocumentID
        @OptionGroup var form: FormOptions
        @Option(help: ArgumentHelp("Read the check from a file ('-' for standard input).", valueName: "file"))
        var harmCheck: String?
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let check = try harmCheck.map { file in
                let fields = try Details.read(file, allowed: ["serious-harm", "third-parties"])
                return try HarmCheck(
                    seriousHarm: fields["serious-harm"] ?? "", thirdParties: fields["third-parties"] ?? "")
            }
            let id = try await common.inVault {
                try await $0.release(document, form.form, check: check, as: $1)
            }
            try common.show(["release": "\(id)"]) { ["The family may read it now."] }
        }
    }

    struct Unrelease: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take back a release. What the family has read or kept stays with it.",
            discussion: "Example:\n  muniment document unrelease 9d41… --reason 'Released by mistake: wrong version.'")
        @Argument(help: "The document.") var document: DocumentID
        @OptionGroup var form: FormOptions
        @Option(help: "Why. It goes into the record, sealed; '-' reads it from standard input.") var reason: Words
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.endRelease(document, form.form, reason: reason.read(), as: $1) }
            try common.show(["unreleased": "\(document)"]) { ["The family may not read it any more."] }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the documents of a case that are yours to know of.",
            discussion: "Example:\n  muniment document list --case 5f0c…")
        @Option(name: .customLong("case"), help: ArgumentHelp("The case.", valueName: "id")) var caseID: CaseID
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let documents = try await common.inVault { try await $0.documents(of: caseID, as: $1) }
            try common.show(documents) {
                Terminal.table(
                    ["document", "category", "v", "size", "you may", "title"],
                    documents.map { document in
                        [
                            document.id, "\(document.category) \(document.categoryTitle)", "\(document.version)",
                            document.forms.first.map { Terminal.size($0.byteCount) } ?? "–", document.reach,
                            document.title ?? "–",
                        ]
                    })
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what is known of a document, without opening it.",
            discussion: "Example:\n  muniment document show 9d41…")
        @Argument(help: "The document.") var document: DocumentID
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let shown = try await common.inVault { try await $0.show(document, as: $1) }
            try common.show(shown) {
                [
                    "document  \(shown.id)", "title     \(shown.title ?? "not yours to read")",
                    "category  \(shown.category) \(shown.categoryTitle)", "holder    \(shown.holder)",
                    "type      \(shown.mediaType)", "version   \(shown.version)", "added     \(shown.added)",
                    "scanned   \(shown.scanned ?? "never")", "you may   \(shown.reach) (\(shown.clause))",
                ]
                    + shown.forms.map { form in
                        "form      \(form.rendition), \(form.mediaType), \(Terminal.size(form.byteCount))"
                            + (form.isReleased ? ", released to the family" : "")
                    } + (shown.statements ?? []).map { "attached  \($0.sentence)" }
            }
        }
    }

    struct Read: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read a document, whole or a range of its bytes.",
            discussion: """
                The read is in the ledger before the first byte leaves. Content goes to standard output, or to a new file.

                Examples:
                  muniment document read 9d41… > report.pdf
                  muniment document read 9d41… --output report.pdf --version 1
                  muniment document read 9d41… --range 0-1023
                """)
        @Argument(help: "The document.") var document: DocumentID
        @Option(help: ArgumentHelp("Write to this file, which must not exist yet.", valueName: "file"))
        var output: String?
        @Option(
            help: ArgumentHelp(
                "First and last byte, counted from 0: 0-99, or 100- to the end; it ends with the document at the latest.",
                valueName: "first-last"))
        var range: ByteRange = .whole
        @OptionGroup var form: FormOptions
        @Option(help: "Why you read it, when not for the case's own purpose.") var purpose: Rules.Purpose?
        @OptionGroup var vault: VaultOptions
        @OptionGroup var session: SessionOptions

        func run() async throws {
            let common = CommonOptions(vault, session)
            let target = try Output(output)
            let count = try await common.inVault { vault, caller in
                let content = try await vault.open(
                    document, form.form, range: range, purpose: purpose, as: caller)
                if form.rendition == nil, content.rendition != .original {
                    Terminal.note("This is the \(content.rendition) of the document.")
                }
                if content.obligations.contains(.viewOnly) {
                    Terminal.note("This document is for the screen: do not keep or print it.")
                }
                for statement in content.statements { Terminal.note(statement.sentence) }
                try content.read { try target.write($0) }
                return content.range.count
            }
            try target.finish()
            if output != nil { Terminal.note("\(count) bytes were written.") }
        }
    }

    struct History: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the versions of a document.", discussion: "Example:\n  muniment document history 9d41…")
        @Argument(help: "The document.") var document: DocumentID
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let versions = try await common.inVault { try await $0.history(of: document, as: $1) }
            try common.show(versions) {
                Terminal.table(
                    ["version", "added", "by", "size", "ledger entry", "object"],
                    versions.map {
                        [
                            "\($0.number)", $0.added, $0.depositor, Terminal.size($0.byteCount), "\($0.entry)",
                            $0.object,
                        ]
                    })
            }
        }
    }
}

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Give a document to someone outside as an age file.",
        discussion: """
            The payload is not encrypted again: it gets a header of its own. Who has the key opens it with the `age` program.

            Examples:
              muniment export 9d41… --to age1… --output report.pdf.age
              muniment export 9d41… --passphrase-for-recipient pass.txt --output report.pdf.age
            """)

    @Argument(help: "The document.") var document: DocumentID
    @Option(
        name: .customLong("to"),
        help: ArgumentHelp("A recipient's age public key. May be repeated.", valueName: "age1…"))
    var recipients: [String] = []
    @Flag(help: "Ask for a passphrase that opens the file.") var passphrase = false
    @Option(help: ArgumentHelp("Read that passphrase from a file.", valueName: "file")) var passphraseForRecipient:
        String?
    @Option(help: ArgumentHelp("The file to make; it must not exist yet.", valueName: "file")) var output: String
    @OptionGroup var form: FormOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let release = try release()
        let target = try Output(output)
        try await common.inVault { vault, caller in
            try await vault.export(document, form.form, to: release, as: caller) { try target.write($0) }
        }
        try target.finish()
        try common.show(["exported": "\(document)", "file": output]) { ["Written to \(output)."] }
    }

    private func release() throws -> Release {
        let usesPassphrase = passphrase || passphraseForRecipient != nil
        guard usesPassphrase == recipients.isEmpty else {
            throw ValidationError("Name recipients with --to, or use a passphrase: one of the two.")
        }
        guard usesPassphrase else { return .recipients(try recipients.map { try .init($0) }) }
        if let passphraseForRecipient { return .passphrase(Key(try Secrets.line(from: passphraseForRecipient))) }
        return .passphrase(Key(try Secrets.ask("Passphrase for the file: ", twice: true)))
    }
}

/// Which form of a document is meant.
struct FormOptions: ParsableArguments {
    @Option(help: "An earlier version.") var version: Int64?
    @Option(help: "original, extract, summary or redacted:NAME; the fullest that you may have when not given.")
    var rendition: Rendition?

    var form: WhichForm { WhichForm(version: version, rendition: rendition) }
}

/// What a file claims to be.
struct TypeOption: ParsableArguments {
    @Option(help: ArgumentHelp("Its media type; from the ending of its name when not given.", valueName: "type"))
    var type: String?

    func mediaType(of name: String) throws -> MediaType {
        guard let type else { return MediaType(fileName: name) ?? .unknown }
        guard let mediaType = MediaType(type) else {
            throw ValidationError("The vault takes these types: \(MediaType.all.joined(separator: ", ")).")
        }
        return mediaType
    }
}

extension DocumentSummary {
    /// How far the caller may go, in a word.
    fileprivate var reach: String {
        if mayRead { return "read" }
        return forms.isEmpty ? "know" : "read " + forms.map(\.rendition).joined(separator: ", ")
    }
}

extension Receipt {
    var lines: [String] {
        ["document  \(document)", "version   \(version)", "size      \(byteCount) bytes", "entry     \(entry)"]
    }
}

func openInput(_ file: String) throws -> FileDescriptor {
    file == "-" ? try .duplicating(0) : try .reading(file)
}

/// Where content goes: standard output, or a new file that is there whole or not at all.
final class Output {
    private enum Target {
        case standard(FileDescriptor)
        case file(FileSink, partial: String, path: String)
    }

    private let target: Target
    private var isFinished = false

    init(_ path: String?) throws {
        guard let path else {
            target = .standard(try .duplicating(1))
            return
        }
        guard !Folder.exists(path) else { throw CommandError("\(path) exists already. Choose another name.") }
        let partial = "\(path).\(Hex.encode(RandomSource.system.bytes(4))).part"
        target = .file(try FileSink(creating: partial, isDigesting: false), partial: partial, path: path)
    }

    deinit {
        // Nothing half-written is left behind.
        if case .file(_, let partial, _) = target, !isFinished { try? Folder.remove(partial) }
    }

    func write(_ bytes: [UInt8]) throws {
        switch target {
        case .standard(let file): try file.write(bytes.span)
        case .file(let sink, _, _): try sink.write(bytes)
        }
    }

    func finish() throws {
        guard case .file(let sink, let partial, let path) = target else { return }
        _ = try sink.finish(syncing: false)
        try Folder.publish(partial, as: path)
        isFinished = true
    }
}
