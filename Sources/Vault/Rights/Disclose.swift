internal import Foundation
internal import Ledger
internal import Rules
internal import Sealing
public import Storage

/// How a package reaches whoever asked.
public enum PackageDelivery: String, CaseIterable, Hashable, Sendable, Codable {
    /// A zip file (AES-256), with a passphrase.
    case zip
    /// One PDF (AES-256), with a password.
    case pdf
    /// An age file, for an organisation's key.
    case age
    /// Waits in the service for the requester's own account.
    case link
}

extension DocumentVault {
    /// Makes the package of an approved request, and records that it is handed over: each document that is in it, and the whole, are in the
    /// ledger before the first byte leaves.
    ///
    /// `recipient`: the name of the one who asked, said again by whoever hands it over.
    /// `delivery`: what is written down; the caller then writes the package so. For `.link` there is `offer`.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.request)`, `.rights(.wrongRecipient)`, `.rights(.notAsApproved)`, `.rights(.faults)`,
    ///   `.rights(.rules)`; as `open` for a document that does not open.
    public func disclose(
        _ id: RightsRequestID, to recipient: String, by delivery: PackageDelivery = .zip, as caller: Caller
    ) async throws -> DisclosurePackage {
        let (row, key, asking) = try await requireRecipient(id, recipient, caller)
        let ready = try await ready(row, key, caller)
        let logs = try ready.opened.map {
            try self.row($0.exported(by: caller, $0.asking.place), childKey: $0.scene.childKey)
        }
        let now = environment.now()
        let entry = try await change(
            row, key, ready.answers, as: .disclosed,
            with: ["papers": String(ready.opened.count), "method": delivery.rawValue], asking, caller,
            also: { transaction in
                for opened in ready.opened { try transaction.reaffirm(opened.scene, opened.asking) }
                for log in logs { _ = try transaction.append(log) }
            }, altering: { $0.disclosures.append(.init(by: "\(caller.person)", at: now, method: delivery.rawValue)) })
        return try await package(ready, of: id, now, entry)
    }

    func package(
        _ ready: ReadyPackage, of id: RightsRequestID, _ now: Instant, _ entry: UInt64
    ) async throws -> DisclosurePackage {
        DisclosurePackage(
            request: "\(id)", vault: "\(self.id)", made: now, entry: entry, pages: ready.pages,
            papers: ready.opened.map(\.paper), signer: try await signer(), random: environment.random)
    }

    /// The request, for somebody who answers it and says whom the answer goes to.
    func requireRecipient(
        _ id: RightsRequestID, _ recipient: String, _ caller: Caller
    ) async throws -> (RightsRequestRow, ChildKey, Asking) {
        let (row, key, asking) = try await requireAnswering(id, caller)
        _ = try await requireSession(caller)
        guard recipient == (try await recipientName(row, key, try body(of: row, key))) else {
            try await refuse(
                .rights(.wrongRecipient),
                Event(.accessDenied, by: caller).about(row.child).on(["request": "\(id)"])
                    .with(["reason": "wrong-recipient"]), childKey: key)
        }
        return (row, key, asking)
    }

    /// The answer as it was approved, if it may go out today and `officer` may open all that is in it.
    func ready(_ row: RightsRequestRow, _ key: ChildKey, _ officer: Caller) async throws -> ReadyPackage {
        let body = try body(of: row, key)
        if body.kind == .portability { return try await readyCopy(row, key, body, officer) }
        guard body.kind.isAccess else {
            throw VaultError.invalid(field: "request", reason: "nothing is handed over for \(body.kind.rawValue)")
        }
        let all = try await items(of: row.id, key)
        try await requireApproved(row, key, body, all)
        let items = all.visible
        let shown = items.filter { $0.body.decision?.outcome.isShown == true }
        var opened: [OpenedItem] = []
        for (child, items) in shown.byChild(row.child) { opened += try await opening(items, child, officer) }
        let outcome: RequestOutcome =
            shown.isEmpty
            ? .refused : shown.count == all.count && !shown.contains(where: \.isRedacted) ? .inFull : .inPart
        return ReadyPackage(
            opened: opened, pages: try await pages(row, key, body, all),
            answers: body.disclosures.isEmpty ? [.answered(outcome)] : [])
    }

    /// Who gets the answer: the one who asked, or the child where it goes to the child.
    func recipientName(_ row: RightsRequestRow, _ key: ChildKey, _ body: RightsRequestBody) async throws -> String {
        guard body.standing?.repliesToChild == true else { return body.requester.name }
        guard let child = try await records.read({ try $0.child(row.child) }) else { throw VaultError.notFound(.child) }
        return try Self.open(child, key).name
    }

    /// That what was approved is what there is, by the ledger too, and that nothing stands against it today.
    private func requireApproved(
        _ row: RightsRequestRow, _ key: ChildKey, _ body: RightsRequestBody, _ items: [RightsItem]
    ) async throws {
        guard let approval = body.approval else {
            throw VaultError.rights(.faults([ReleaseFault.notApproved.userMessage]))
        }
        let state = try body.history().state
        guard state == .approved || state.isAnswered && !body.disclosures.isEmpty else {
            throw VaultError.rights(.rules(.notNow(state, "only what is approved is disclosed.")))
        }
        let digest = try body.digest(with: items)
        guard digest == approval.digest, try await newestApproval(of: row) == digest else {
            throw VaultError.rights(.notAsApproved)
        }
        let faults = try await faults(row, key, items, approval: approval)
        guard faults.isEmpty else { throw VaultError.rights(.faults(faults)) }
    }

    /// The digest of the newest approval in the ledger, if nothing was changed after it: rows that were put back are found by this.
    func newestApproval(of row: RightsRequestRow) async throws -> String? {
        let kinds: Set<EventKind> = [
            .requestApproved, .itemsDecided, .itemRedacted, .requestCollected, .opinionGiven, .erasureDecided,
            .objectionDecided,
        ]
        let entries = try await records.read { try $0.entries(since: Instant(milliseconds: 0), child: row.child) }
        for (_, entry) in entries.reversed() where kinds.contains(entry.leaf.kind) {
            guard let event = try await opened(entry), event.object["request"] == "\(row.id)" else { continue }
            return entry.leaf.kind == .requestApproved ? event.detail["sha256"] : nil
        }
        return nil
    }

    /// Decides for each document that it may be read, and finds its key. Nothing is opened yet.
    func opening(_ items: [RightsItem], _ child: ChildID, _ caller: Caller) async throws -> [OpenedItem] {
        let snapshot = try await snapshot(of: child)
        let renditions = snapshot.renditions.reduce(into: [:]) { $0["\($1.id)"] = $1 }
        let scenes = try await scenesByCase(of: child, caller)
        var opened: [OpenedItem] = []
        for item in items where item.body.part == nil {
            guard let rendition = renditions[item.body.shownRendition ?? ""],
                let document = snapshot.documents[rendition.document], let scene = scenes[document.caseID]
            else { throw VaultError.notFound(.document) }
            let readers = scene.askings.compactMap { asking in
                decide(.read, document, rendition, asking, scene, purpose: .rightsRequest).permit.map { (asking, $0) }
            }
            guard let (asking, permit) = readers.first else {
                let reason = denial(.read, document, rendition, scene, purpose: .rightsRequest)
                try await refuse(
                    .denied(reason),
                    Event(.accessDenied, by: caller).about(child).on(["document": "\(document.id)"])
                        .with(["reason": reason.code]), childKey: scene.childKey)
            }
            opened.append(
                OpenedItem(item: item, rendition: rendition, scene: scene, asking: asking, permit: permit))
        }
        return try await withKeys(opened)
    }

    /// Finds the wraps in one look at the keyring.
    private func withKeys(_ items: [OpenedItem]) async throws -> [OpenedItem] {
        let wraps = try await keyring.read { keyring in
            try items.map { try keyring.wrap(of: $0.rendition.key, for: $0.asking.place.party.rawValue) }
        }
        return try zip(items, wraps).map { item, wrap in
            guard let wrap, item.permit.isOverride || !wrap.isOverride else { throw VaultError.keyMissing }
            var item = item
            let (rendition, permit, childKey) = (item.rendition, item.permit, item.scene.childKey)
            item.open = { try self.content(of: rendition, wrap, childKey, permit, 0..<rendition.byteCount) }
            return item
        }
    }
}

/// An answer that may go out: its papers, found but not opened, and its pages.
struct ReadyPackage: Sendable {
    let opened: [OpenedItem]
    let pages: [DisclosurePackage.Page]
    /// What the request's history says when this goes out, unless it says so already.
    let answers: [RequestEvent]
}

/// A document of a package, with everything that reading it rests on.
struct OpenedItem: Sendable {
    let item: RightsItem
    let rendition: RenditionRow
    let scene: Scene
    let asking: Asking
    let permit: Permit
    var open: @Sendable () throws -> OpenContent = { throw VaultError.keyMissing }

    var paper: DisclosurePackage.Paper {
        .init(
            name: item.paperName(rendition.mediaType), mediaType: rendition.mediaType,
            byteCount: rendition.byteCount, open: open)
    }

    /// That somebody takes it out of the vault, from this place.
    func exported(by caller: Caller, _ place: Caller.Place) -> Event {
        Event(.documentExported, by: caller, party: place.party).about(scene.child)
            .on(["document": "\(rendition.document)"])
            .with([
                "clause": permit.rule.rawValue, "basis": permit.basis.rawValue, "version": String(rendition.version),
                "rendition": rendition.kind.description, "role": place.role.rawValue,
                "purpose": Purpose.rightsRequest.rawValue,
            ])
    }
}

extension [RightsItem] {
    /// What the recipient may know of, numbered anew: a gap would tell that there is something else.
    var visible: [RightsItem] {
        filter { item in
            guard let decision = item.body.decision else { return false }
            return decision.outcome.isShown || decision.outcome == .withhold && !decision.neitherConfirmsNorDenies
        }.enumerated().map { RightsItem(number: Int64($0.offset) + 1, body: $0.element.body) }
    }
}

extension RightsItem {
    var isRedacted: Bool { body.decision?.outcome == .redact }

    /// The name in a package: it tells nothing.
    func paperName(_ mediaType: String) -> String {
        let digits = String(number)
        let ending = MediaType(mediaType)?.ending ?? "bin"
        return "papers/" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "." + ending
    }
}
