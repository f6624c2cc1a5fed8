import ArgumentParser
import Foundation
import Rules
import Storage
import Vault

struct RequestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request", abstract: "Requests under data protection law, from receipt to answer.",
        discussion: """
            Received, collected, decided item by item, approved by somebody else, disclosed to the one who asked. The clock runs as the law \
            counts it. docs/DPO-GUIDE.md goes through one request.

            Example:
              muniment request receive --child 3c1f… --kind subject-access --channel email --particulars letter.json
              muniment request collect 77aa…
              muniment request show 77aa…
            """,
        subcommands: [
            Receive.self, List.self, Show.self, Note.self, Standing.self, Backlog.self, Collect.self, Mentions.self,
            Items.self, Inspect.self, Attachments.self, Redact.self, Decide.self, Opinion.self, Opine.self,
            Faults.self, Approve.self, Compare.self, Disclose.self, Offer.self, Offers.self, Withdraw.self, Take.self,
        ])

    struct Receive: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Enter a request in the register. Its clock runs from the day it came.",
            discussion: """
                The particulars are JSON, so that no name is on the command line:
                  {"name": "…", "capacity": "parent-with-responsibility", "authority": "birth certificate seen",
                   "contact": "…", "account": "user name, if any", "asked": "in their words"}

                Example:
                  muniment request receive --child 3c1f… --kind subject-access --channel letter --received 2026-09-03 \\
                      --particulars letter.json
                """)
        @Option(help: ArgumentHelp("Whom it is about.", valueName: "id")) var child: ChildID
        @Option(help: "Which right is used.") var kind: RequestKind
        @Option(help: "How it came.") var channel: Channel
        @Option(help: ArgumentHelp("The day on which it came; today when not given.", valueName: "YYYY-MM-DD"))
        var received: Day?
        @Option(help: ArgumentHelp("Who asks, and for what ('-' for standard input).", valueName: "file"))
        var particulars: String
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let told = try InputFile.json(particulars, as: Particulars.self)
            let requester = Requester(
                name: told.name, capacity: told.capacity, authority: told.authority, contact: told.contact,
                account: told.account)
            let id = try await common.inVault { vault, caller in
                try await vault.receive(
                    NewRightsRequest(
                        kind: kind, child: child, requester: requester, channel: channel,
                        received: received, asked: told.asked), as: caller)
            }
            try common.show(["request": "\(id)"]) { ["\(id)"] }
        }

        private struct Particulars: Decodable {
            let name: String
            let capacity: RequesterCapacity
            let authority: String
            let contact: String
            let account: String?
            let asked: String
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The register, the soonest due first.", discussion: "Example:\n  muniment request list")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let requests = try await common.inVault { try await $0.requests(as: $1) }
            try common.show(requests) {
                Terminal.table(
                    ["request", "kind", "state", "received", "due", "days left", "next"],
                    requests.map { request in
                        [
                            request.id, request.kind, request.state, "\(request.received)",
                            request.due.map { "\($0)" } ?? "not known",
                            request.daysLeft.map(String.init) ?? "", request.next ?? "",
                        ]
                    })
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Everything about one request: its clock, what happened, and what is to be done next.",
            discussion: "Example:\n  muniment request show 77aa…")
        @Argument(help: ArgumentHelp("The request.", valueName: "id")) var request: RightsRequestID
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let shown = try await common.inVault { try await $0.request(request, as: $1) }
            try common.show(shown) { lines(shown) }
        }

        private func lines(_ request: RightsRequest) -> [String] {
            var lines = [
                "\(request.kind) from \(request.requester.name) (\(request.requester.capacity.rawValue)): \(request.state)",
                "Received \(request.received) by \(request.channel). \(due(request))",
            ]
            lines += request.next.map { action in "Next: \(action.sentence)" + (action.by.map { " By \($0)." } ?? "") }
            lines += request.clock?.flags.map { "Note: \($0.rawValue)" }.sorted() ?? []
            lines += request.events.map { event in
                "\(event.day) \(event.event.word)" + (event.note.map { ": \($0)" } ?? "")
            }
            for holder in request.search?.holders ?? [] {
                let blocked = holder.blocked.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
                lines.append(
                    "Searched \(holder.party): \(holder.documents) documents, \(holder.readable) of \(holder.renditions) files readable"
                        + (blocked.isEmpty ? "" : "; not searched: \(blocked.joined(separator: ", "))"))
            }
            lines += request.mentions?.lines ?? []
            if let approved = request.approved { lines.append("Approved \(approved)") }
            return lines + request.disclosed.map { "Disclosed \($0)" }
        }

        private func due(_ request: RightsRequest) -> String {
            guard let clock = request.clock else { return request.fault ?? "" }
            switch clock.due {
            case .on(let day): return "Due \(day)."
            case .paused(let since): return "Paused since \(since): the requester was asked a question."
            case .waiting(let awaited, let since): return "Waiting for \(awaited.rawValue) since \(since)."
            }
        }
    }

    struct Note: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write down something that happened to a request.",
            discussion: """
                Events: triaged, identity-asked (--reason), identity-received, identity-dropped, fee-charged (--reason), fee-paid, \
                clarification-asked, clarification-answered, clarification-dropped, chased, extension-noticed (--reason complex or \
                several-requests), sent-back, answered (--reason refused; in-full or in-part where no papers are sent), \
                complaint-received, complaint-acknowledged, complaint-decided, closed (--reason answered, no-reply or withdrawn).

                Example:
                  muniment request note 77aa… clarification-asked --on 2026-09-08
                """)
        @Argument(help: ArgumentHelp("The request.", valueName: "id")) var request: RightsRequestID
        @Argument(help: "What happened.") var event: String
        @Option(help: ArgumentHelp("The day on which it did; today when not given.", valueName: "YYYY-MM-DD"))
        var on: Day?
        @Option(help: "What the event is about, where it asks for it.") var reason: String?
        @Flag(help: "The requester had signed in with a verified account when identity was asked for.")
        var wasSignedIn = false
        @Option(help: "More, for the record; '-' reads it from standard input.") var note: Words?
        @OptionGroup var common: CommonOptions

        func run() async throws {
            guard let event = RequestEvent(word: event, reason: reason, wasSignedIn: wasSignedIn) else {
                throw ValidationError(
                    "There is no such event, or its reason is missing. See `muniment request note --help`.")
            }
            try await common.inVault {
                try await $0.note(event, on: on, note: note?.read(), to: request, as: $1)
            }
            try common.show(["request": "\(request)", "event": event.word]) { ["It is written down."] }
        }
    }

    struct Backlog: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "How many requests are late, by how much, and how each month went.",
            discussion: "Example:\n  muniment request backlog")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let backlog = try await common.inVault { try await $0.backlog(as: $1) }
            try common.show(backlog) {
                ["Open and in time: \(backlog.inTime); waiting for the requester: \(backlog.withoutDate)."]
                    + Rules.Backlog.Band.allCases.map { "Overdue \($0.rawValue) days: \(backlog.overdue[$0] ?? 0)" }
                    + Terminal.table(
                        ["due in", "open", "in time", "late", "extended", "paused", "mean days"],
                        backlog.byMonthDue.sorted { $0.key < $1.key }.map { month, count in
                            [month]
                                + [
                                    count.open, count.answeredInTime, count.answeredLate, count.extended, count.paused,
                                ].map(String.init) + [count.meanDays.map { String($0) } ?? ""]
                        })
            }
        }
    }

    struct Collect: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List everything that is held about the child. Run it again when more has come.",
            discussion: """
                What a holder has not agreed to release is listed as not searched: its lead gives you a task for the document, with the \
                purpose rights.request.

                Example:
                  muniment request collect 77aa…
                """)
        @Argument(help: ArgumentHelp("The request.", valueName: "id")) var request: RightsRequestID
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let log = try await common.inVault { try await $0.collect(request, as: $1) }
            try common.show(log) {
                log.holders.map { holder in
                    "\(holder.party): \(holder.documents) documents, \(holder.renditions) files, \(holder.readable) readable"
                        + holder.blocked.sorted { $0.key < $1.key }.map { "; \($0.value) not: \($0.key)" }.joined()
                } + ["\(log.parts) parts of the records."]
            }
        }
    }
}
