import ArgumentParser
import Vault

struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "What is sent to systems outside, and what waits.",
        subcommands: [List.self, Subscribers.self, Replay.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List events that wait to be sent, in the ledger's order.",
            discussion: "Example:\n  muniment events list --limit 50")
        @Option(help: "How many.") var limit = 20
        @Option(help: ArgumentHelp("Only entries of the ledger from this one on.", valueName: "index")) var from:
            UInt64 =
                0
        @OptionGroup var common: CommonOptions

        func run() async throws {
            guard (1...10_000).contains(limit) else { throw ValidationError("The limit is 1 to 10000.") }
            let events = try await common.inVault { try await $0.waitingEvents(from: from, limit: limit, as: $1) }
            try common.show(events) {
                Terminal.table(
                    ["entry", "what", "added", "waits for"],
                    events.map { ["\($0.entry)", $0.kind, $0.added, $0.waitingFor.joined(separator: " ")] })
            }
        }
    }

    struct Subscribers: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List who is told of events, and how far.",
            discussion:
                "Who they are is said in the service's configuration.\n\nExample:\n  muniment events subscribers")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let found = try await common.inVault { try await $0.subscribers(as: $1) }
            try common.show(found) {
                Terminal.table(
                    ["subscriber", "next entry", "failures", "failing since", "next attempt", "given up", "kinds"],
                    found.map { subscriber in
                        [
                            subscriber.name, "\(subscriber.next)", "\(subscriber.failures)",
                            subscriber.failingSince ?? "–", subscriber.nextAttempt ?? "–", "\(subscriber.dead)",
                            subscriber.kinds.joined(separator: " "),
                        ]
                    })
            }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell a subscriber again, from an entry of the ledger on.",
            discussion: """
                The service sends them in order; a subscriber knows by an event's id what it has had.

                Example:
                  muniment events replay --subscriber rights-office --from 1200
                """)
        @Option(help: "The subscriber, as the service's configuration names it.") var subscriber: String
        @Option(help: ArgumentHelp("The first entry of the ledger.", valueName: "index")) var from: UInt64
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.inVault { try await $0.replayEvents(to: subscriber, from: from, as: $1) }
            try common.show(["subscriber": subscriber, "from": "\(from)"]) {
                ["It is told again from entry \(from) on."]
            }
        }
    }
}
