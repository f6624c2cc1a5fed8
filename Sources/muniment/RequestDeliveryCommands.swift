import ArgumentParser
import Rules
import Sealing
import Storage
import Vault

extension RequestCommand {
    struct Disclose: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the package of an approved request, for one recipient.",
            discussion: """
                As a zip file (AES-256), which 7-Zip and bsdtar open; what comes with Windows and macOS does not. As one PDF (AES-256) that \
                any reader of PDFs opens, with the files attached. Or as an age file for an organisation's key: a tar file is in it.
                Give the passphrase by another way than the file, and never with it.

                Examples:
                  muniment request disclose 77aa… --to 'Pat Example' --passphrase-from-file words.txt --output package.zip
                  muniment request disclose 77aa… --to 'Pat Example' --form pdf --passphrase-from-file words.txt --output package.pdf
                  muniment request disclose 77aa… --to 'Law Centre Example' --form age --recipient age1… --output package.age
                """)
        @Argument(help: ArgumentHelp("The request.", valueName: "id")) var request: RightsRequestID
        @Option(help: "The requester's name, as the request has it: a package goes to nobody else.") var to: String
        @Option(help: "zip, pdf or age.") var form = PackageForm.zip
        @Option(
            help: ArgumentHelp(
                "The passphrase of a zip file or PDF, 16 characters or more ('-' for standard input).",
                valueName: "file"))
        var passphraseFromFile: String?
        @Option(help: ArgumentHelp("The organisation's public key, for an age file.", valueName: "age1…"))
        var recipient: [String] = []
        @Option(help: ArgumentHelp("Where to write it. It must not be there yet.", valueName: "file")) var output:
            String
        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard
                form == .age
                    ? !recipient.isEmpty && passphraseFromFile == nil : recipient.isEmpty && passphraseFromFile != nil
            else { throw ValidationError("A zip file or PDF has --passphrase-from-file; an age file has --recipient.") }
        }

        func run() async throws {
            let passphrase = try passphraseFromFile.map { Key(try Secrets.line(from: $0)) }
            let recipients = try recipient.map { try AgeRecipient($0) }
            let target = try Output(output)
            let package = try await common.inVault { vault, caller in
                let package = try await vault.disclose(request, to: to, by: form.delivery, as: caller)
                try await package.write(form, passphrase, recipients, to: target)
                return package
            }
            Terminal.endProgress()
            try target.finish()
            try common.show(Written(file: output, files: package.fileCount + 2, entry: package.entry)) {
                ["\(output): \(package.fileCount + 2) files. Ledger entry \(package.entry)."]
            }
        }
    }

    struct Offer: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let the requester's own account fetch the package of an approved request, once.",
            discussion: "Example:\n  muniment request offer 77aa… --to 'Pat Example' --days 14")
        @Argument(help: ArgumentHelp("The request.", valueName: "id")) var request: RightsRequestID
        @Option(help: "The requester's name, as the request has it: a package goes to nobody else.") var to: String
        @Option(help: "For how many days it waits, 1 to 30.") var days = 14
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let offer = try await common.inVault { try await $0.offer(request, to: to, days: days, as: $1) }
            try common.show(offer) { ["\(offer.id) waits until \(offer.expires)."] }
        }
    }

    struct Offers: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Packages that wait for you, or those of one request that you answer.",
            discussion: "Examples:\n  muniment request offers\n  muniment request offers 77aa…")
        @Argument(help: ArgumentHelp("The request; without it, what waits for you.", valueName: "id"))
        var request: RightsRequestID?
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let offers = try await common.inVault { vault, caller in
                guard let request else { return try await vault.offers(as: caller) }
                return try await vault.offers(of: request, as: caller)
            }
            try common.show(offers) {
                Terminal.table(
                    ["offer", "request", "state", "until"],
                    offers.map { [$0.id, $0.request, $0.state.rawValue, $0.expires] })
            }
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take back an offered package that nobody has taken yet.",
            discussion: "Example:\n  muniment request withdraw 99cc…")
        @Argument(help: ArgumentHelp("The offer.", valueName: "id")) var offer: RightsOfferID
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.withdraw(offer, as: $1) }
            try common.show(["offer": "\(offer)", "state": "withdrawn"]) { ["Taken back."] }
        }
    }

    struct Take: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fetch a package that waits for you: once, with a passphrase of your own.",
            discussion: "Example:\n  muniment request take 99cc… --passphrase-from-file words.txt --output package.zip")
        @Argument(help: ArgumentHelp("The offer.", valueName: "id")) var offer: RightsOfferID
        @Option(help: "zip or pdf.") var form = PackageForm.zip
        @Option(
            help: ArgumentHelp(
                "The package's passphrase, 16 characters or more ('-' for standard input).", valueName: "file"))
        var passphraseFromFile: String
        @Option(help: ArgumentHelp("Where to write it. It must not be there yet.", valueName: "file")) var output:
            String
        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard form != .age else { throw ValidationError("What waits for you is a zip file or a PDF.") }
        }

        func run() async throws {
            let passphrase = Key(try Secrets.line(from: passphraseFromFile))
            let target = try Output(output)
            let package = try await common.inVault { vault, caller in
                let package = try await vault.take(offer, as: caller)
                try await package.write(form, passphrase, [], to: target)
                return package
            }
            Terminal.endProgress()
            try target.finish()
            try common.show(Written(file: output, files: package.fileCount + 2, entry: package.entry)) {
                ["\(output): \(package.fileCount + 2) files. Ledger entry \(package.entry)."]
            }
        }
    }
}

/// What a package is written as.
enum PackageForm: String, CaseIterable, ExpressibleByArgument {
    case zip, pdf, age

    var delivery: PackageDelivery {
        switch self {
        case .zip: .zip
        case .pdf: .pdf
        case .age: .age
        }
    }
}

private struct Written: Encodable {
    let file: String
    let files: Int
    let entry: UInt64
}

extension DisclosurePackage {
    fileprivate func write(
        _ form: PackageForm, _ passphrase: Key?, _ recipients: [AgeRecipient], to target: Output
    ) async throws {
        let all = byteCount
        let progress: (UInt64) -> Void = { done in
            guard Terminal.showsProgress else { return }
            Terminal.progress("\(Terminal.size(done)) of \(Terminal.size(all))")
        }
        switch (form, passphrase) {
        case (.age, _): try writeAge(to: recipients, progress: progress, emit: target.write)
        case (.zip, let passphrase?): try writeZip(passphrase: passphrase, progress: progress, emit: target.write)
        case (.pdf, let passphrase?):
            try await writeBundle(
                password: passphrase,
                progress: { done, count in
                    guard Terminal.showsProgress else { return }
                    Terminal.progress("\(done) of \(count) files")
                }, emit: target.write)
        case (_, nil): throw CommandError("There is no passphrase.")
        }
    }
}
