internal import Storage

extension DocumentVault {
    /// Finishes or undoes what a crash left: runs before anything else, in the process that has the vault alone.
    ///
    /// Files aside are nobody's. Keys whose records were never written go, with the object made for them; where the
    /// records were written, the work was done and only the note of it is removed.
    func recover() async throws {
        try objects.sweepStaging()
        try await keyring.forgetDeleted()
        try await settleRotations()
        try await settleServiceRotations()
        try await settleCeremony()
        try await finishErasures()
        let pending = try await keyring.read { try $0.pending() }
        guard !pending.isEmpty else { return }
        for item in pending {
            guard case .rendition(let id, let object?) = item else { continue }
            let isNeeded = try await records.read { try $0.rendition(keyed: id) != nil || $0.isReferenced(object) }
            if !isNeeded { try objects.remove(object) }
        }
        try await settle(undoing: true)
        try await keyring.forgetDeleted()
    }

    /// Clears the notes of work that reached the records, and the keys of work that never will.
    ///
    /// `undoing`: only while this process has the vault alone: beside others, what has not reached the records
    /// may be about to.
    func settle(undoing: Bool = false) async throws {
        let pending = try await keyring.read { try $0.pending() }
        guard !pending.isEmpty else { return }
        let done = try await records.read { transaction in
            try Set(pending.filter { try transaction.isRecorded($0) })
        }
        try await keyring.write { keyring in
            for item in pending {
                if done.contains(item) {
                    try keyring.settle(item)
                } else if undoing {
                    try keyring.undo(item)
                }
            }
        }
    }
}

extension ReadTransaction {
    fileprivate func isRecorded(_ pending: Pending) throws -> Bool {
        switch pending {
        case .rendition(let id, _): try rendition(keyed: id) != nil
        case .child(let id): try child(id) != nil
        case .document(let id, _): try document(id) != nil
        // Only a look at every wrap tells: the sweep that follows sees to it.
        case .alignment: false
        }
    }
}

extension KeyringWriting {
    fileprivate func undo(_ pending: Pending) throws {
        switch pending {
        case .rendition(let id, _): try removeWraps(of: id)
        case .child(let id): try removeChild(id)
        case .document(let id, let child): try removeDocumentKey(id, of: child)
        case .alignment: return
        }
        try settle(pending)
    }
}
