import HTTPTypes
import Rules
import Vault

/// Everything that can be asked, and by whom. What a signed-in person may do, the vault decides for each request.
extension Route {
    static let all: [Route] =
        session + account + people + children + cases + documents + uploads.map(\.forSystems) + sharing + access
        + ledger + events + systems + rightsRequests + rightsItems + rightsAnswers + offers + restrictions
        + corrections + measures + breaches + accountability

    private static let session: [Route] = [
        Route(
            method: .post, path: "/v1/session", summary: "Sign in", access: .anyone(SignIn.begin),
            body: .form([.text("username"), .secret("password"), .optionalSecret("code")]), cost: .password,
            status: .created, answer: .json(SignIn.granted)),
        Route(
            method: .delete, path: "/v1/session", summary: "Sign out", access: .signedIn(SignIn.end),
            status: .noContent),
        Route(
            method: .post, path: "/v1/invitations/accept", summary: "Choose the password of an account",
            access: .anyone(SignIn.accept), body: .form([.text("invitation"), .secret("password")]), cost: .password,
            answer: .json(.person)),
        Route(
            method: .get, path: "/v1/openid/{provider}/start", summary: "Sign in at an organisation's provider",
            access: .anyone(ProvidedSessions.begin), cost: .provider, status: .seeOther),
        Route(
            method: .get, path: "/v1/openid/{provider}/callback", summary: "Where a provider sends the browser back",
            access: .anyone(ProvidedSessions.finish), query: ProvidedSessions.returned, ignoresOthers: true,
            cost: .provider, triesToSignIn: true, status: .created, answer: .json(SignIn.granted)),
        Route(
            method: .post, path: "/v1/openid/{provider}/backchannel-logout", summary: "A provider ends its sessions",
            access: .anyone(ProvidedSessions.end), body: .form(ProvidedSessions.logoutForm), ignoresOthers: true,
            cost: .provider),
    ]

    private static let account: [Route] = [
        .show("/v1/account", "Who you are", .account, SignIn.show).forSystems,
        .list("/v1/account/sessions", "List your sessions", of: .session, OwnAccount.sessions),
        .end("/v1/account/sessions", "End all your sessions but this one", OwnAccount.endOtherSessions),
        .end("/v1/account/sessions/{session}", "End one of your sessions", OwnAccount.endSession),
        .secret(
            "/v1/account/password", "Change your password; other sessions and tokens end",
            [.secret("old"), .secret("new")], OwnAccount.changePassword),
        Route(
            method: .post, path: "/v1/account/second-factor", summary: "A secret for an authenticator",
            access: .signedIn(OwnAccount.offerSecondFactor), status: .created, answer: .json(OwnAccount.offer)),
        .secret(
            "/v1/account/second-factor/confirm", "Show that the authenticator has the secret", [.secret("code")],
            answer: OwnAccount.codes, OwnAccount.confirmSecondFactor),
        .secret(
            "/v1/account/second-factor/remove", "Remove the second factor", [.secret("code")],
            OwnAccount.removeSecondFactor),
        .secret(
            "/v1/account/recovery-codes", "New recovery codes, which end the old", [.secret("code")],
            answer: OwnAccount.codes, OwnAccount.makeRecoveryCodes),
        .list("/v1/account/tokens", "List your access tokens", of: .token, OwnAccount.tokens),
        .make(
            "/v1/account/tokens", "An access token for your own scripts",
            [.needed("name", .line), .needed("days", .whole(1...90))], answer: OwnAccount.createdToken,
            OwnAccount.createToken),
        .end("/v1/account/tokens/{token}", "Revoke an access token", OwnAccount.revokeToken),
    ]

    private static let people: [Route] = [
        .list("/v1/organisations", "List organisations", of: .organisation, People.organisations),
        .make(
            "/v1/organisations", "Add an organisation to a party",
            [.needed("name", .line), .needed("party", .party)], People.addOrganisation),
        Route(
            method: .post, path: "/v1/people/identities",
            summary: "Let whom a provider knows by issuer and subject sign in to an account",
            access: .signedIn(People.link),
            body: .json(.object([.needed("username", .text(2...64))] + People.identity)),
            status: .noContent),
        .act(
            "/v1/people/identities/removal", "Take such a link away, with its sessions", People.identity, People.unlink),
        .list("/v1/people", "List people", of: .person, People.list),
        .make(
            "/v1/people", "Invite a person: an account and the way in to it",
            [
                .needed("username", .text(2...64)), .needed("name", .line), .needed("organisation", .id),
                .needed("roles", .list(.word, atMost: 20)),
            ], answer: .invitation, People.invite),
        .act(
            "/v1/people/resets", "Begin an account anew: no password, no second factor, a new invitation",
            [.needed("username", .text(2...64))], answer: .invitation, People.reset),
        .act(
            "/v1/people/leavers", "End the account of somebody who leaves, with sessions, places and tasks",
            [.needed("username", .text(2...64))], answer: .leftPlaces, People.disable),
    ]

    private static let children: [Route] = [
        .make(
            "/v1/children", "Add a child",
            [
                .needed("name", .line), .needed("dateOfBirth", .day), .optional("nhsNumber", .text(10...20)),
                .optional("upn", .text(13...20)),
            ], Children.add),
        .act(
            "/v1/children/search", "Find a child by an exact identifier, or by name and birth", Children.question,
            answer: .object([.needed("items", .list(.child, atMost: 1000))]), Children.find),
        .show("/v1/children/{child}", "Show a child and the cases you may know of", .child, Children.show),
    ]

    private static let cases: [Route] = [
        .make(
            "/v1/children/{child}/cases", "Open a case",
            [.optional("purpose", .word, "What it is for; ehc.assessment when not said.")], Cases.open),
        .show("/v1/cases/{case}", "Show a case and its team", .theCase, Cases.show),
        Route(
            method: .patch, path: "/v1/cases/{case}", summary: "Close a case", access: .signedIn(Cases.change),
            body: .json(.object([.needed("isOpen", .flag, "Only ever false: a case is closed, not opened again.")])),
            condition: .unchanged(Cases.tag), answer: .json(.theCase)),
        Route(
            method: .post, path: "/v1/cases/{case}/team", summary: "Put a person on the team",
            access: .signedIn(Cases.addToTeam),
            body: .json(.object([.needed("username", .text(2...64)), .needed("role", .word)])), status: .created,
            answer: .json(.theCase)),
        Route(
            method: .post, path: "/v1/cases/{case}/team/leavers",
            summary: "Take a person off the team, in every role", access: .signedIn(Cases.removeFromTeam),
            body: .json(.object([.needed("username", .text(2...64))])), condition: .unchanged(Cases.tag),
            status: .noContent),
        .list("/v1/cases/{case}/tasks", "List the tasks of a case", of: .task, Cases.tasks),
        .make(
            "/v1/cases/{case}/tasks", "Give a person a task on a case",
            [
                .needed("username", .text(2...64)), .needed("role", .word), .needed("purpose", .word),
                .needed("until", .day, "The last day."), .optional("documents", .list(.id, atMost: 1000)),
                .optional("categories", .list(.word, atMost: 100)),
            ], Cases.grantTask),
        .act("/v1/tasks/{task}/end", "End a task before its time", [.needed("reason", .paragraph)], Cases.endTask),
    ]

    private static let whichForm: [Schema.Field] = [
        .optional("version", .whole(1...1_000_000), "An earlier version; the newest when not said."),
        .optional("rendition", .text(1...80), "original, extract, summary or redacted:NAME; the fullest you may have."),
    ]

    private static let contentDigest: Schema.Field = .optional(
        "Content-Digest", .text(1...200), "sha-256 of the body (RFC 9530): checked.")

    private static let documents: [Route] = [
        .list(
            "/v1/cases/{case}/documents", "List the documents that are yours to know of", of: .document, Documents.list
        ).forSystems,
        Route(
            method: .post, path: "/v1/cases/{case}/documents", summary: "Deposit a document",
            access: .signedIn(Documents.deposit),
            query: [
                .needed("category", .word, "What it is, as the agreement names it."),
                .optional("labels", .text(1...400), "What restrains it further, with commas between."),
            ],
            headers: [
                .needed("Document-Title", .text(1...2000), "Percent-encoded UTF-8."),
                contentDigest,
            ], body: .content(type: nil), cost: .upload, takesKey: true, status: .created, answer: .json(.receipt)
        ).forSystems,
        .show("/v1/documents/{document}", "Show what is known of a document", .document, Documents.show).forSystems,
        .list("/v1/documents/{document}/versions", "List the versions", of: .version, Documents.history).forSystems,
        Route(
            method: .get, path: "/v1/documents/{document}/content", summary: "Read a document",
            access: .signedIn(Documents.content),
            query: whichForm + [.optional("purpose", .word, "Why, when not for the case's own purpose.")],
            headers: [
                .optional("Range", .text(1...100), "One range of bytes."), .optional("If-Range", .text(1...100)),
                .optional("Want-Repr-Digest", .text(1...100), "sha-256 has the answer carry Repr-Digest."),
            ], cost: .transfer, answer: .bytes("application/octet-stream"), refusals: [.rangeNotSatisfiable]
        ).forSystems,
        Route(
            method: .put, path: "/v1/documents/{document}/content", summary: "Deposit the next version",
            access: .signedIn(Documents.replace), headers: [contentDigest], body: .content(type: nil),
            condition: .unchangedWhenKept, cost: .upload, status: .created, answer: .json(.receipt)
        ).forSystems,
        Route(
            method: .put, path: "/v1/documents/{document}/renditions/{rendition}",
            summary: "Add an extract, a summary or a redaction to a version",
            access: .signedIn(Documents.addRendition),
            query: [.optional("version", .whole(1...1_000_000), "The newest when not said.")],
            headers: [contentDigest], body: .content(type: nil),
            condition: .absent, cost: .upload, status: .created, answer: .json(.receipt)
        ).forSystems,
        .make(
            "/v1/documents/{document}/releases", "Let the family have a form of a document",
            [
                .optional("version", .whole(1...1_000_000)), .optional("rendition", .text(1...80)),
                .optional(
                    "harmCheck",
                    .object([.needed("seriousHarm", .paragraph), .needed("thirdParties", .paragraph)]),
                    "Needed for categories that may do harm."),
            ], Documents.release),
        .act(
            "/v1/documents/{document}/releases/end", "Take back a release",
            [
                .optional("version", .whole(1...1_000_000)), .optional("rendition", .text(1...80)),
                .needed("reason", .paragraph),
            ], Documents.endRelease),
    ]

    private static let tus: Schema.Field = .needed("Tus-Resumable", .choice([Uploads.version]))

    private static let uploads: [Route] = [
        Route(
            method: .options, path: "/v1/uploads", summary: "What of tus 1.0.0 there is",
            access: .anyone(Uploads.options), status: .noContent),
        Route(
            method: .post, path: "/v1/uploads", summary: "Begin an upload in pieces (tus creation)",
            access: .signedIn(Uploads.create),
            headers: [
                tus, .needed("Upload-Length", Uploads.byteCount, "Bytes."),
                .needed("Upload-Metadata", .text(1...4000), "case, category, title, type and labels, each in base64."),
            ], status: .created, refusals: [.contentTooLarge, .unsupportedMediaType, .unprocessableContent, .conflict]),
        Route(
            method: .head, path: "/v1/uploads/{upload}", summary: "How far an upload has come",
            access: .signedIn(Uploads.state), headers: [tus]),
        Route(
            method: .patch, path: "/v1/uploads/{upload}", summary: "The next piece of an upload",
            access: .signedIn(Uploads.append),
            headers: [
                tus, .needed("Upload-Offset", Uploads.byteCount),
                .optional("Upload-Checksum", .text(1...200), "sha1 or sha256, and base64."),
            ], body: .content(type: "application/offset+octet-stream"), cost: .upload, status: .noContent,
            refusals: [.init(code: 460, reasonPhrase: "Checksum Mismatch"), .preconditionFailed]),
        Route(
            method: .delete, path: "/v1/uploads/{upload}", summary: "End an upload, with what was sent",
            access: .signedIn(Uploads.end), headers: [tus], status: .noContent),
    ]

    private static let sharing: [Route] = [
        .list("/v1/children/{child}/consents", "List the consents about a child", of: .consent, Sharing.consents),
        .make(
            "/v1/children/{child}/consents", "Record that somebody consents, or refuses",
            [
                .needed("kind", .kinds), .optional("isRefusal", .flag), .optional("purpose", .word),
                .optional("categories", .list(.word, atMost: 100)), .optional("roles", .list(.word, atMost: 100)),
                .optional("recipient", .text(2...64), "The user name of the only person it is for."),
                .optional("giver", .line), .optional("account", .text(2...64), "The giver's user name."),
                .optional("capacity", .capacities), .needed("authority", .paragraph), .optional("evidence", .id),
                .needed("notice", .line, "The version of the privacy notice."), .optional("language", .text(2...35)),
                .needed("channel", .line), .optional("interpreter", .line), .needed("until", .day),
            ], Sharing.recordConsent),
        .show("/v1/consents/{consent}", "Show a consent", .consent, Sharing.consent),
        .act(
            "/v1/consents/{consent}/withdrawal", "End a consent, at once", [.optional("note", .paragraph)],
            Sharing.withdrawConsent),
        Route(
            method: .get, path: "/v1/consents/{consent}/receipt", summary: "The receipt of a consent",
            access: .signedIn(Sharing.receipt),
            query: [.optional("as", .choice(["page", "iso27560", "fhir"]), "page when not said.")],
            answer: .bytes("text/html")),
        .list(
            "/v1/children/{child}/restraints", "List the restraints about a child", of: .restraint, Sharing.restraints),
        .make(
            "/v1/children/{child}/restraints", "Keep a person from a child's papers",
            [
                .needed("username", .text(2...64)), .needed("ground", .choice(["court-order", "risk-flag"])),
                .optional("categories", .list(.word, atMost: 100)), .optional("until", .day),
                .needed("reason", .paragraph),
            ], Sharing.restrain),
        .act(
            "/v1/restraints/{restraint}/lift", "End a restraint", [.needed("reason", .paragraph)],
            Sharing.liftRestraint),
        .show("/v1/children/{child}/rights-holder", "Whose the rights are", .rightsHolder, Sharing.rightsHolder),
        .act(
            "/v1/children/{child}/choices", "Record how far the young person lets a parent go",
            [
                .needed("username", .text(2...64)), .needed("choice", .choice(ParentChoice.allCases.map(\.rawValue))),
                .needed("note", .paragraph),
            ], Sharing.choose),
        .act(
            "/v1/children/{child}/capacity", "Record whether the young person has capacity",
            [.needed("lacksCapacity", .flag), .needed("note", .paragraph)], Sharing.recordCapacity),
        .list(
            "/v1/emergencies", "List emergency accesses: your own, and those you may review", of: .emergency,
            query: [.optional("unreviewed", .flag)], Sharing.emergencies),
        Route(
            method: .post, path: "/v1/emergencies", summary: "Open emergency access to one child's papers",
            access: .signedIn(Sharing.openEmergency),
            body: .json(.object([.optional("child", .id), .needed("reason", .paragraph)] + Children.question)),
            status: .created, answer: .json(.emergency)),
        .act(
            "/v1/emergencies/{emergency}/review", "Judge an emergency access: never one's own",
            [.needed("outcome", .choice(ReviewOutcome.allCases.map(\.rawValue))), .needed("note", .paragraph)],
            Sharing.reviewEmergency),
        .act(
            "/v1/emergencies/{emergency}/delay", "Let the family see an emergency access only later",
            [.needed("until", .day), .needed("reason", .paragraph)], Sharing.delayEmergency),
    ]

    private static let access: [Route] = [
        .act(
            "/v1/documents/{document}/explain", "Every step of a decision about one person",
            [
                .optional("username", .text(2...64), "Yourself when not said."),
                .optional("action", .choice(AccessAction.allCases.map(\.rawValue))),
                .optional("rendition", .text(1...80)), .optional("purpose", .word),
            ], answer: .explained, Explanation.explain),
        .act(
            "/v1/documents/{document}/access", "Who may see a document and why, and who may not",
            [.optional("username", .text(2...64))], answer: .accesses, cost: .heavy, Explanation.ofDocument),
        .act(
            "/v1/children/{child}/access", "Who may see each document about a child",
            [.optional("username", .text(2...64))], answer: .accesses, cost: .heavy, Explanation.ofChild),
        Route(
            method: .get, path: "/v1/agreement", summary: "The agreement in force, for people to read",
            access: .signedIn(Explanation.agreement), answer: .bytes("text/plain")),
        .show("/v1/status", "The state of the vault", .status, cost: .heavy, Explanation.status),
    ]

    private static let since: [Schema.Field] = [.optional("since", .day, "The first day.")]

    private static let ledger: [Route] = [
        Route(
            method: .get, path: "/v1/ledger/entries", summary: "Entries of the ledger, the newest first",
            access: .signedIn(LedgerReading.entries),
            query: [
                .optional("limit", .whole(1...200)), .optional("before", .count, "Only entries below this index."),
            ],
            answer: .json(.ledgerEntry.paged())),
        Route(
            method: .get, path: "/v1/ledger/entries/{index}/proof",
            summary: "A proof that an entry is in the ledger (C2SP tlog-proof)", access: .signedIn(LedgerReading.proof),
            answer: .bytes("text/plain")),
        Route(
            method: .get, path: "/v1/ledger/entries/{index}/leaf", summary: "The entry's own bytes",
            access: .signedIn(LedgerReading.leaf), answer: .bytes("application/octet-stream")),
        Route(
            method: .post, path: "/v1/ledger/checkpoints", summary: "Sign the ledger's present state",
            access: .signedIn(LedgerReading.checkpoint), status: .created, answer: .bytes("text/plain")),
        .list(
            "/v1/children/{child}/looks", "Who looked at a child's papers", of: .look, query: since, cost: .heavy,
            LedgerReading.ofChild),
        .list(
            "/v1/documents/{document}/looks", "Who looked at a document", of: .look, query: since, cost: .heavy,
            LedgerReading.ofDocument),
        Route(
            method: .post, path: "/v1/ledger/looks", summary: "What a person opened",
            access: .signedIn(LedgerReading.ofPerson), query: since + Paging.query,
            body: .json(.object([.needed("username", .text(2...64))])), cost: .heavy, answer: .json(.look.paged())),
        Route(
            method: .get, path: "/v1/ledger/patterns", summary: "Who is refused again and again, or read with no task",
            access: .signedIn(LedgerReading.patterns), query: since, cost: .heavy, answer: .json(.patterns)),
    ]
}

extension Route {
    typealias Handler = @Sendable (Call, Caller) async throws -> Answer

    static func list(
        _ path: String, _ summary: String, of item: Schema, query: [Schema.Field] = [], cost: Cost = .light,
        _ handler: @escaping Route.Handler
    ) -> Route {
        Route(
            method: .get, path: path, summary: summary, access: .signedIn(handler), query: query + Paging.query,
            cost: cost, answer: .json(item.paged()))
    }

    static func show(
        _ path: String, _ summary: String, _ schema: Schema, cost: Cost = .light, _ handler: @escaping Route.Handler
    ) -> Route {
        Route(
            method: .get, path: path, summary: summary, access: .signedIn(handler), cost: cost, answer: .json(schema))
    }

    static func make(
        _ path: String, _ summary: String, _ fields: [Schema.Field], answer: Schema? = nil,
        _ handler: @escaping Route.Handler
    ) -> Route {
        Route(
            method: .post, path: path, summary: summary, access: .signedIn(handler), body: .json(.object(fields)),
            takesKey: answer == nil, status: .created, answer: .json(answer ?? Named.schema))
    }

    /// For what is the caller's own: nobody else could have changed it.
    private static func end(_ path: String, _ summary: String, _ handler: @escaping Route.Handler) -> Route {
        Route(method: .delete, path: path, summary: summary, access: .signedIn(handler), status: .noContent)
    }

    private static func secret(
        _ path: String, _ summary: String, _ fields: [Form.Field], answer: Schema? = nil,
        _ handler: @escaping Route.Handler
    ) -> Route {
        Route(
            method: .post, path: path, summary: summary, access: .signedIn(handler), body: .form(fields),
            cost: .password, status: answer == nil ? .noContent : .ok, answer: answer.map { .json($0) } ?? .nothing)
    }

    static func act(
        _ path: String, _ summary: String, _ fields: [Schema.Field], answer: Schema? = nil, cost: Cost = .light,
        _ handler: @escaping Route.Handler
    ) -> Route {
        Route(
            method: .post, path: path, summary: summary, access: .signedIn(handler), body: .json(.object(fields)),
            cost: cost, takesKey: answer == nil, status: answer == nil ? .noContent : .ok,
            answer: answer.map { .json($0) } ?? .nothing)
    }
}
