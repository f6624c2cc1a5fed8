import ArgumentParser
import Foundation
import Rules
import Storage
import Vault

struct ConsentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consent", abstract: "What families have agreed to, refused and taken back.",
        subcommands: [Give.self, Refuse.self, Withdraw.self, List.self, Receipt.self])

    struct Give: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record that somebody consents.",
            discussion: """
                Three kinds stay apart: `service` (taking part; opens nothing), `confidentiality` (a clinician may tell) and \
                `lawful-basis` (sharing that rests on nothing else).

                Whoever is of the child's family on the case speaks for himself or herself. Everyone else records what was said, with \
                the details read from a file or standard input as lines `giver:` (the name), `capacity:` (parent, competent-child, \
                young-person, representative), `authority:` (how it was seen that the giver may decide), `notice:` (the version of \
                the privacy notice), `channel:` (meeting, telephone, letter) and, where there is one, `language:` (en when not \
                given), `interpreter:` and `account:` (the giver's user name).

                Example:
                  muniment consent give --child 6ab1… --kind lawful-basis --category D05 --category D12 --role REP \\
                      --recipient rosa.rep --until 2027-09-30 --details consent.txt
                """)
        @OptionGroup var options: ConsentOptions
        @OptionGroup var common: CommonOptions

        func run() async throws { try await options.record(refusing: false, common) }
    }

    struct Refuse: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record that somebody refuses.",
            discussion: """
                As `consent give`.

                Example:
                  muniment consent refuse --child 6ab1… --kind service --until 2027-09-30 --details answer.txt
                """)
        @OptionGroup var options: ConsentOptions
        @OptionGroup var common: CommonOptions

        func run() async throws { try await options.record(refusing: true, common) }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a consent, at once.",
            discussion: """
                Example:
                  muniment consent withdraw 77aa… --note 'By telephone, to the case officer'
                """)
        @Argument(help: "The consent.") var consent: ActID
        @Option(help: "Who said so and how. It goes into the record, sealed; '-' reads it from standard input.")
        var note: Words?
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.withdrawConsent(consent, note: note?.read(), as: $1) }
            try common.show(["withdrawn": "\(consent)"]) { ["It no longer opens anything."] }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the consents about a child, with everything that happened to them.",
            discussion: "Example:\n  muniment consent list --child 6ab1…")
        @Option(help: ArgumentHelp("The child.", valueName: "id")) var child: ChildID
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let consents = try await common.inVault { try await $0.consents(about: child, as: $1) }
            try common.show(consents) {
                Terminal.table(
                    ["consent", "kind", "state", "until", "for", "what", "given by"],
                    consents.map { consent in
                        let terms = consent.terms
                        return [
                            consent.id, terms.kind.rawValue, consent.state.rawValue, "\(terms.until)",
                            terms.roles.joined(separator: " "), terms.categories.joined(separator: " "),
                            "\(terms.giver) (\(terms.capacity.rawValue))",
                        ]
                    })
            }
        }
    }

    struct Receipt: AsyncParsableCommand {
        enum Form: String, CaseIterable, ExpressibleByArgument { case page, iso27560, fhir }

        static let configuration = CommandConfiguration(
            abstract: "Print the receipt of a consent: for the family, or for another program.",
            discussion: """
                `page` is a page to print (HTML), `iso27560` JSON after ISO/IEC TS 27560, `fhir` a FHIR R4 Consent.

                Examples:
                  muniment consent receipt 77aa… > receipt.html
                  muniment consent receipt 77aa… --as fhir
                """)
        @Argument(help: "The consent.") var consent: ActID
        @Option(name: .customLong("as"), help: "page, iso27560 or fhir.") var form: Form = .page
        @OptionGroup var vault: VaultOptions
        @OptionGroup var session: SessionOptions

        func run() async throws {
            let common = CommonOptions(vault, session)
            let receipt = try await common.inVault { try await $0.receipt(of: consent, as: $1) }
            switch form {
            case .page: print(try receipt.page())
            case .iso27560: print(String(decoding: try receipt.json27560(), as: UTF8.self))
            case .fhir: print(String(decoding: try receipt.fhirR4(), as: UTF8.self))
            }
        }
    }
}

/// What a consent is to, and who gives it.
struct ConsentOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The child.", valueName: "id")) var child: ChildID
    @Option(help: "service, confidentiality or lawful-basis.") var kind: ConsentKind
    @Option(help: "What may be seen: D01 to D23. May be repeated.") var category: [Rules.Category] = []
    @Option(help: "Who may see it, as the agreement names roles. May be repeated.") var role: [Rules.Role] = []
    @Option(help: ArgumentHelp("The only person it is for.", valueName: "username")) var recipient: String?
    @Option(
        help: """
            Why they ask, as the agreement names purposes: ehc.participation for the family's side, ehc.assessment for \
            professionals when not given.
            """) var purpose: Rules.Purpose?
    @Option(help: ArgumentHelp("The last day on which it holds.", valueName: "YYYY-MM-DD")) var until: Day
    @Option(help: ArgumentHelp("The document that shows it.", valueName: "id")) var evidence: DocumentID?
    @Option(
        help: ArgumentHelp("Read who gave it and how from a file ('-' for standard input).", valueName: "file"))
    var details: String

    func record(refusing: Bool, _ common: CommonOptions) async throws {
        let fields = try Details.read(
            details,
            allowed: ["giver", "capacity", "authority", "notice", "language", "channel", "interpreter", "account"])
        func required(_ name: String) throws -> String {
            guard let value = fields[name] else { throw CommandError("The details need a line `\(name): …`.") }
            return value
        }
        guard let capacity = Capacity(rawValue: fields["capacity"] ?? Capacity.parent.rawValue) else {
            throw CommandError("The capacity is parent, competent-child, young-person or representative.")
        }
        var terms = ConsentTerms(
            kind: kind, purpose: purpose ?? "ehc.participation", categories: category, roles: role,
            giver: fields["giver"] ?? "",
            capacity: capacity, authority: try required("authority"), evidence: evidence,
            notice: try required("notice"), language: fields["language"] ?? "en", channel: try required("channel"),
            interpreter: fields["interpreter"], until: until)
        let id = try await common.inVault { vault, caller in
            if purpose == nil, role.contains(where: { vault.agreement.capacity(of: $0) == nil }) {
                terms.purpose = "ehc.assessment"
            }
            let new = NewConsent(
                isRefusal: refusing, terms: terms, recipient: recipient, giver: fields["account"])
            return try await vault.recordConsent(new, about: child, as: caller)
        }
        try common.show(["consent": "\(id)"]) { ["\(id)"] }
    }
}
