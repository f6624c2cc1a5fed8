internal import Ledger
public import Rules
internal import Sealing
public import Storage

/// What is decided about one item or several at once, and what is known of them that the decision rests on.
public struct ItemsDecision: Hashable, Sendable, Codable {
    /// By their numbers.
    public var items: [Int64]
    public var outcome: Outcome
    public var citations: [Citation]?
    /// What is in the items, where it is not what their category says.
    public var facts: Facts?
    /// Of those in the items, whom the redactions hide.
    public var hides: Set<String>?
    public var hidesWhereabouts: Bool?
    /// The reply leaves open whether there is such an item.
    public var neitherConfirmsNorDenies: Bool?
    /// Whether the reply names the exemptions; it does unless it says otherwise.
    public var isNamedToRequester: Bool?
    public var reasoning: String?

    public enum Outcome: String, CaseIterable, Hashable, Sendable, Codable {
        case release, redact, withhold
        /// It is answered on the route that the law has for it.
        case separate
    }

    /// What a reviewer finds in an item. What is not said stays as it is known.
    public struct Facts: Hashable, Sendable, Codable {
        public var data: Set<DataKind>?
        /// `child`, `requester`, or both.
        public var about: Set<String>?
        public var thirdParties: [ThirdParty]?
        public var isKnownToSubject: Bool?
        public var revealsWhereabouts: Bool?
        public var isAllegationAboutRequester: Bool?
        public var isLawEnforcement: Bool?
        public var resultsAnnounced: Day?
    }

    public init(items: [Int64], outcome: Outcome) {
        self.items = items
        self.outcome = outcome
    }
}

/// An item as its reviewer sees it.
public struct RightsItemSummary: Hashable, Sendable, Codable {
    public let number: Int64
    /// A document's form, or a part of the records.
    public let what: String
    public let document: String?
    public let version: Int64?
    public let title: String?
    public let category: String?
    public let holder: String?
    /// Why it cannot be read; `nil` when it can.
    public let blocked: String?
    public let facts: ReviewItem
    public let decision: ItemDecision?
    /// What stands against the decision, in sentences.
    public let faults: [String]
    public let isRedacted: Bool
    /// Whether a clean copy goes out in place of the file.
    public let isCopied: Bool
    /// The number of the mail that it came attached to.
    public let attachedTo: Int64?
    /// Of a part of the records: what it says.
    public let part: RecordPart?
    /// Of a paper of another child: where this one is named.
    public let mention: Mention?
}

extension DocumentVault {
    /// Every item with what was decided and what stands against it.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.request)`.
    public func items(of id: RightsRequestID, as caller: Caller) async throws -> [RightsItemSummary] {
        let (row, key, asking) = try await requireReviewing(id, caller)
        let review = try await review(row, key, try await items(of: id, key))
        try await log(
            Event(.requestShown, by: caller, party: asking.place.party).about(row.child).on(["request": "\(id)"])
                .with(["shown": String(review.items.count)]), childKey: key)
        let snapshot = try await snapshot(of: row.child)
        let own = try await keyring.read { try $0.documentKeys(of: row.child) }
        let scenes = try await scenesByCase(of: row.child, caller)
        let renditions = snapshot.renditions.reduce(into: [:]) { $0["\($1.id)"] = $1 }
        // A title is shown to whom the document would be, now.
        func isReadable(_ body: RightsItemBody, _ document: DocumentRow) -> Bool {
            guard let rendition = renditions[body.rendition ?? ""], let scene = scenes[document.caseID] else {
                return false
            }
            return blocked(rendition, document, scene) == nil
        }
        return try review.items.map { item in
            let body = item.body
            let document = body.document.flatMap { DocumentID($0) }.flatMap { snapshot.documents[$0] }
            return RightsItemSummary(
                number: item.number,
                what: body.attached.map { "attached to \($0.to)" } ?? body.form ?? body.part?.kind.rawValue ?? "",
                document: body.document, version: body.version,
                title: try document.flatMap { row in
                    guard isReadable(body, row) else { return nil }
                    return try body.attached?.name ?? own[row.id].map { try title(of: row, $0, key) }
                }, category: body.category, holder: body.holder, blocked: body.blocked, facts: body.facts,
                decision: body.decision, faults: review.faults(item).map(\.userMessage),
                isRedacted: body.redaction.map { $0.boxes > 0 } ?? false, isCopied: body.isCopied,
                attachedTo: body.attached?.to, part: body.part, mention: body.mention)
        }
    }

    /// Decides about items. What the law does not allow is told at once and again before approval; it is written down all the same, so that
    /// a review can be left and taken up again.
    ///
    /// - Returns: What stands against each, by item.
    /// - Throws: `VaultError.denied`, `.notFound(.request)`, `.notFound(.item)`, `.rights(.rules)`.
    public func decide(
        _ decisions: [ItemsDecision], of id: RightsRequestID, as caller: Caller
    ) async throws -> [Int64: [String]] {
        let (row, key, asking) = try await requireAnswering(id, caller)
        var review = try await review(row, key, try await items(of: id, key))
        guard [.reviewing, .redacting, .consulting].contains(review.state) else {
            throw VaultError.rights(
                .rules(.notNow(review.state, "its items are decided between the search and the approval.")))
        }
        var changed: Set<Int64> = []
        for decision in decisions {
            for number in decision.items {
                guard let place = review.items.firstIndex(where: { $0.number == number }) else {
                    throw VaultError.notFound(.item)
                }
                if let reason = review.items[place].body.blocked {
                    throw VaultError.invalid(field: "item", reason: "\(number) cannot be read: \(reason)")
                }
                review.items[place].body.take(
                    decision, by: caller.person, on: environment.today(), review.request)
                changed.insert(number)
            }
        }
        let items = review.items.filter { changed.contains($0.number) }
        let rows = try items.map { try sealed($0, of: id, key) }
        try await change(
            row, key, [], as: .itemsDecided, with: ["items": String(rows.count)], asking, caller,
            also: { transaction in for row in rows { try transaction.put(row) } })
        return items.reduce(into: [:]) { $0[$1.number] = review.faults($1).map(\.userMessage) }
    }

    /// Says by what right the requester asks: authority, competence, best interests, court orders. It replaces what was said before.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.request)`.
    public func judge(_ standing: RequesterStanding, of id: RightsRequestID, as caller: Caller) async throws {
        let (row, key, asking) = try await requireAnswering(id, caller)
        try requireUnderReview(try body(of: row, key))
        try await change(
            row, key, [], as: .requestNoted, with: ["event": "standing"], asking, caller,
            altering: { ($0.standing, $0.judgedBy) = (standing, "\(caller.person)") })
    }

    /// What stands against the request as a whole, and against each decision.
    func review(
        _ row: RightsRequestRow, _ key: ChildKey, _ items: [RightsItem]
    ) async throws -> Review {
        let (policy, body) = (try rightsPolicy(), try body(of: row, key))
        guard let child = try await records.read({ try $0.child(row.child) }) else { throw VaultError.notFound(.child) }
        return Review(
            policy: policy, today: environment.today(), state: try body.history().state,
            request: body.reviewed(row.id, born: try Self.open(child, key).dateOfBirth),
            items: items)
    }
}

/// By what right the requester asks, as somebody has judged it.
public struct RequesterStanding: Hashable, Sendable, Codable {
    public var authority: Authority?
    public var competence: Competence?
    /// That it is in the child's best interests that the requester has the data.
    public var bestInterests: Judgement?
    public var orders: OrdersCheck?
    public var died: Day?
    public var isMaintainedSchool: Bool?
    /// The answer goes to the child, though another asked.
    public var repliesToChild: Bool?

    public init() {}
}

/// A request, its items, and the rules that they are held to on one day.
struct Review: Sendable {
    let policy: RightsPolicy
    let today: Day
    let state: RequestState
    let request: ReviewRequest
    var items: [RightsItem]

    func faults(_ item: RightsItem) -> [ReviewFault] {
        item.body.decision.map { policy.judge($0, of: item.body.facts, for: request, on: today) } ?? []
    }
}

extension RightsRequestBody {
    /// The request as the rules look at it. Persons have these names in it: `child`, `requester`.
    func reviewed(_ id: RightsRequestID, born: Day) -> ReviewRequest {
        let asker = requester.capacity.isSubject && requester.capacity != .ownData ? "child" : "requester"
        return ReviewRequest(
            id: "\(id)", kind: kind, received: received, requester: asker,
            subject: requester.capacity == .ownData ? "requester" : "child",
            recipient: standing?.repliesToChild == true ? "child" : asker, capacity: requester.capacity, born: born,
            died: standing?.died, authority: standing?.authority ?? Authority(), competence: standing?.competence,
            bestInterests: standing?.bestInterests, orders: standing?.orders,
            isMaintainedSchool: standing?.isMaintainedSchool ?? false)
    }
}

extension RightsItemBody {
    fileprivate mutating func take(
        _ new: ItemsDecision, by person: PersonID, on day: Day, _ request: ReviewRequest
    ) {
        if let found = new.facts { facts.take(found) }
        let outcome: ItemDecision.Outcome =
            switch new.outcome {
            case .release: .release
            case .redact: .redact
            case .withhold: .withhold
            case .separate: .separate(facts.route(for: request))
            }
        decision = ItemDecision(
            item: facts.id, outcome: outcome, citations: new.citations ?? [], hides: new.hides ?? [],
            hidesWhereabouts: new.hidesWhereabouts ?? false,
            neitherConfirmsNorDenies: new.neitherConfirmsNorDenies ?? false,
            isNamedToRequester: new.isNamedToRequester ?? true, reasoning: new.reasoning ?? "", decidedBy: "\(person)",
            decidedOn: day, redactedBy: redaction?.by)
    }
}

extension ReviewItem {
    fileprivate mutating func take(_ found: ItemsDecision.Facts) {
        data = found.data ?? data
        about = found.about ?? about
        thirdParties = found.thirdParties ?? thirdParties
        isKnownToSubject = found.isKnownToSubject ?? isKnownToSubject
        revealsWhereabouts = found.revealsWhereabouts ?? revealsWhereabouts
        isAllegationAboutRequester = found.isAllegationAboutRequester ?? isAllegationAboutRequester
        isLawEnforcement = found.isLawEnforcement ?? isLawEnforcement
        resultsAnnounced = found.resultsAnnounced ?? resultsAnnounced
    }
}
