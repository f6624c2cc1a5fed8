import Rules
import Storage
import Vault

/// What was found for a request, and what is decided about it.
enum RightsItems {
    /// The largest number of an item.
    static let most = 1_000_000

    static func list(_ call: Call, _ caller: Caller) async throws -> Answer {
        let all = try await call.vault.items(of: try call.id("request"), as: caller)
        let wanted = call.query["undecided"] == "true" ? all.filter { $0.decision == nil || !$0.faults.isEmpty } : all
        let page = try Page(wanted, call) { String($0.number) }
        return try .json(Page(page.items.map { ItemView($0) }, next: page.next))
    }

    static func show(_ call: Call, _ caller: Caller) async throws -> Answer {
        let all = try await call.vault.items(of: try call.id("request"), as: caller)
        guard let item = all.first(where: { "\($0.number)" == call.parameters["item"] }) else { throw Problem.notFound }
        return try .json(ItemView(item))
    }

    static func inspect(_ call: Call, _ caller: Caller) async throws -> Answer {
        let found = try await call.vault.inspect(
            try call.decoded([Int64].self, "items"), of: try call.id("request"), as: caller)
        return try .json(Listed(items: found.sorted { $0.key < $1.key }.map { Found(item: $0.key, hidden: $0.value) }))
    }

    private struct Found<Hidden: Encodable>: Encodable {
        let item: Int64
        let hidden: [Hidden]
    }

    static func redact(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(
            try await call.vault.redact(
                try call.decoded(RedactionPlan.self), of: try call.id("request"), as: caller))
    }

    static func takeAttachments(_ call: Call, _ caller: Caller) async throws -> Answer {
        let made = try await call.vault.takeAttachments(
            of: try call.whole("item"), of: try call.id("request"), as: caller)
        return try .json(Listed(items: made))
    }

    static func decide(_ call: Call, _ caller: Caller) async throws -> Answer {
        struct Judged: Encodable {
            let item: Int64
            let faults: [String]
        }
        let faults = try await call.vault.decide(
            try call.decoded([ItemsDecision].self, "decisions"), of: try call.id("request"), as: caller)
        return try .json(
            Listed(items: faults.sorted { $0.key < $1.key }.map { Judged(item: $0.key, faults: $0.value) }))
    }

    static func askOpinion(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.askOpinion(
            on: try call.whole("item"), of: try call.id("request"), from: try call.text("username"),
            by: try call.optionalDay("by"), as: caller)
        return .nothing
    }

    static func withdrawOpinion(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.withdrawOpinion(
            on: try call.whole("item"), of: try call.id("request"), from: try call.text("username"),
            because: try call.text("reason"), as: caller)
        return .nothing
    }

    static func opinionsWanted(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(Page(try await call.vault.opinionsWanted(as: caller), call) { "\($0.request).\($0.item)" })
    }

    static func giveOpinion(_ call: Call, _ caller: Caller) async throws -> Answer {
        let given = GivenOpinion(
            profession: try call.choice("profession"), whyThisOne: call.optionalText("whyThisOne"),
            findsSeriousHarm: call.input["findsSeriousHarm"]?.flag ?? true, reasoning: try call.text("reasoning"))
        try await call.vault.giveOpinion(
            given, on: try call.whole("item"), of: try call.id("request"), as: caller)
        return .nothing
    }

    static func faults(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(Listed(items: try await call.vault.faults(of: try call.id("request"), as: caller)))
    }

    static func approve(_ call: Call, _ caller: Caller) async throws -> Answer {
        let id: RightsRequestID = try call.id("request")
        try await call.vault.approve(id, as: caller)
        return .nothing
    }

    static func compare(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(
            Listed(
                items: try await call.vault.compare(
                    try call.id("request"), with: try call.id("other"), as: caller)))
    }
}

/// A list that comes whole.
struct Listed<Item: Encodable>: Encodable {
    let items: [Item]
}

extension Call {
    func whole(_ name: String) throws -> Int64 {
        guard case .whole(let number) = input[name] else { throw Problem.malformed("`\(name)` is missing.") }
        return Int64(number)
    }
}
