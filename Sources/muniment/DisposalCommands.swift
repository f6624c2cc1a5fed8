import ArgumentParser
import Foundation
import Rules
import Sealing
import Storage
import Vault

struct DisposalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disposal",
        abstract: "Disposing of a child's record, a document or a version, with a certificate.",
        discussion: """
            Listed, reviewed by the service that owns the records, approved by somebody else, cooled off for 30 days, carried out. \
            Then nothing of it opens any more, and a signed certificate says so.

            Example:
              muniment disposal add --document 9d41… --ground mistake --reason 'Filed under the wrong child'
              muniment disposal review 77aa…
              muniment disposal approve 77aa…
              muniment disposal execute 77aa… --confirm 77aa…
            """,
        subcommands: [
            Add.self, Review.self, Approve.self, End.self, List.self, Execute.self, Certificate.self, Stamp.self,
            Signer.self,
        ])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put something on the list, if nothing stands against it.",
            discussion: "Example:\n  muniment disposal add --child 3c1f… --ground retention --reason 'Due'")
        @Option(help: ArgumentHelp("A whole child.", valueName: "id")) var child: ChildID?
        @Option(help: ArgumentHelp("A document.", valueName: "id")) var document: DocumentID?
        @Option(help: "One version of the document.") var version: Int64?
        @Option(
            help:
                "retention (its time is up), request (of the data subject) or mistake (it should never have been there)."
        )
        var ground: DisposalGround
        @Option(help: "In words that name nobody: the certificate tells them.") var reason: String
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let target = try target()
            let id = try await common.inVault { try await $0.list(target, ground: ground, reason: reason, as: $1) }
            try common.show(["disposal": "\(id)"]) { ["\(id)"] }
        }

        private func target() throws -> DisposalTarget {
            switch (child, document, version) {
            case (let child?, nil, nil): .child(child)
            case (nil, let document?, nil): .document(document)
            case (nil, let document?, let version?): .version(document, version)
            default: throw ValidationError("Name a child or a document, and a version only of a document.")
            }
        }
    }

    struct Review: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say, for the service that owns the records, that they are not needed any more.",
            discussion: "Example:\n  muniment disposal review 77aa…")
        @Argument(help: ArgumentHelp("The disposal.", valueName: "id")) var disposal: DisposalID
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.review(disposal, as: $1) }
            try common.show(["disposal": "\(disposal)", "state": "reviewed"]) { ["Reviewed."] }
        }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Approve a disposal that others have listed and reviewed. The cooling-off begins.",
            discussion: "Example:\n  muniment disposal approve 77aa…")
        @Argument(help: ArgumentHelp("The disposal.", valueName: "id")) var disposal: DisposalID
        @Option(help: "Fewer than 30 only where the law leaves no time: the certificate tells it.")
        var coolingDays = DocumentVault.coolingDays
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.approve(disposal, coolingDays: coolingDays, as: $1) }
            try common.show(["disposal": "\(disposal)", "state": "approved"]) {
                ["Approved. It may be carried out in \(coolingDays) days."]
            }
        }
    }

    struct End: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take something off the list.",
            discussion: "Example:\n  muniment disposal end 77aa… --reason 'Needed for the review in May'")
        @Argument(help: ArgumentHelp("The disposal.", valueName: "id")) var disposal: DisposalID
        @Option(help: "Why.") var reason: String
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.end(disposal, reason: reason, as: $1) }
            try common.show(["disposal": "\(disposal)", "state": "ended"]) { ["Ended."] }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the disposals, done ones too.", discussion: "Example:\n  muniment disposal list --json")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let rows = try await common.inVault { try await $0.disposals(as: $1) }
            try common.show(rows) {
                Terminal.table(
                    ["id", "unit", "state", "ground", "cooling until", "certificate", "stamped", "reason"],
                    rows.map { row in
                        [
                            row.id, row.unit, row.state, row.ground,
                            row.coolingUntil.map { String($0.prefix(10)) } ?? "-",
                            row.certificate.map { "\($0)" } ?? "-", row.stamped.map { String($0.prefix(10)) } ?? "-",
                            row.reason,
                        ]
                    })
            }
        }
    }

    struct Execute: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Carry out an approved disposal. It cannot be undone.",
            discussion: "Example:\n  muniment disposal execute 77aa… --confirm 77aa… --output certificate")
        @Argument(help: ArgumentHelp("The disposal.", valueName: "id")) var disposal: DisposalID
        @Option(help: ArgumentHelp("The disposal again: what is destroyed stays destroyed.", valueName: "id"))
        var confirm: DisposalID?
        @Option(help: ArgumentHelp("Write the certificate to NAME.json, NAME.html and NAME.p7s.", valueName: "name"))
        var output: String?
        @OptionGroup var common: CommonOptions

        func run() async throws {
            guard confirm == disposal else {
                throw ValidationError(
                    "This destroys what the disposal is about, for ever. Repeat its identifier: --confirm \(disposal)")
            }
            let certificate = try await common.inVault { try await $0.execute(disposal, as: $1) }
            if let output { try certificate.write(to: absolute(output)) }
            try common.show(["certificate": certificate.number]) {
                ["Done. Nothing of it opens any more. Certificate \(certificate.number)."]
            }
        }
    }

    struct Certificate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a certificate of the register: NAME.json, NAME.html and NAME.p7s.",
            discussion: """
                Anybody checks it with: openssl cms -verify -binary -inform DER -in NAME.p7s -content NAME.json -CAfile signer.pem

                One that has a time stamp (`disposal stamp`) has it in NAME.p7s, and for whoever checks it alone in NAME.tst. With \
                --trust it is checked here as well.

                Example:
                  muniment disposal certificate 77aa… --output certificate-12
                """)
        @Argument(help: ArgumentHelp("The disposal.", valueName: "id")) var disposal: DisposalID
        @Option(help: ArgumentHelp("The files' name without its ending.", valueName: "name")) var output: String
        @Option(
            help: ArgumentHelp(
                "PEM: check the time stamp by the authority's certificate, or by that which issued it.",
                valueName: "file"))
        var trust: String?
        @OptionGroup var common: CommonOptions

        private struct Shown: Encodable {
            let certificate: Int64
            let stamped: String?
            /// SHA-256 of the signature value, which the time stamp is for.
            let stampedDigest: String?
        }

        func run() async throws {
            let trusted = try trust.map(StampOptions.certificates)
            let certificate = try await common.inVault { try await $0.certificate(of: disposal, as: $1) }
            let signature = try CMSSignature(der: certificate.signature)
            if let trusted, try signature.timeStamp(trusting: trusted) == nil {
                throw CommandError("Certificate \(certificate.number) has no time stamp.")
            }
            try certificate.write(to: absolute(output))
            let digest = certificate.stamped == nil ? nil : signature.stampedDigest.hex
            let shown = Shown(
                certificate: certificate.number, stamped: certificate.stamped?.text, stampedDigest: digest)
            try common.show(shown) {
                let checked = trusted == nil ? "" : ", checked"
                let stamp = shown.stamped.map { ["Time stamp: \($0)\(checked); it is for \(digest ?? "")"] }
                return ["Certificate \(certificate.number) is in \(output).json"] + (stamp ?? [])
            }
        }
    }

    struct Signer: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the X.509 certificate by which the register's signatures are checked.",
            discussion: "Example:\n  muniment disposal signer > signer.pem")
        @OptionGroup var vault: VaultOptions
        @OptionGroup var session: SessionOptions

        func run() async throws {
            let common = CommonOptions(vault, session)
            guard let pem = try await common.inVault({ try await $0.signerCertificate(as: $1) }) else {
                throw CommandError("Nothing has been signed yet.")
            }
            print(pem, terminator: "")
        }
    }
}

extension DisposalCertificate {
    fileprivate func write(to name: String) throws {
        try Folder.write(text, to: name + ".json")
        try Folder.write(signature, to: name + ".p7s")
        try Folder.write(Array(try page().utf8), to: name + ".html")
        if let token = try CMSSignature(der: signature).timeStampToken { try Folder.write(token, to: name + ".tst") }
    }
}
