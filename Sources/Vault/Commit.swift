internal import Ledger
internal import Rules
internal import Sealing
internal import Storage

extension DocumentVault {
    /// Makes drafts into documents, all or none, in the write order that a crash cannot break: keys, objects, records.
    func commit(_ drafts: [Draft], as caller: Caller) async throws -> [Receipt] {
        do {
            return try await commit(sharing: try await sharingObjects(drafts), caller)
        } catch {
            // Harmless when it fails: the next recovery sweeps the files aside.
            for draft in drafts { try? objects.discard(draft.staged) }
            throw error
        }
    }

    private func commit(sharing drafts: [Draft], _ caller: Caller) async throws -> [Receipt] {
        let steps = environment.steps
        try await steps.around(.keyring) { try await writeKeys(drafts) }
        let staged = drafts.filter { !$0.isStoredAlready }.map(\.staged)
        try await steps.around(.place) { try await blocking { try objects.place(staged) } }
        // Commit point. Until this transaction ends, keys and objects are leftovers that recovery removes.
        let receipts = try await steps.around(.records) { try await writeRecords(drafts, caller) }
        for draft in drafts where draft.isStoredAlready { try? objects.discard(draft.staged) }  // Harmless, as above.
        // Harmless when it fails: whoever opens the vault next finds the records written, and clears the notes.
        try? await keyring.note { keyring in
            for note in drafts.flatMap(\.pending) { try keyring.settle(note) }
        }
        return receipts
    }

    /// The same content for the same child and holder is stored once: a draft refers to the object that is there already, or
    /// to the first of its kind among the drafts.
    private func sharingObjects(_ drafts: [Draft]) async throws -> [Draft] {
        var known = try await stored(drafts)
        var all: [Draft] = []
        for draft in drafts {
            let mark = draft.staged.fingerprint
            var draft = draft
            if let twin = known[mark], await isWhole(twin.object, among: drafts),
                (try? identity(twin.wrap, draft.author.childKey)) != nil
            {
                try share(twin.object, twin.wrap, with: &draft)
            } else {
                known[mark] = draft.wraps.first { $0.party == draft.document.holder.rawValue }.map {
                    (draft.object, $0)
                }
            }
            all.append(draft)
        }
        return all
    }

    /// A deposit may be the repair of an object that was damaged: such a one is not shared.
    private func isWhole(_ object: Digest, among drafts: [Draft]) async -> Bool {
        if drafts.contains(where: { $0.staged.name == object }) { return true }
        let objects = objects
        return (try? await blocking { try objects.verify(object) }) != nil
    }

    /// Objects that are there with the content of these drafts, each with its holder's wrap of the key.
    private func stored(_ drafts: [Draft]) async throws -> [Digest: (object: Digest, wrap: WrapRow)] {
        let twins = try await records.read { transaction in
            try drafts.compactMap { draft in
                try transaction.rendition(fingerprint: draft.staged.fingerprint).map { (draft, $0) }
            }
        }
        guard !twins.isEmpty else { return [:] }
        let objects = objects
        return try await keyring.read { keyring in
            try twins.reduce(into: [:]) { known, twin in
                let (draft, rendition) = twin
                guard rendition.byteCount == draft.staged.byteCount, objects.exists(rendition.object) else { return }
                let wrap = try keyring.wrap(of: rendition.key, for: draft.document.holder.rawValue)
                known[draft.staged.fingerprint] = wrap.map { (rendition.object, $0) }
            }
        }
    }

    private func writeKeys(_ drafts: [Draft]) async throws {
        try await keyring.write { keyring in
            var children: [ChildID: ChildKey] = [:]
            for draft in drafts {
                let child = draft.document.child
                // A child whose key has been destroyed meanwhile gets no new wraps.
                guard let key = try children[child] ?? keys.childKey(child, keyring) else {
                    throw VaultError.changedMeanwhile
                }
                children[child] = key
                for wrap in try current(draft, key) { try keyring.insert(wrap) }
                if let own = draft.documentKey { try keyring.insert(own) }
                for note in draft.pending { try keyring.insert(note) }
            }
        }
    }

    /// The draft's wraps, made anew where a key has been rotated or a party has sealed since they were made.
    private func current(_ draft: Draft, _ key: ChildKey) throws -> [WrapRow] {
        let open = keys.current
        func isCurrent(_ wrap: WrapRow) -> Bool {
            wrap.childKeyVersion == key.version
                && Party(rawValue: wrap.party).flatMap(open.newest)?.version == wrap.partyKeyVersion
        }
        guard let first = draft.wraps.first, !draft.wraps.allSatisfy(isCurrent) else { return draft.wraps }
        let parties = draft.wraps.reduce(into: [Party: WrapKind]()) { parties, wrap in
            if let party = Party(rawValue: wrap.party) { parties[party] = wrap.isOverride ? .override : .ordinary }
        }
        let rows = try wraps(
            of: try identity(first, draft.author.childKey, draft.opened), draft.rendition, key, for: parties)
        guard open.newest(draft.document.holder) != nil else {
            throw VaultError.partySealed(draft.document.holder.rawValue)
        }
        return rows
    }

    private func writeRecords(_ drafts: [Draft], _ caller: Caller) async throws -> [Receipt] {
        let now = environment.now()
        let rows = try drafts.map { try (draft: $0, log: row(event($0, caller), childKey: $0.author.childKey)) }
        return try await records.write { transaction in
            // A bulk import has many documents and few places to ask about.
            var reaffirmed: Set<[[UInt8]]> = []
            return try rows.map { draft, log in
                if reaffirmed.insert(draft.standing).inserted {
                    try transaction.reaffirm(draft.author.scene, draft.author.asking)
                }
                // The twin may have been erased meanwhile, and its object with it.
                guard try !draft.isStoredAlready || transaction.isReferenced(draft.object) else {
                    throw VaultError.changedMeanwhile
                }
                return try transaction.insert(draft, log, by: caller, at: now)
            }
        }
    }

    private func event(_ draft: Draft, _ caller: Caller) -> Event {
        Event(draft.form.event, by: caller, party: draft.author.place.party)
            .about(draft.document.child)
            .on([
                "document": "\(draft.document.id)", "rendition": "\(draft.rendition)", "object": draft.object.hex,
            ])
            .with(
                ["clause": draft.author.permit.rule.rawValue, "case": "\(draft.document.caseID)"]
                    .merging(draft.staged.scannedBy?.detail ?? [:]) { $1 })
    }
}

extension Draft.Form {
    fileprivate var event: EventKind {
        switch self {
        case .document: .documentDeposited
        case .version: .documentReplaced
        case .rendition: .renditionAdded
        }
    }
}

extension Draft {
    /// What must still be so when the draft is committed.
    fileprivate var standing: [[UInt8]] {
        [document.caseID.bytes, author.place.organisation.bytes, Array(author.place.role.rawValue.utf8)]
    }

    fileprivate var pending: [Pending] {
        let note = Pending.rendition(rendition, object: isStoredAlready ? nil : staged.name)
        return documentKey == nil ? [note] : [note, .document(document.id, of: document.child)]
    }
}

extension WriteTransaction {
    fileprivate func insert(_ draft: Draft, _ log: LogRow, by caller: Caller, at now: Instant) throws -> Receipt {
        let document = draft.document
        let entry = try append(log)
        let number: Int64
        switch draft.form {
        case .document:
            number = 1
            try insert(document)
        case .version(let known):
            number = try nextVersion(of: document.id)
            guard known == nil || number == (known ?? 0) + 1 else { throw VaultError.changedMeanwhile }
        case .rendition(let kind, let version):
            number = version
            guard try !renditions(of: document.id).contains(where: { $0.version == version && $0.kind == kind }) else {
                throw VaultError.renditionThere
            }
        }
        if draft.form.kind == .original {
            try insert(
                VersionRow(
                    document: document.id, number: number, depositor: caller.person, added: now, entry: entry))
        }
        try insert(
            RenditionRow(
                id: draft.rendition, document: document.id, version: number, kind: draft.form.kind,
                object: draft.object, byteCount: draft.staged.byteCount, mediaType: draft.mediaType.name,
                fingerprint: draft.staged.fingerprint, added: now, entry: entry))
        try keepVerdict(on: draft, entry: entry, at: now)
        if let source = draft.source { try markImported(source, as: document.id) }
        return Receipt(
            document: "\(document.id)", version: number, byteCount: draft.staged.byteCount, entry: entry)
    }
}

extension WriteTransaction {
    /// The verdict stands beside what it is about from the first moment; and where scans are required, nothing stands without.
    private func keepVerdict(on draft: Draft, entry: UInt64, at now: Instant) throws {
        guard let engine = draft.staged.scannedBy else {
            guard try scanning() == nil else { throw VaultError.scannerMissing }
            return
        }
        try put(
            ScanRow(
                rendition: draft.rendition, object: draft.object, found: nil, engine: engine, scanned: now,
                entry: entry))
    }
}

extension ReadTransaction {
    fileprivate func nextVersion(of document: DocumentID) throws -> Int64 {
        let numbers = try erasedVersions(of: document).union(versions(of: document).map(\.number))
        return (numbers.max() ?? 0) + 1
    }
}
