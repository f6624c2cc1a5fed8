import HTTPTypes
import Rules
import Storage
import Vault

extension Route {
    static let restrictions: [Route] = [
        .list(
            "/v1/restrictions", "The restrictions that stand, the oldest first", of: .restriction,
            query: [.optional("child", .id, "Only those about this child.")], cost: .heavy, Restrictions.list),
        Route(
            method: .post, path: "/v1/rights-requests/{request}/restrictions",
            summary: "Take a document, a case or all about the child out of use; whoever has had it is told",
            access: .signedIn(Restrictions.place), body: .json(.object(Schema.newRestriction)), cost: .heavy,
            takesKey: true, status: .created, answer: .json(Named.schema)),
        .make(
            "/v1/restrictions/{restriction}/leaves", "Let one person read what is restricted, for a use the law allows",
            [
                .needed("username", .text(2...64)), .needed("use", .choice(Restriction.Use.allCases.map(\.rawValue))),
                .needed("until", .day, "The last day."), .needed("reason", .paragraph),
            ], Restrictions.giveLeave),
        .act(
            "/v1/restrictions/{restriction}/leaves/{leave}/end", "End leave before its time",
            [.needed("reason", .paragraph)], Restrictions.endLeave),
        .act(
            "/v1/restrictions/{restriction}/telling",
            "Write down that the data subject was told that a restriction is to be lifted",
            [
                .needed("how", .paragraph),
                .optional("day", .day, "The day on which it happened; today when not said."),
            ], Restrictions.tell),
        .act(
            "/v1/restrictions/{restriction}/lift",
            "Lift a restriction of which the data subject was told; somebody else than who told",
            [.needed("reason", .paragraph)], Restrictions.lift),
    ]

    static let corrections: [Route] = [
        Route(
            method: .post, path: "/v1/rights-requests/{request}/statements",
            summary: "Attach what is right, or what the data subject says; every reader gets it",
            access: .signedIn(Corrections.attach), body: .json(.object(Schema.newStatement)), cost: .heavy,
            takesKey: true, status: .created, answer: .json(Named.schema)),
        .list(
            "/v1/rights-requests/{request}/recipients", "Who is to be told because of a request, and who was",
            of: .recipient, Corrections.recipients),
        .act(
            "/v1/rights-requests/{request}/recipients/notes",
            "Write down that a recipient was told by hand, or why not", Schema.recipientNote, Corrections.note),
    ]
}

/// Data that are kept and not used.
enum Restrictions {
    static func list(_ call: Call, _ caller: Caller) async throws -> Answer {
        let child = try call.query["child"].map { text in
            guard let id = ChildID(text) else { throw Problem.notFound }
            return id
        }
        return try .json(Page(try await call.vault.restrictions(about: child, as: caller), call, key: \.id))
    }

    static func place(_ call: Call, _ caller: Caller) async throws -> Answer {
        let id = try await call.vault.restrict(
            try what(call), on: try call.choice("ground"), for: try call.id("request"),
            reason: try call.text("reason"), as: caller)
        return try .created(Named(id: "\(id)"), at: "/v1/restrictions")
    }

    private static func what(_ call: Call) throws -> RestrictedThing {
        switch (call.optionalText("document"), call.optionalText("caseID")) {
        case (nil, nil): .record
        case (_?, nil): .document(try call.id(in: "document"))
        case (nil, _?): .theCase(try call.id(in: "caseID"))
        default: throw Problem.malformed("Name `document` or `caseID`, not both.")
        }
    }

    static func giveLeave(_ call: Call, _ caller: Caller) async throws -> Answer {
        let id = try await call.vault.giveLeave(
            to: try call.text("username"), for: try call.choice("use"), under: try call.id("restriction"),
            until: try call.day("until"), reason: try call.text("reason"), as: caller)
        return try .created(Named(id: "\(id)"), at: "/v1/restrictions")
    }

    static func endLeave(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.endLeave(
            try call.id("leave"), under: try call.id("restriction"), reason: try call.text("reason"), as: caller)
        return .nothing
    }

    static func tell(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.tellSubject(
            of: try call.id("restriction"), on: try call.optionalDay("day"), how: try call.text("how"), as: caller)
        return .nothing
    }

    static func lift(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.liftRestriction(
            try call.id("restriction"), reason: try call.text("reason"), as: caller)
        return .nothing
    }
}

/// What puts right, and who is told of it.
enum Corrections {
    static func attach(_ call: Call, _ caller: Caller) async throws -> Answer {
        let request: RightsRequestID = try call.id("request")
        let document: DocumentID? = try call.optionalText("document") == nil ? nil : call.id(in: "document")
        let new = NewStatement(
            kind: try call.choice("kind"), document: document,
            version: try call.input["version"] == nil ? nil : call.whole("version"), text: try call.text("text"))
        let id = try await call.vault.attach(new, for: request, as: caller)
        // There it is read.
        return try .created(
            Named(id: "\(id)"), at: document.map { "/v1/documents/\($0)" } ?? "/v1/rights-requests/\(request)")
    }

    static func recipients(_ call: Call, _ caller: Caller) async throws -> Answer {
        let found = try await call.vault.recipients(of: try call.id("request"), as: caller)
        let page = try Page(found, call) { String($0.number) }
        return try .json(Page(page.items.map { RecipientView($0) }, next: page.next))
    }

    static func note(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.note(
            recipient: Int(try call.whole("number")), of: try call.id("request"),
            excuse: try call.optionalText("excuse") == nil ? nil : call.choice("excuse"),
            on: try call.optionalDay("day"), how: try call.text("how"), as: caller)
        return .nothing
    }
}

/// A recipient as the service shows it.
struct RecipientView: Encodable {
    struct Told: Encodable {
        private(set) var day: Day?
        /// By hand: how. Not at all: why.
        private(set) var note: String?
        private(set) var excuse: String?

        init(_ told: Recipient.Told) {
            switch told {
            case .byNotice(let day): self.day = day
            case .byHand(let day, let how): (self.day, note) = (day, how)
            case .notTold(let excuse, let why): (self.excuse, note) = (excuse.rawValue, why)
            }
        }
    }

    let number: Int
    let measure, document: String
    let party, organisation, person, outside: String?
    let last: String
    let told: Told?

    init(_ recipient: Recipient) {
        (number, measure, document) = (recipient.number, recipient.measure.rawValue, recipient.document)
        (party, organisation) = (recipient.party, recipient.organisation)
        (person, outside, last) = (recipient.person, recipient.outside, recipient.last)
        told = recipient.told.map { Told($0) }
    }
}
