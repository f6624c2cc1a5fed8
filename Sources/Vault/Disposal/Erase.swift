internal import Ledger
internal import Rules
internal import Sealing
public import Storage

extension DocumentVault {
    /// Carries a disposal out: when this returns nothing of it opens any more and the certificate is in the register.
    ///
    /// The destroy order: records say `erasing` and show nothing of it → keys → objects → records say `erased`, with the certificate.
    /// Whatever interrupts it, the next start of the vault goes on.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.disposal)`, `.wrongStage`, `.cooling`, `.disposalBlocked`.
    public func execute(_ id: DisposalID, as caller: Caller) async throws -> DisposalCertificate {
        try await authorise("disposal.execute", caller)
        return try await changing {
            guard let row = try await records.read({ try $0.disposal(id) }) else {
                throw VaultError.notFound(.disposal)
            }
            // One that was begun and stopped goes on, whoever asks.
            if row.state == .erasing { return try await finishErasure(id) }
            guard row.state == .approved else { throw VaultError.wrongStage(row.state.rawValue) }
            let ground = try await records.read { try Ground($0, row.child) }
            var body = try body(of: row)
            let now = environment.now()
            guard let until = body.coolingUntil, until <= now else {
                throw VaultError.cooling(until: body.coolingUntil?.text ?? "")
            }
            // What stood in the way on the day it was listed may not be what stands in the way now.
            (body.checks, body.rule) = try await checks(row.unit, row.child, row.document, ground: body.ground)
            try require(body.checks)
            body.executed = hand(of: caller, "disposal.execute", at: now)
            try await begin(row, body, on: ground, caller)
            try await keepRegister()
            return try await finishErasure(id)
        }
    }

    /// What the checks looked at: while it stays the same, so does what they found.
    private struct Ground: Equatable, Sendable {
        let holds: [HoldRow]
        let cases: [CaseRow]
        let renditions: Int
        let newestAct: UInt64?

        init(_ transaction: ReadTransaction, _ child: ChildID) throws {
            holds = try transaction.holds()
            cases = try transaction.cases(of: child)
            renditions = try transaction.renditionCount(about: child)
            newestAct = try transaction.newestAct(of: child)
        }
    }

    /// Records: from here on it is on its way out, and nothing of it is shown.
    private func begin(
        _ row: DisposalRow, _ body: DisposalBody, on ground: Ground, _ caller: Caller
    ) async throws {
        let log = try self.row(event(.erasureBegun, row, caller).with(["kind": body.ground.rawValue]))
        let wraps = try await wrapCount(row)
        let (copies, notices) = try await copies(of: row, caller)
        let now = environment.now()
        try await environment.steps.around(.records) {
            try await records.write { transaction in
                guard try transaction.disposal(row.id) == row, try Ground(transaction, row.child) == ground else {
                    throw VaultError.changedMeanwhile
                }
                var (row, body) = (row, body)
                body.wraps = wraps
                body.copies = copies
                for notice in notices { try transaction.keep(notice) }
                body.entry = try transaction.append(log)
                row.state = .erasing
                row.changed = now
                row.body = try seal(body, of: row.id)
                try transaction.put(row)
                body.counts = try transaction.beginErasure(row)
                row.body = try seal(body, of: row.id)
                try transaction.put(row)
            }
        }
    }

    private func wrapCount(_ row: DisposalRow) async throws -> Int {
        let renditions = try await records.read { transaction in
            try row.document.map { try transaction.renditions(of: $0) } ?? transaction.renditions(about: row.child)
        }.filter { row.version == nil || $0.version == row.version }.map(\.key)
        return try await keyring.read { keyring in try renditions.reduce(0) { $0 + (try keyring.wraps(of: $1).count) } }
    }

    /// Goes on with whatever a crash has stopped. Only for the process that has the vault alone.
    ///
    /// What cannot be finished now stays `erasing`: nothing of it is shown, `status` names it, and `disposal execute` tries it
    /// again. It must not keep everybody out of the vault.
    func finishErasures() async throws {
        for row in try await records.read({ try $0.disposals([.erasing]) }) {
            do {
                try await finishErasure(row.id)
            } catch is VaultError {
                continue
            } catch is SealingError {
                continue
            }
        }
    }

    /// Destroys keys, then objects, looks that they are gone, and certifies it. Each step may be done again.
    @discardableResult
    func finishErasure(_ id: DisposalID) async throws -> DisposalCertificate {
        guard let row = try await records.read({ try $0.disposal(id) }), row.state == .erasing else {
            throw VaultError.notFound(.disposal)
        }
        let verification = try await destroy(row)
        let certificate = try await environment.steps.around(.records) { try await certify(row, verification) }
        try await keepRegister()
        return certificate
    }

    /// - Returns: what was found when it was looked whether everything is gone.
    func destroy(_ row: DisposalRow) async throws -> [DisposalCheck] {
        let work = try await records.read { try $0.erasureWork(row.id) }
        try await environment.steps.around(.keyring) {
            try await keyring.write { keyring in
                for rendition in work.renditions { try keyring.removeWraps(of: rendition) }
                switch (row.unit, row.document) {
                case (.child, _): try keyring.removeChild(row.child)
                case (.document, let document?): try keyring.removeDocumentKey(document, of: row.child)
                case (.document, nil), (.version, _): break
                }
            }
        }
        try await forgetDestroyed()
        let objects = objects
        try await environment.steps.around(.place) { try await blocking { try objects.removeAll(work.objects) } }
        return try await verify(row, work)
    }

    /// Looks whether what was to be destroyed is gone: by the keyring and the store, not by what this run believes to have done.
    private func verify(_ row: DisposalRow, _ work: ErasureWork) async throws -> [DisposalCheck] {
        let keys = keys
        let (hasKey, documents, wraps) = try await keyring.read { keyring in
            let documents = try row.unit == .version ? [:] : keyring.documentKeys(of: row.child)
            return (
                try row.unit == .child && keys.childKey(row.child, keyring) != nil,
                documents.keys.count { row.document == nil || row.document == $0 },
                try work.renditions.reduce(0) { $0 + (try keyring.wraps(of: $1).count) }
            )
        }
        let left = work.objects.count { objects.exists($0) }
        guard !hasKey, documents == 0, wraps == 0, left == 0 else { throw VaultError.notErased }
        let at = environment.now().text
        var checks = [
            DisposalCheck(name: "wraps", passed: true, found: "0 in the keyring", at: at),
            DisposalCheck(name: "objects", passed: true, found: "0 of \(work.objects.count) in the store", at: at),
        ]
        if row.unit != .version {
            let found = "0 in the keyring"
            checks.insert(DisposalCheck(name: "documents' keys", passed: true, found: found, at: at), at: 0)
        }
        if row.unit == .child {
            checks.insert(DisposalCheck(name: "child key", passed: true, found: "not in the keyring", at: at), at: 0)
        }
        return checks
    }
}
