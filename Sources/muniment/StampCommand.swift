import ArgumentParser
import Foundation
import Sealing
import Storage
import Vault
import Web

/// Which time-stamping authority is asked, and whom its answers are checked by.
struct StampOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The time-stamping authority's address (RFC 3161).", valueName: "url"))
    var authority: String?
    @Option(
        help: ArgumentHelp(
            "PEM: the certificate that the authority signs time stamps with, or that which issued it.",
            valueName: "file"))
    var trust: String?
    @Option(
        help: ArgumentHelp(
            "PEM: whose TLS certificates are believed, in place of those that the system believes.", valueName: "file"))
    var caFile: String?

    /// - Returns: `nil` where no authority is named.
    func chosen() throws -> Stamping? {
        guard let authority else {
            guard trust == nil, caFile == nil else { throw ValidationError("Name the authority: --authority.") }
            return nil
        }
        guard let trust else {
            throw ValidationError("Say by which certificate the authority's answers are checked: --trust.")
        }
        return Stamping(
            authority: try TimeStampAuthority(address: authority, caFile: caFile.map { absolute($0) }),
            trusted: try Self.certificates(trust))
    }

    static func certificates(_ file: String) throws -> [Sealing.Certificate] {
        guard let bytes = FileManager.default.contents(atPath: absolute(file)) else {
            throw CommandError("\(file) cannot be read.")
        }
        return try Certificate.list(pem: [UInt8](bytes))
    }
}

/// An authority that is asked for time stamps.
struct Stamping: Sendable {
    let authority: TimeStampAuthority
    let trusted: [Sealing.Certificate]

    struct Line: Encodable {
        let disposal: String
        let certificate: Int64
        let stamped: String
    }

    func stamp(_ disposal: DisposalID, in vault: DocumentVault, as caller: Caller) async throws -> Line {
        let done = try await vault.stampCertificate(of: disposal, trusting: trusted, as: caller) {
            try await authority.answer(to: $0)
        }
        return Line(disposal: "\(disposal)", certificate: done.number, stamped: done.stamped?.text ?? "")
    }

    /// All certificates that have none yet, the oldest first. Each is kept as it comes, so that a failure loses none of them.
    ///
    /// - Returns: how many were stamped, and what stopped it.
    func stampAll(in vault: DocumentVault, as caller: Caller) async throws -> (done: [Line], failure: (any Error)?) {
        let waiting = try await vault.disposals(as: caller).filter { $0.certificate != nil && $0.stamped == nil }
            .sorted { ($0.certificate ?? 0) < ($1.certificate ?? 0) }
        var done: [Line] = []
        for id in waiting.compactMap({ DisposalID($0.id) }) {
            do { done.append(try await stamp(id, in: vault, as: caller)) } catch { return (done, error) }
        }
        return (done, nil)
    }
}

extension DisposalCommand {
    struct Stamp: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Have an authority say when a certificate existed (RFC 3161), and keep its word in the signature.",
            discussion: """
                The authority gets a digest and a random number. A certificate without a time stamp is as valid; the times in it are \
                this vault's own. A certificate takes one.

                Examples:
                  muniment disposal stamp 77aa… --authority http://tsa.example/stamp --trust tsa.pem
                  muniment disposal stamp --all --authority http://tsa.example/stamp --trust tsa.pem
                """)
        @Argument(help: ArgumentHelp("The disposal.", valueName: "id")) var disposal: DisposalID?
        @Flag(help: "Every certificate that has none yet.") var all = false
        @OptionGroup var stamp: StampOptions
        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard (disposal == nil) == all else { throw ValidationError("Name a disposal, or say --all.") }
        }

        func run() async throws {
            guard let stamping = try stamp.chosen() else {
                throw ValidationError("Name the authority: --authority.")
            }
            let (done, failure) = try await common.inVault { vault, caller in
                guard let disposal else { return try await stamping.stampAll(in: vault, as: caller) }
                return ([try await stamping.stamp(disposal, in: vault, as: caller)], nil)
            }
            try common.show(done) {
                done.isEmpty && failure == nil
                    ? ["Every certificate has a time stamp."]
                    : done.map { "Certificate \($0.certificate) is stamped: \($0.stamped)" }
            }
            if let failure { throw failure }
        }
    }
}
