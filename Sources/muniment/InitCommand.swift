import ArgumentParser
import Foundation
import Sealing
import Storage
import Vault

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a new vault and its first administrator.",
        discussion: """
            The vault is made whole or not at all. With --key-file a new key file is made if there is none; keep it on \
            another device: without it, or without the passphrase, nobody can ever open the vault.

            The anchor is a small file by which a vault that was rolled back is known. Keep it on another disk.

            Examples:
              muniment init /srv/vault --origin vault.county.example/ledger --key-file /media/key/vault.key \\
                  --anchor /media/anchor/vault.anchor --administrator ada --name 'Ada Admin' --organisation 'Digital Services'
              muniment init ./try --origin try.example/ledger --administrator ada --name Ada --organisation Here
            """)

    @Argument(help: "A folder that does not exist yet, or is empty.") var folder: String
    @OptionGroup var secret: UnlockOptions
    @Option(help: "The ledger's name for ever: a host and path without https://.") var origin: String
    @Option(help: ArgumentHelp("Where the anchor is kept; beside the vault when not given.", valueName: "file"))
    var anchor: String?
    @Option(help: ArgumentHelp("The first administrator's user name.", valueName: "username")) var administrator: String
    @Option(help: "The administrator's full name.") var name: String
    @Option(help: "The organisation that runs the vault.") var organisation: String
    @Option(
        help: ArgumentHelp("Read the administrator's password from a file ('-' for standard input).", valueName: "file")
    )
    var passwordFile: String?
    @Option(
        help: ArgumentHelp(
            "The folder with categories.yaml and agreement.yaml; MUNIMENT_POLICIES, or ./Policies, when not given.",
            valueName: "dir"))
    var policies: String?

    func run() async throws {
        let path = URL(filePath: absolute(folder)).standardizedFileURL.path(percentEncoded: false)
            .replacing(/\/+$/, with: "")
        guard anchor?.contains("\n") != true else { throw ValidationError("The anchor's path has a line end.") }
        let anchorPath = anchor.map(absolute) ?? "../\(URL(filePath: path).lastPathComponent).anchor"
        let texts = try readPolicies()
        guard !Folder.exists(path + "/muniment-vault") else { throw StorageError.alreadyExists }
        try makeKeyFileIfAsked()
        let custody: Custody =
            secret.keyFilePath == nil
            ? .passphrase(salt: RandomSource.system.bytes(SecretBytes.saltCount), cost: .rootKey) : .keyFile
        let password = try Passwords.new(file: passwordFile, who: administrator)
        let new = NewVault(
            origin: origin, anchorPath: anchorPath, custody: custody,
            administrator: .init(username: administrator, name: name, organisation: organisation), policies: texts)
        try await DocumentVault.create(
            new, in: path, unlockedBy: try secret.read(prompt: "New passphrase for the vault: ", twice: true),
            password: password, environment: .live)
        print("The vault is ready. Sign in with: muniment sign-in \(administrator) --vault \(folder)")
        if anchor == nil {
            Terminal.note(
                "The anchor is beside the vault, at \(path).anchor. For real use keep it on another disk: --anchor FILE."
            )
        }
    }

    private func readPolicies() throws -> [PolicyFile: [UInt8]] {
        let folder = policies ?? ProcessInfo.processInfo.environment["MUNIMENT_POLICIES"] ?? "Policies"
        var texts: [PolicyFile: [UInt8]] = [:]
        for file in PolicyFile.allCases {
            guard let text = try? Folder.read("\(folder)/\(file.rawValue)", limit: 8 << 20) else {
                throw CommandError("There is no \(file.rawValue) in \(folder). Say where it is with --policies DIR.")
            }
            texts[file] = text
        }
        return texts
    }

    /// A key file is 32 random bytes that nobody but its owner may read.
    private func makeKeyFileIfAsked() throws {
        guard let path = secret.keyFilePath, !Folder.exists(path) else { return }
        let file = try FileDescriptor.creating(path)
        try file.write(RandomSource.system.bytes(Custody.minimumKeyFileCount).span)
        try file.sync()
        try Folder.syncParent(of: path)
        Terminal.note(
            "A new key file was made at \(path). Keep a copy on another device: without it the vault cannot be opened.")
    }
}

/// Passwords of people.
enum Passwords {
    static func new(file: String?, who: String) throws -> Key {
        try read(file, "New password for \(who): ", twice: true)
    }

    static func existing(file: String?) throws -> Key { try read(file, "Password: ", twice: false) }

    private static func read(_ file: String?, _ prompt: String, twice: Bool) throws -> Key {
        guard let file else { return Key(try Secrets.ask(prompt, twice: twice)) }
        return Key(try Secrets.line(from: file))
    }
}
