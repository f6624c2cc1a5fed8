internal import Ledger
public import Rules
internal import Sealing
public import Storage

/// That a professional was asked whether disclosing an item would do serious harm.
struct AskedOpinion: Hashable, Sendable, Codable {
    let item: Int64
    let person: String
    let asked: Day
    /// By when it is wanted; not known of those asked before days were written down.
    var by: Day?
    var answered: Day?
    var withdrawn: Day?

    var isOpen: Bool { answered == nil && withdrawn == nil }
}

/// An opinion that somebody is asked for.
public struct OpinionWanted: Hashable, Sendable, Codable {
    public let request: String
    public let item: Int64
    public let document: String?
    public let asked: Day
    /// The last day on which it is in time.
    public let by: Day?
}

/// What a professional says about one item.
public struct GivenOpinion: Sendable {
    public let profession: Opinion.Profession
    /// Why this one was asked, who was not the last to be responsible for the child's care.
    public let whyThisOne: String?
    public let findsSeriousHarm: Bool
    public let reasoning: String

    public init(profession: Opinion.Profession, whyThisOne: String?, findsSeriousHarm: Bool, reasoning: String) {
        self.profession = profession
        self.whyThisOne = whyThisOne
        self.findsSeriousHarm = findsSeriousHarm
        self.reasoning = reasoning
    }
}

/// The appropriate health professional's opinion, without which health data are neither shown nor kept back for the harm they may do.
///
/// Source: Data Protection Act 2018 Schedule 3 Part 2.
extension DocumentVault {
    /// Days for an opinion when the officer names no day: half of the month that there is for the answer.
    private static let opinionDays = 14

    /// Asks a named professional about an item.
    ///
    /// `by`: when it is wanted; in 14 days when `nil`.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.request)`, `.notFound(.item)`, `.notFound(.person)`, `.invalid`, `.rights(.rules)`.
    public func askOpinion(
        on number: Int64, of id: RightsRequestID, from username: String, by day: Day? = nil, as caller: Caller
    ) async throws {
        let today = environment.today()
        let day = day ?? today.adding(days: Self.opinionDays) ?? today
        guard day >= today else { throw VaultError.invalid(field: "by", reason: "this day has gone by") }
        let (row, key, asking) = try await requireAnswering(id, caller)
        guard try await items(of: id, key).contains(where: { $0.number == number }) else {
            throw VaultError.notFound(.item)
        }
        let person = try await person(named: username)
        let professional = try await records.read { try $0.caller(person) }
        guard agreement.gives("request.opinion", to: professional.roles),
            try await !isBarred(from: row.child, professional)
        else { throw VaultError.invalid(field: "person", reason: "this person gives no opinions about this child") }
        try await requireOther(than: try body(of: row, key).requester, professional, id)
        let asked = AskedOpinion(item: number, person: "\(person)", asked: today, by: day)
        try await change(
            row, key, [.opinionAsked], as: .opinionAsked, with: ["item": String(number), "person": "\(person)"], asking,
            caller, altering: { $0.opinions.append(asked) })
    }

    /// Takes back that a professional was asked: who has left, does not answer, or is not the one to ask. The item is decided about as if
    /// nobody had been asked, and where the law wants an opinion somebody else has to give one.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.request)`, `.notFound(.person)`; `.invalid` when the person is not being asked.
    public func withdrawOpinion(
        on number: Int64, of id: RightsRequestID, from username: String, because reason: String, as caller: Caller
    ) async throws {
        let reason = try PlainText.paragraph(reason, field: "reason", atLeast: 10)
        let (row, key, asking) = try await requireAnswering(id, caller)
        let person = try await person(named: username)
        guard
            let place = try body(of: row, key).opinions.firstIndex(where: {
                $0.item == number && $0.person == "\(person)" && $0.isOpen
            })
        else { throw VaultError.invalid(field: "person", reason: "this person is not being asked about this item") }
        let today = environment.today()
        try await change(
            row, key, [.opinionWithdrawn], note: reason,
            with: ["event": RequestEvent.opinionWithdrawn.word, "item": String(number), "person": "\(person)"], asking,
            caller, altering: { $0.opinions[place].withdrawn = today })
    }

    /// What the caller is asked for and has not answered.
    ///
    /// - Throws: `VaultError.denied`.
    public func opinionsWanted(as caller: Caller) async throws -> [OpinionWanted] {
        try await authorise("request.opinion", caller)
        var wanted: [OpinionWanted] = []
        for row in try await records.read({ try $0.rightsRequests() })
        where row.state != RequestState.closed.rawValue {
            guard let key = try await childKey(row.child), try await !isBarred(from: row.child, caller) else {
                continue
            }
            let own = try body(of: row, key).opinions.filter { $0.person == "\(caller.person)" && $0.isOpen }
            guard !own.isEmpty else { continue }
            let items = try await items(of: row.id, key)
            wanted += own.map { asked in
                OpinionWanted(
                    request: "\(row.id)", item: asked.item,
                    document: items.first { $0.number == asked.item }?.body.document, asked: asked.asked, by: asked.by)
            }
        }
        try await log(Event(.requestsListed, by: caller).with(["shown": String(wanted.count)]))
        return wanted
    }

    /// Gives the opinion that the caller was asked for.
    ///
    /// - Throws: `VaultError.notFound(.request)` for whoever was not asked; `.invalid`.
    public func giveOpinion(
        _ given: GivenOpinion, on number: Int64, of id: RightsRequestID, as caller: Caller
    ) async throws {
        try await authorise("request.opinion", caller)
        let reasoning = try PlainText.paragraph(given.reasoning, field: "reasoning", atLeast: 20)
        guard let row = try await records.read({ try $0.rightsRequest(id) }), let key = try await childKey(row.child),
            case let body = try body(of: row, key),
            let place = body.opinions.firstIndex(where: {
                $0.item == number && $0.person == "\(caller.person)" && $0.isOpen
            }), var item = try await items(of: id, key).first(where: { $0.number == number }),
            let role = caller.memberships.first(where: { agreement.gives("request.opinion", to: $0.role) })
        else { try await refuse(.notFound(.request), Event(.accessDenied, by: caller).on(["request": "\(id)"])) }
        let today = environment.today()
        item.body.facts.opinion = Opinion(
            by: "\(caller.person)", profession: given.profession, whyThisOne: given.whyThisOne, obtained: today,
            findsSeriousHarm: given.findsSeriousHarm)
        let sealed = try sealed(item, of: id, key)
        try await change(
            row, key, [.opinionReceived], note: reasoning, as: .opinionGiven, with: ["item": String(number)],
            Asking(place: role, isOnCase: false), caller, also: { try $0.put(sealed) },
            altering: { $0.opinions[place].answered = today })
    }
}
