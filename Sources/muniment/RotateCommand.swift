import ArgumentParser
import Rules
import Storage
import Vault

struct RotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Give a party, a child, a document or the vault new keys, and destroy the old.",
        subcommands: [OfParty.self, OfChild.self, OfDocument.self, OfService.self])

    struct OfParty: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "party", abstract: "Give a party a new key.",
            discussion: """
                Every wrap of the party is made anew while others work. It may be stopped at any moment; the same command goes on. Of a \
                party that has a custody of its own the secret is presented, and that keeps the new key from then on.

                With --reseal everything that the party has is sealed anew as well, under keys that nobody has seen: after a suspected \
                leak of the party's key together with a copy of the vault.

                Examples:
                  muniment key rotate party health
                  muniment key rotate party health --reseal
                  muniment key rotate party health --new-key-file /media/key/health.key
                """)
        @Argument(help: "education, health, social-care, youth-justice, family or rights.") var party: Party
        @Option(help: "How many wraps are made anew at a time.") var batch = 2000
        @Option(help: ArgumentHelp("How long others have the keyring between two batches.", valueName: "milliseconds"))
        var pause = 5
        @Flag(help: "Seal anew everything that the party has.") var reseal = false
        @OptionGroup var presented: PresentedOptions
        @OptionGroup var common: CommonOptions

        func run() async throws {
            guard (1...100_000).contains(batch), (0...60_000).contains(pause) else {
                throw ValidationError("A batch has 1 to 100000 wraps, and a pause 0 to 60000 milliseconds.")
            }
            let custody = try await DocumentVault.custody(of: party.rawValue, in: common.vault.folder())
            let secret = custody.isEmpty ? nil : try await presented.read { custody }
            let done = try await common.inVault { vault, caller in
                try await Rotated(.party(party), reseal: reseal, vault, caller) {
                    try await vault.rotate(
                        party, presenting: secret, pace: RotationPace(batch: batch, pauseMilliseconds: pause),
                        as: caller
                    ) { done in
                        if Terminal.showsProgress { Terminal.progress("\(done.rewrapped) wraps made anew") }
                    }
                }
            }
            try done.show(common)
        }
    }

    struct OfChild: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "child", abstract: "Give a child a new key.",
            discussion: """
                With --reseal everything about the child is sealed anew as well. That may be stopped at any moment; the same command \
                goes on.

                Examples:
                  muniment key rotate child 3c1f…
                  muniment key rotate child 3c1f… --reseal
                """)
        @Argument(help: ArgumentHelp("The child.", valueName: "id")) var child: ChildID
        @Flag(help: "Seal anew everything about the child.") var reseal = false
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let done = try await common.inVault { vault, caller in
                try await Rotated(.child(child), reseal: reseal, vault, caller) {
                    try await vault.rotate(child, as: caller)
                }
            }
            try done.show(common)
        }
    }

    struct OfDocument: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "document", abstract: "Give a document's versions and forms new keys.",
            discussion: """
                Each gets a new key, and its file a new header; the same parties have it as before. With --reseal the content is \
                sealed anew as well, so that who had the old key and a copy of the old file opens the new one with nothing.

                Examples:
                  muniment key rotate document 8a02…
                  muniment key rotate document 8a02… --reseal
                """)
        @Argument(help: ArgumentHelp("The document.", valueName: "id")) var document: DocumentID
        @Flag(help: "Seal the content anew, and not its header alone.") var reseal = false
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let done = try await common.inVault { vault, caller in
                Rotated(
                    resealed: try await vault.reseal(
                        .document(document), content: reseal, as: caller, progress: Rotated.progress))
            }
            try done.show(common)
        }
    }

    struct OfService: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "service", abstract: "Give the vault a new key for one of its own purposes.",
            discussion: """
                children (wraps the children's keys) and certificates (signs disposal certificates) take one step, and so does log (signs \
                the ledger; nobody else may have the vault open). Tell verifiers of a new key of the ledger: `muniment ledger keys`. \
                Certificates: `muniment disposal signer`.

                pepper (in every password) and blind-index (finds people, children and what was imported) take stages, and nobody else \
                may have the vault open when it begins. The answer and `muniment key status` say what still needs the old version; the \
                same command goes on. --end gives up what waits. records stays: the answer says why.

                Examples:
                  muniment key rotate service children
                  muniment key rotate service pepper
                  muniment key rotate service pepper --end
                """)
        @Argument(help: "log, blind-index, pepper, records, children or certificates.") var service: ServiceKey
        @Flag(help: "Give up what still waits for the new version, and destroy the old one.") var end = false
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let done = try await common.inVault { try await $0.rotate(service, ending: end, as: $1) }
            try common.show(done) { done.lines }
            guard done.isFinished else { throw FaultFound() }
        }
    }
}

/// What a rotation came to: of a key, of content, or of both.
private struct Rotated: Encodable {
    var rotated: RotationProgress?
    var resealed: ResealProgress?

    init(resealed: ResealProgress) { self.resealed = resealed }

    /// The key first, so that nothing is sealed for the old one; unless an earlier run has done that and was stopped after it.
    init(
        _ target: ResealTarget, reseal: Bool, _ vault: DocumentVault, _ caller: Caller,
        _ rotate: () async throws -> RotationProgress
    ) async throws {
        let isUnderWay = try await vault.isResealing(target)
        if !(reseal && isUnderWay) { rotated = try await rotate() }
        guard reseal, rotated?.isFinished != false else { return }
        resealed = try await vault.reseal(target, content: true, as: caller, progress: Self.progress)
    }

    static func progress(_ done: ResealProgress) {
        guard Terminal.showsProgress else { return }
        Terminal.progress("\(done.objects) files sealed anew, \(Terminal.size(done.byteCount))")
    }

    func show(_ common: CommonOptions) throws {
        Terminal.endProgress()
        if let rotated, resealed == nil {
            try common.show(rotated) { rotated.lines }
        } else {
            try common.show(self) { (rotated?.lines ?? []) + (resealed?.lines ?? []) }
        }
        guard rotated?.isFinished != false else { throw FaultFound() }
    }
}

extension RotationProgress {
    fileprivate var lines: [String] {
        if isFinished {
            return ["The key of \(key) is version \(to) now; version \(from) was destroyed. Made anew: \(rewrapped)."]
        }
        guard !waiting.isEmpty else {
            return ["Made anew: \(rewrapped). Some are being deposited at this moment: run it again to finish."]
        }
        let counts = waiting.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        return [
            "The key of \(key) is version \(to) now. Made anew: \(rewrapped).",
            "Version \(from) stays until nothing needs it: \(counts).",
            "Run it again later, or give these up with --end.",
        ]
    }
}

extension ResealProgress {
    fileprivate var lines: [String] {
        let what = isContent ? "sealed anew" : "given a new header"
        return ["Of \(of) \(objects) files were \(what), \(Terminal.size(byteCount)); the old ones were destroyed."]
    }
}
