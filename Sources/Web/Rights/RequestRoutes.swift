import HTTPTypes
import Rules
import Vault

/// Requests under data protection law, from receipt to answer.
extension Route {
    static let rightsRequests: [Route] = [
        .list(
            "/v1/rights-requests", "The register of requests, the soonest due first", of: .requestSummary, cost: .heavy,
            RightsRequests.list),
        .make("/v1/rights-requests", "Enter a request: its clock runs", Schema.newRequest, RightsRequests.receive),
        .show(
            "/v1/rights-requests/backlog", "How many requests are late, and how each month went", .backlog,
            cost: .heavy, RightsRequests.backlog),
        .show(
            "/v1/rights-requests/{request}", "Show a request, its clock and what is to be done next", .rightsRequest,
            RightsRequests.show),
        .act(
            "/v1/rights-requests/{request}/events", "Write down something that happened to a request",
            Schema.requestEvent, RightsRequests.note),
        Route(
            method: .put, path: "/v1/rights-requests/{request}/standing",
            summary: "Say by what right the requester asks",
            access: .signedIn(RightsRequests.judge), body: .json(.object(Schema.standing)),
            condition: .unchanged(RightsRequests.tag), status: .noContent),
        Route(
            method: .post, path: "/v1/rights-requests/{request}/search",
            summary: "List everything that is held about the child; again, when more has come",
            access: .signedIn(RightsRequests.search), cost: .heavy, answer: .json(.searchLog), refusals: [.conflict]),
        .act(
            "/v1/rights-requests/{request}/mentions",
            "Look for the child in other children's papers; again, to go on", Schema.mentionSearch,
            answer: .mentionLog, cost: .paper, RightsRequests.searchMentions),
    ]

    static let rightsItems: [Route] = [
        .list(
            "/v1/rights-requests/{request}/items", "What was found, what was decided and what stands against it",
            of: .rightsItem, query: [.optional("undecided", .flag, "Only where something is still to be done.")],
            cost: .heavy, RightsItems.list),
        .show(
            "/v1/rights-requests/{request}/items/{item}", "Show an item", .rightsItem, cost: .heavy, RightsItems.show),
        .act(
            "/v1/rights-requests/{request}/inspections", "Look for what the pages of documents do not show",
            [.needed("items", .list(Schema.itemNumber, atMost: 20))], answer: .inspected, cost: .paper,
            RightsItems.inspect),
        .act(
            "/v1/rights-requests/{request}/redactions",
            "Make a redacted copy of an item; answered when it is made, which may take minutes", Schema.redactionPlan,
            answer: .redacted, cost: .paper, RightsItems.redact),
        .act(
            "/v1/rights-requests/{request}/attachments", "Make each attachment of a mail an item of its own",
            [.needed("item", Schema.itemNumber, "The mail's.")], answer: .attachedItems, cost: .paper,
            RightsItems.takeAttachments),
        Route(
            method: .post, path: "/v1/rights-requests/{request}/decisions", summary: "Decide about items",
            access: .signedIn(RightsItems.decide), body: .json(.object(Schema.decisions)),
            condition: .unchanged(RightsRequests.tag), cost: .heavy, answer: .json(.judged)),
        .act(
            "/v1/rights-requests/{request}/opinions", "Ask a professional about an item",
            [
                .needed("item", Schema.itemNumber), .needed("username", .text(2...64)),
                .optional("by", .day, "The last day for it; in 14 days otherwise."),
            ], RightsItems.askOpinion),
        .act(
            "/v1/rights-requests/{request}/opinions/withdrawn", "Take back that a professional was asked",
            [
                .needed("item", Schema.itemNumber), .needed("username", .text(2...64)),
                .needed("reason", .text(10...4000)),
            ], RightsItems.withdrawOpinion),
        .act(
            "/v1/rights-requests/{request}/opinions/given", "Give the opinion that you were asked for",
            Schema.opinionGiven, RightsItems.giveOpinion),
        .list("/v1/opinions", "The opinions that you are asked for", of: .opinionWanted, RightsItems.opinionsWanted),
    ]

    static let rightsAnswers: [Route] = [
        .show(
            "/v1/rights-requests/{request}/faults", "What stands against the answer as it is decided now", .sentences,
            cost: .heavy, RightsItems.faults),
        Route(
            method: .get, path: "/v1/rights-requests/{request}/comparison/{other}",
            summary: "Where the answers to two requests about one child differ",
            access: .signedIn(RightsItems.compare), cost: .heavy, answer: .json(.differences),
            refusals: [.unprocessableContent]),
        Route(
            method: .post, path: "/v1/rights-requests/{request}/approval",
            summary: "Approve an answer that others have prepared", access: .signedIn(RightsItems.approve),
            condition: .unchanged(RightsRequests.tag), cost: .heavy, status: .noContent, refusals: [.conflict]),
        Route(
            method: .post, path: "/v1/rights-requests/{request}/disclosures",
            summary: "Hand over the package of an approved request: a zip file, a PDF or an age file",
            access: .signedIn(Packages.disclose), body: .form(Packages.disclosure), cost: .heavy,
            answer: .bytes("application/zip")),
    ]

    static let offers: [Route] = [
        .make(
            "/v1/rights-requests/{request}/offers", "Let the requester's own account fetch the package, once",
            [
                .needed("recipient", .line, "The requester's name, as the request has it."),
                .needed("days", .whole(DocumentVault.offerDays), "For how many it waits."),
            ], Packages.offer),
        .list("/v1/rights-requests/{request}/offers", "Packages offered for a request", of: .offer, Packages.offers),
        .list("/v1/offers", "Packages that wait for you, and those that did", of: .offer, Packages.ownOffers),
        Route(
            method: .delete, path: "/v1/offers/{offer}", summary: "Take back a package that nobody has taken",
            access: .signedIn(Packages.withdraw), status: .noContent, refusals: [.gone, .conflict]),
        Route(
            method: .post, path: "/v1/offers/{offer}/take", summary: "Fetch a package that waits for you: once",
            access: .signedIn(Packages.take), body: .form(Packages.taking), cost: .heavy,
            answer: .bytes("application/zip"), refusals: [.gone]),
    ]
}
