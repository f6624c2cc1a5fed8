import ArgumentParser
import Foundation
import Rules
import Sealing
import Storage
import Vault

/// What a token-kept secret is found by: written into the vault beside the key that it opens.
struct TokenPlace: Codable {
    let token: String
    let key: String
    /// The secret, wrapped by the token: hexadecimal.
    let wrapped: String

    static let facts = Facts("custody/token")

    init(_ text: String) throws {
        guard let place = try? JSONDecoder().decode(TokenPlace.self, from: Data(text.utf8)) else {
            throw CommandError("The vault does not say which token it is kept on.")
        }
        self = place
    }

    init(token: String, key: String, wrapped: String) {
        self.token = token
        self.key = key
        self.wrapped = wrapped
    }

    var text: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    /// `module`: the path of the PKCS#11 module. It is whoever unlocks who names it: what a database names must not be run.
    func secret(module: String, pin: borrowing SecretBytes) throws -> Key {
        guard let bytes = Hex.decode(wrapped) else { throw CommandError("The wrapped secret cannot be read.") }
        return try Token(module: module, label: token, pin: pin).unwrap(bytes, keyLabel: key, facts: Self.facts)
    }
}

/// A secret, however it is kept: a file, a passphrase, shares of several keepers, or a token.
struct PresentedSecret {
    var keyFile: String?
    var passphraseFile: String?
    var shares: [String] = []
    var identities: [String] = []
    /// The path of a PKCS#11 module, when it is on a token.
    var tokenModule: String?
    var pinFile: String?
    let prompt: String

    /// `custody`: how the vault keeps what is to be opened; asked for a token only.
    func read(_ custody: () async throws -> [CustodyState]) async throws -> Key {
        if !shares.isEmpty { return try Shares.combine(shares, identities: identities) }
        if let tokenModule {
            guard let state = try await custody().first(where: { $0.kind == CustodyRow.Kind.token.rawValue }) else {
                throw CommandError("This key is not kept on a token.")
            }
            return try TokenPlace(state.about).secret(
                module: absolute(tokenModule),
                pin: pinFile.map { try Secrets.line(from: $0) } ?? Secrets.ask("PIN of the token: "))
        }
        if let keyFile { return Key(try Secrets.keyFile(keyFile)) }
        if let passphraseFile { return Key(try Secrets.line(from: passphraseFile)) }
        return Key(try Secrets.ask(prompt))
    }
}

/// Shares come as their keepers have them: age files, opened with the keepers' identities, or as the text within.
enum Shares {
    private static let longest = 64 << 10

    static func combine(_ paths: [String], identities: [String]) throws -> Key {
        let files = try paths.map { try ($0, Folder.read($0, limit: longest)) }
        return try ShareSet.combine(files.map { try share($0.0, $0.1, identities) })
    }

    private static func share(_ path: String, _ file: [UInt8], _ identities: [String]) throws -> Share {
        guard file.starts(with: Array("age-encryption.org/".utf8)) else {
            var bytes = file
            return try Share(parsing: SecretBytes(wiping: &bytes))
        }
        for identity in identities {
            let opener = AgeOpener.identity(try Secrets.identity(identity))
            do throws(SealingError) {
                return try Share(parsing: try Age.openSecret(file, with: opener))
            } catch .noMatchingKey {
                continue
            }
        }
        throw CommandError("None of the identities opens \(path).")
    }

    /// Gives each keeper a share, as an age file for the keeper alone.
    static func hand(out secret: Key, threshold: Int, to keepers: [String], in folder: String) throws -> ShareSet {
        let recipients = try keepers.map { try AgeRecipient($0) }
        let shares = try ShareSet.split(secret, threshold: threshold, count: recipients.count, random: .system)
        guard !Folder.exists(folder) else {
            throw CommandError("\(folder) is there already. Name a folder that is not.")
        }
        try Folder.create(folder)
        for (share, recipient) in zip(shares, recipients) {
            let file = try Age.seal(try share.text(), to: [recipient], random: .system)
            try Folder.write(file, to: "\(folder)/share-\(share.index).age")
        }
        guard let set = shares.first?.set else { throw CommandError("A secret has at least two shares.") }
        return set
    }
}

/// A new secret and how it is to be kept.
struct NewCustodyOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Keep it in a new key file.", valueName: "file")) var newKeyFile: String?
    @Option(help: ArgumentHelp("Keep it under the passphrase in a file ('-' for standard input).", valueName: "file"))
    var newPassphraseFile: String?
    @Option(help: "Keep it in shares, so many of which are needed: 3 of 5 keepers, as a rule.") var threshold: Int?
    @Option(help: ArgumentHelp("A keeper's age public key. Repeat it for each.", valueName: "age1…")) var keeper:
        [String] = []
    @Option(help: ArgumentHelp("Where the shares are written, one file for each keeper.", valueName: "dir"))
    var sharesFolder: String?
    @Option(help: ArgumentHelp("Keep it on a token: the path of its PKCS#11 module.", valueName: "file"))
    var newTokenModule: String?
    @Option(help: "The token's label.") var newSlot: String?
    @Option(help: "The label of the key that is made on the token.") var newObject: String = "muniment"
    @Option(help: ArgumentHelp("Read the token's PIN from a file ('-' for standard input).", valueName: "file"))
    var newPinFile: String?

    func validate() throws {
        let ways = [newKeyFile != nil, newPassphraseFile != nil, !keeper.isEmpty, newTokenModule != nil].count { $0 }
        guard ways <= 1 else { throw ValidationError("Choose one way to keep it.") }
        guard keeper.isEmpty == (sharesFolder == nil) else {
            throw ValidationError("Shares need --keeper for each keeper, and --shares-folder.")
        }
        guard (newTokenModule == nil) == (newSlot == nil) else {
            throw ValidationError("A token needs --new-token-module and --new-slot.")
        }
    }

    /// Makes the secret and puts it where it is to be kept, before anything is under it.
    func make() throws -> NewCustody {
        if !keeper.isEmpty { return try shares() }
        if newTokenModule != nil { return try token() }
        if let newKeyFile {
            let secret = try Key(from: .system)
            let file = try FileDescriptor.creating(absolute(newKeyFile))
            try file.write(secret.secret.exposedBytes().span)
            try file.sync()
            try Folder.syncParent(of: absolute(newKeyFile))
            return NewCustody(kind: .keyFile, custody: .keyFile, secret: secret)
        }
        let secret =
            try newPassphraseFile.map { Key(try Secrets.line(from: $0)) }
            ?? Key(try Secrets.ask("New passphrase: ", twice: true))
        return NewCustody(
            kind: .passphrase,
            custody: .passphrase(salt: RandomSource.system.bytes(SecretBytes.saltCount), cost: .rootKey), secret: secret
        )
    }

    private func shares() throws -> NewCustody {
        let secret = try Key(from: .system)
        let folder = absolute(sharesFolder ?? "")
        let set = try Shares.hand(
            out: secret, threshold: threshold ?? ShareSet.defaultThreshold, to: keeper, in: folder)
        Terminal.note("\(set.count) shares are in \(folder). Give each keeper one, and delete them here.")
        return NewCustody(
            kind: .shares, custody: .keyFile, secret: secret,
            about: "set \(Hex.encode(set.identifier)), \(set.threshold) of \(set.count)")
    }

    private func token() throws -> NewCustody {
        guard let newTokenModule, let newSlot else { throw ValidationError("Name the token.") }
        let secret = try Key(from: .system)
        let token = try Token(
            module: absolute(newTokenModule), label: newSlot,
            pin: newPinFile.map { try Secrets.line(from: $0) } ?? Secrets.ask("PIN of the token: "))
        try token.makeKey(label: newObject)
        let wrapped = try token.wrap(secret, keyLabel: newObject, facts: TokenPlace.facts, random: .system)
        let place = TokenPlace(
            token: newSlot, key: newObject, wrapped: Hex.encode(wrapped))
        return NewCustody(kind: .token, custody: .keyFile, secret: secret, about: try place.text)
    }
}

/// A secret that is presented besides the one that unlocks the vault: a party's own, or the one that a ceremony has made.
struct PresentedOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The key file.", valueName: "file")) var newKeyFile: String?
    @Option(help: ArgumentHelp("Read the passphrase from a file ('-' for standard input).", valueName: "file"))
    var newPassphraseFile: String?
    @Option(help: ArgumentHelp("A share, as its keeper has it. Repeat it.", valueName: "file")) var newShare: [String] =
        []
    @Option(help: ArgumentHelp("A keeper's age identity. Repeat it.", valueName: "file")) var newShareIdentity:
        [String] = []
    @Option(help: ArgumentHelp("It is on a token: the path of the PKCS#11 module.", valueName: "file"))
    var newTokenModule: String?
    @Option(help: ArgumentHelp("Read the token's PIN from a file ('-' for standard input).", valueName: "file"))
    var newPinFile: String?

    func read(_ custody: () async throws -> [CustodyState]) async throws -> Key {
        try await PresentedSecret(
            keyFile: newKeyFile, passphraseFile: newPassphraseFile, shares: newShare, identities: newShareIdentity,
            tokenModule: newTokenModule, pinFile: newPinFile, prompt: "The passphrase: "
        ).read(custody)
    }
}
