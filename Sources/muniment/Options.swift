import ArgumentParser
import Foundation
import Rules
import Sealing
import Storage
import Vault

/// Which vault, and how it is unlocked.
struct VaultOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The vault's folder; MUNIMENT_VAULT when not given.", valueName: "dir"))
    var vault: String?

    @OptionGroup var secret: UnlockOptions

    func folder() throws -> String {
        guard let path = vault ?? ProcessInfo.processInfo.environment["MUNIMENT_VAULT"] else {
            throw ValidationError("Say which vault: --vault DIR, or set MUNIMENT_VAULT.")
        }
        return absolute(path)
    }
}

/// The secret that opens a vault. It comes from a file or a prompt, never from the command line.
struct UnlockOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The file with the root key's secret; MUNIMENT_KEY_FILE when not given.", valueName: "file"))
    var keyFile: String?

    @Option(
        help: ArgumentHelp(
            "Read the passphrase from the first line of a file ('-' for standard input).", valueName: "file"))
    var passphraseFile: String?

    @Option(help: ArgumentHelp("A share of the secret, as its keeper has it. Repeat it.", valueName: "file"))
    var share: [String] = []

    @Option(help: ArgumentHelp("A keeper's age identity, which opens a share. Repeat it.", valueName: "file"))
    var shareIdentity: [String] = []

    @Option(
        help: ArgumentHelp(
            "The secret is on the token that the vault names: the path of its PKCS#11 module.", valueName: "file"))
    var tokenModule: String?

    @Option(help: ArgumentHelp("Read the token's PIN from a file ('-' for standard input).", valueName: "file"))
    var pinFile: String?

    /// The path of the key file, when one is used.
    var keyFilePath: String? {
        guard passphraseFile == nil, share.isEmpty, tokenModule == nil else { return nil }
        return keyFile ?? ProcessInfo.processInfo.environment["MUNIMENT_KEY_FILE"]
    }

    func read(prompt: String = "Passphrase of the vault: ", twice: Bool = false) throws -> Key {
        if let keyFilePath { return Key(try Secrets.keyFile(keyFilePath)) }
        if let passphraseFile { return Key(try Secrets.line(from: passphraseFile)) }
        return Key(try Secrets.ask(prompt, twice: twice))
    }

    /// The secret that opens a vault, however it is kept.
    ///
    /// `folder`: of the vault that says on which token its secret is; without one a token is refused.
    func read(of folder: String?) async throws -> Key {
        try await PresentedSecret(
            keyFile: keyFilePath, passphraseFile: passphraseFile, shares: share, identities: shareIdentity,
            tokenModule: tokenModule, pinFile: pinFile, prompt: "Passphrase of the vault: "
        ).read {
            guard let folder else { return [] }
            return try await DocumentVault.custody(in: folder)
        }
    }
}

/// Who acts.
struct SessionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The session file; MUNIMENT_SESSION, or ~/.muniment/session, when not given.", valueName: "file"))
    var session: String?

    @Option(
        help: ArgumentHelp(
            "Act by the access token in a file ('-' for standard input) instead of a session.", valueName: "file"))
    var tokenFile: String?

    /// What stands for whoever acts.
    func bearer() throws -> [UInt8] {
        guard let tokenFile else { return try SessionFile.read(path).text }
        return try Secrets.token(file: tokenFile, "Access token: ")
    }

    var path: String {
        if let session { return absolute(session) }
        let environment = ProcessInfo.processInfo.environment
        if let path = environment["MUNIMENT_SESSION"] { return absolute(path) }
        return (environment["HOME"] ?? "/") + "/.muniment/session"
    }
}

/// What nearly every command takes: vault, session and form of output.
struct CommonOptions: ParsableArguments {
    @OptionGroup var vault: VaultOptions
    @OptionGroup var session: SessionOptions
    @Flag(help: "Print the result as JSON.") var json = false

    init() {}

    /// For a command whose answer has a form of its own.
    init(_ vault: VaultOptions, _ session: SessionOptions) {
        self.vault = vault
        self.session = session
    }

    /// Opens the vault, finds out who asks, runs `work` and closes the vault again.
    ///
    /// `scanner`: for what takes content in.
    func inVault<Result>(
        scanner: ClamdScanner? = nil, _ work: (DocumentVault, Caller) async throws -> Result
    ) async throws -> Result {
        let bearer = try session.bearer()
        let vault = try await open(scanner: scanner)
        do {
            let result = try await work(vault, try await vault.caller(bearer: bearer))
            try await vault.close()
            return result
        } catch {
            try? await vault.close()  // The first error is the one to tell; what was acknowledged is safe.
            throw error
        }
    }

    func open(scanner: ClamdScanner? = nil) async throws -> DocumentVault {
        let folder = try vault.folder()
        return try await DocumentVault.open(
            folder, unlockedWith: try await vault.secret.read(of: folder), in: .live(scanner: scanner))
    }

    /// Prints as JSON, or as the lines that `text` makes.
    func show(_ value: some Encodable, text: () -> [String]) throws {
        if json { return try Terminal.json(value) }
        for line in text() { print(line) }
    }
}

extension VaultEnvironment {
    /// The machine's clock and generator. Legal days are days in Europe/London.
    static let live = live(scanner: nil)

    static func live(
        scanner: ClamdScanner?, intake: IntakeRules = IntakeRules(), rules: RequestRules = .usual
    ) -> VaultEnvironment {
        VaultEnvironment(
            now: { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) },
            day: { moment in
                let parts = civil.dateComponents([.year, .month, .day], from: moment.date)
                guard let year = parts.year, let month = parts.month, let number = parts.day,
                    let day = Day(year: year, month: month, day: number)
                else { preconditionFailure("the calendar has no such day") }
                return day
            }, random: .system, intake: intake, scanner: scanner, cryptoperiods: cryptoperiods,
            rights: rules.rights, claims: rules.claims, schools: rules.schools)
    }

    /// From the folder of MUNIMENT_KEYS, `./Keys` or the package's own.
    private static let cryptoperiods = read("cryptoperiods.yaml", "MUNIMENT_KEYS", "Keys", Cryptoperiods.load)

    /// What a file of rules says: the first that is there. One with a fault is told and left out, and what needs it is refused.
    fileprivate static func read<Rules>(
        _ file: String, _ variable: String, _ folder: String, _ load: (PolicyText) throws(PolicyError) -> Rules
    ) -> Rules? {
        let named = ProcessInfo.processInfo.environment[variable].map { [$0] }
        for folder in named ?? [folder, "/usr/share/muniment/\(folder)"] {
            guard let text = try? Folder.read("\(folder)/\(file)", limit: 1 << 20) else { continue }
            do throws(PolicyError) {
                return try load(PolicyText(file: file, text: String(decoding: text, as: UTF8.self)))
            } catch {
                Terminal.note(error.userMessage)
                return nil
            }
        }
        return nil
    }

    private static let civil: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        guard let london = TimeZone(identifier: "Europe/London") else {
            preconditionFailure("this machine has no time zone data (Debian package tzdata)")
        }
        calendar.timeZone = london
        return calendar
    }()
}

extension Instant {
    fileprivate var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }
}

/// A path as other processes of this user would understand it.
func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
}

/// The rules that requests under data protection law are answered by, and what goes with them.
struct RequestRules: Sendable {
    let rights: RightsPolicy?
    let claims: ClaimsPolicy?
    /// An authority's own: none comes with the program.
    let schools: SchoolTerms?

    /// From the folder of MUNIMENT_POLICIES, `./Policies` or the package's own.
    static let usual = RequestRules()

    private init() {
        func read<Rules>(_ file: String, _ load: (PolicyText) throws(PolicyError) -> Rules) -> Rules? {
            VaultEnvironment.read(file, "MUNIMENT_POLICIES", "Policies", load)
        }
        rights = read("rights.yaml", RightsPolicy.load)
        claims = read("claims.yaml", ClaimsPolicy.load)
        schools = read("schools.yaml", SchoolTerms.load)
    }

    /// From a folder that somebody has named. `rights.yaml` must be there, and nothing that is there may have a fault.
    init(from folder: String) throws {
        func read<Rules>(_ file: String, _ load: (PolicyText) throws(PolicyError) -> Rules) throws -> Rules {
            let text = try Folder.read("\(folder)/\(file)", limit: 1 << 20)
            return try load(PolicyText(file: file, text: String(decoding: text, as: UTF8.self)))
        }
        func isThere(_ file: String) -> Bool { FileManager.default.fileExists(atPath: "\(folder)/\(file)") }
        rights = try read("rights.yaml", RightsPolicy.load)
        claims = isThere("claims.yaml") ? try read("claims.yaml", ClaimsPolicy.load) : nil
        schools = isThere("schools.yaml") ? try read("schools.yaml", SchoolTerms.load) : nil
    }
}
