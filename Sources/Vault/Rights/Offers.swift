internal import Ledger
internal import Rules
public import Storage

/// Where an offer stands.
public enum OfferState: String, Hashable, Sendable, Codable {
    case open, taken, expired, withdrawn

    var sentence: String {
        switch self {
        case .open: "This package can be taken."
        case .taken: "This package was taken already, and can be taken once only. Ask whoever offered it for another."
        case .expired: "The time to take this package is over. Ask whoever offered it for another."
        case .withdrawn: "This package was taken back. Ask whoever offered it to you."
        }
    }
}

/// A package that waits for the one who asked.
public struct Offer: Hashable, Sendable, Codable {
    public let id: String
    public let request: String
    public let state: OfferState
    public let made: String
    public let expires: String
    public let taken: String?
}

extension DocumentVault {
    /// How long an offer may wait, in days.
    public static let offerDays = 1...30

    /// Hands the package of an approved request over to the requester's own account: it is fetched there once, before it expires.
    ///
    /// Nothing is made yet. When it is fetched everything is judged again, and what the caller may open by then is opened.
    ///
    /// `recipient`: as for `disclose`.
    ///
    /// - Throws: as `disclose`; `VaultError.rights(.noAccount)`, `.invalid`.
    public func offer(
        _ id: RightsRequestID, to recipient: String, days: Int, as caller: Caller
    ) async throws -> Offer {
        guard Self.offerDays.contains(days) else {
            throw VaultError.invalid(field: "days", reason: "an offer waits for 1 to 30 days")
        }
        let (row, key, asking) = try await requireRecipient(id, recipient, caller)
        let body = try body(of: row, key)
        // An answer to a parent's request that goes to the child does not go to the parent's account.
        let isToAnother = body.standing?.repliesToChild == true && !body.requester.capacity.isSubject
        guard !isToAnother, let account = body.requester.account.flatMap({ PersonID($0) }),
            !(try await isBarred(from: row.child, try await records.read { try $0.caller(account) }))
        else { throw VaultError.rights(.noAccount) }
        let ready = try await ready(row, key, caller)
        let now = environment.now()
        let offer = RightsOfferRow(
            id: RightsOfferID(from: environment.random), request: id, child: row.child, recipient: account,
            officer: caller.person, made: now, expires: now.adding(seconds: Int64(days) * 86_400))
        try await change(
            row, key, ready.answers, as: .packageOffered,
            with: ["offer": "\(offer.id)", "papers": String(ready.opened.count), "days": String(days)], asking, caller,
            also: { transaction in
                for opened in ready.opened { try transaction.reaffirm(opened.scene, opened.asking) }
                try transaction.put(offer)
            },
            altering: {
                $0.disclosures.append(.init(by: "\(caller.person)", at: now, method: PackageDelivery.link.rawValue))
            })
        return offer.told(at: now)
    }

    /// The offers of one answer, the newest first, for whoever answers the request.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.request)`.
    public func offers(of id: RightsRequestID, as caller: Caller) async throws -> [Offer] {
        let (row, key, asking) = try await requireReviewing(id, caller)
        try await log(
            Event(.requestShown, by: caller, party: asking.place.party).about(row.child).on(["request": "\(id)"]),
            childKey: key)
        let now = environment.now()
        return try await records.read { try $0.rightsOffers(of: id) }.map { $0.told(at: now) }
    }

    /// What waits for the caller, and what did, the newest first.
    public func offers(as caller: Caller) async throws -> [Offer] {
        try await requireWritable()
        let now = environment.now()
        return try await records.read { try $0.rightsOffers(to: caller.person) }.map { $0.told(at: now) }
    }

    /// Takes an offer back that nobody has taken yet.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.offer)`, `.rights(.offerOver)`.
    public func withdraw(_ id: RightsOfferID, as caller: Caller) async throws {
        guard let offer = try await records.read({ try $0.rightsOffer(id) }) else { throw VaultError.notFound(.offer) }
        let (row, key, asking): (RightsRequestRow, ChildKey, Asking)
        do {
            (row, key, asking) = try await requireAnswering(offer.request, caller)
        } catch VaultError.notFound(.request) {
            throw VaultError.notFound(.offer)
        }
        try await requireOpen(offer)
        var ended = offer
        ended.withdrawn = environment.now()
        try await end(
            offer, as: ended,
            try self.row(
                Event(.offerWithdrawn, by: caller, party: asking.place.party).about(row.child)
                    .on(["request": "\(row.id)", "offer": "\(id)"]), childKey: key))
    }

    /// Fetches an offered package: once, by the person to whom it was offered, signed in. It is taken with this, whether or not all of it arrives.
    ///
    /// Each document that is in it is in the ledger, as exported by the caller, before the first byte leaves.
    ///
    /// - Throws: `VaultError.notFound(.offer)`, `.needsSession`, `.rights(.offerOver)`; `.rights(.offerStale)` when something about the answer,
    ///   or about whoever offered it, has changed so that it may not go out.
    public func take(_ id: RightsOfferID, as caller: Caller) async throws -> DisclosurePackage {
        try await requireWritable()
        _ = try await requireSession(caller)
        let denied = Event(.accessDenied, by: caller).on(["offer": "\(id)"])
        guard let offer = try await records.read({ try $0.rightsOffer(id) }), offer.recipient == caller.person,
            let key = try await childKey(offer.child), !(try await isBarred(from: offer.child, caller)),
            let place = caller.memberships.first
        else { try await refuse(.notFound(.offer), denied) }
        try await requireOpen(offer)
        let ready: ReadyPackage
        do {
            ready = try await self.ready(offer, key)
        } catch is VaultError {
            try await refuse(
                .rights(.offerStale), denied.about(offer.child).with(["reason": "offer-stale"]), childKey: key)
        }
        let now = environment.now()
        var taken = offer
        taken.taken = now
        let logs = try ready.opened.map { try row($0.exported(by: caller, place), childKey: $0.scene.childKey) }
        let entry = try await end(
            offer, as: taken,
            try row(
                Event(.packageTaken, by: caller, party: place.party).about(offer.child)
                    .on(["request": "\(offer.request)", "offer": "\(id)"])
                    .with(["papers": String(ready.opened.count), "officer": "\(offer.officer)"]), childKey: key),
            also: { transaction in
                for opened in ready.opened { try transaction.reaffirm(opened.scene, opened.asking) }
                for log in logs { _ = try transaction.append(log) }
            })
        return try await package(ready, of: offer.request, now, entry)
    }

    /// What was offered, as it may go out now by whoever offered it.
    private func ready(_ offer: RightsOfferRow, _ key: ChildKey) async throws -> ReadyPackage {
        let (row, officer, isDisabled) = try await records.read { transaction in
            (
                try transaction.rightsRequest(offer.request), try transaction.caller(offer.officer),
                try transaction.person(offer.officer)?.disabled != nil
            )
        }
        guard let row, !isDisabled, agreement.gives("request.answer", to: officer.roles) else {
            throw VaultError.notFound(.request)
        }
        return try await ready(row, key, officer)
    }

    /// That the offer can be taken, by its row and by the ledger: a row that was put back is found by this.
    private func requireOpen(_ offer: RightsOfferRow) async throws {
        let state = offer.state(at: environment.now())
        guard state == .open else { throw VaultError.rights(.offerOver(state)) }
        let entries = try await records.read { try $0.entries(since: offer.made, child: offer.child) }
        for (_, entry) in entries {
            let over: OfferState? =
                switch entry.leaf.kind {
                case .packageTaken: .taken
                case .offerWithdrawn: .withdrawn
                default: nil
                }
            if let over, try await opened(entry)?.object["offer"] == "\(offer.id)" {
                throw VaultError.rights(.offerOver(over))
            }
        }
    }

    /// Ends an offer in one transaction with the ledger entry, if it is still as it was read.
    @discardableResult
    private func end(
        _ old: RightsOfferRow, as new: RightsOfferRow, _ log: LogRow,
        also: @escaping @Sendable (WriteTransaction) throws -> Void = { _ in }
    ) async throws -> UInt64 {
        try await records.write { transaction in
            guard try transaction.rightsOffer(old.id) == old else { throw VaultError.changedMeanwhile }
            try transaction.put(new)
            let entry = try transaction.append(log)
            try also(transaction)
            return entry
        }
    }
}

extension RightsOfferRow {
    fileprivate func state(at now: Instant) -> OfferState {
        taken != nil ? .taken : withdrawn != nil ? .withdrawn : now < expires ? .open : .expired
    }

    fileprivate func told(at now: Instant) -> Offer {
        Offer(
            id: "\(id)", request: "\(request)", state: state(at: now), made: made.text, expires: expires.text,
            taken: taken?.text)
    }
}
