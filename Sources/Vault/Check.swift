internal import Ledger
internal import Rules
internal import Sealing
internal import Storage

/// Something that is not as it must be. It names the thing, never a person.
public struct Finding: Hashable, Sendable, Codable {
    public let what: String
    public let problem: String
}

public struct CheckReport: Hashable, Sendable, Codable {
    public var findings: [Finding] = []
    public var documents = 0
    public var renditions = 0
    public var objects = 0
    public var objectsRead = 0
    public var entries: UInt64 = 0
    public var isSound: Bool { findings.isEmpty }

    mutating func found(_ what: String, _ problem: String) { findings.append(Finding(what: what, problem: problem)) }

    /// Finds each `thing` of which the ledger says something else than is there, or only one of the two has anything.
    mutating func compare(_ said: [String: String], _ present: [String: String], thing: String, problem: String) {
        for name in Set(said.keys).union(present.keys) where said[name] != present[name] {
            found("\(thing) \(name)", problem)
        }
    }
}

extension DocumentVault {
    private static let page = 500

    /// Checks everything that can be checked at rest: the ledger against itself and its checkpoints, records against ledger,
    /// wraps against agreement, objects against records, and what belongs to nothing.
    ///
    /// `readPercent`: how many of the objects to read back against their names, 0 to 100.
    /// `progress`: told now and then how many documents and objects are done.
    public func check(
        readPercent: Int, as caller: Caller, progress: @Sendable (CheckReport) -> Void
    ) async throws -> CheckReport {
        if readOnlyReason == nil { try await authorise("vault.check", caller) }
        return try await inspect(readPercent: readPercent, by: caller, progress: progress)
    }

    /// As `check`, for whom a restored vault is checked, which may be nobody in it.
    func inspect(
        readPercent: Int, by caller: Caller?, progress: @Sendable (CheckReport) -> Void
    ) async throws -> CheckReport {
        try await checked(by: caller) { report in
            let pending = try await keyring.read { Set(try $0.pending()) }
            try await section("ledger", &report) { try await checkLedger(&$0) }
            try await section("accounts, teams and cases", &report) { try await checkStanding(&$0) }
            try await section("second factors", &report) { try await checkSecondFactors(&$0) }
            try await section("systems", &report) { try await checkSystems(&$0) }
            try await section("identities", &report) { try await checkIdentities(&$0) }
            try await section("keyring backups", &report) { try await checkBackups(&$0) }
            try await section("keys", &report) { try await checkKeys(&$0) }
            try await section("disposals and holds", &report) { try await checkDisposals(&$0) }
            try await section("requests and breaches", &report) { try await checkRights(&$0) }
            try await section("acts", &report) { try await checkActs(&$0) }
            try await section("documents", &report) { try await checkDocuments(&$0, progress) }
            try await section("keyring", &report) { try await checkStrayWraps(&$0, pending) }
            try await section("documents' keys", &report) { try await checkDocumentKeys(&$0, pending) }
            try await section("objects", &report) {
                try await checkObjects(&$0, readPercent: readPercent, pending, progress)
            }
        }
    }

    /// Checks the ledger alone: its tree against its entries, its newest checkpoint and its anchor.
    public func verifyLedger(as caller: Caller) async throws -> CheckReport {
        try await checked(by: caller) { report in
            try await section("ledger", &report) { try await checkLedger(&$0) }
        }
    }

    /// A report of what `work` finds, begun with what is wrong from the start and recorded at the end.
    private func checked(
        by caller: Caller?, _ work: (inout CheckReport) async throws -> Void
    ) async throws -> CheckReport {
        var report = CheckReport()
        if let readOnlyReason { report.found("ledger", readOnlyReason.userMessage) }
        try await work(&report)
        if readOnlyReason == nil {
            try await log(Event(.vaultChecked, by: caller).with(["findings": String(report.findings.count)]))
        }
        return report
    }

    /// Damage that a section cannot go on from is a finding, and the other sections still run.
    private func section(
        _ name: String, _ report: inout CheckReport, _ work: (inout CheckReport) async throws -> Void
    ) async throws {
        do {
            try await work(&report)
        } catch let error as StorageError {
            report.found(name, error.userMessage)
        } catch let error as LedgerError {
            report.found(name, error.userMessage)
        } catch let error as SealingError {
            report.found(name, error.userMessage)
        }
    }

    /// Every row that gives somebody standing must be ours, and say what the ledger says: an old row put back is found.
    private func checkStanding(_ report: inout CheckReport) async throws {
        for table in try await records.read({ try $0.tablesWithForeignRows() }) {
            report.found("\(table) table", "a row was changed by other hands")
        }
        var disabled: Set<String> = []
        var teams: [String: Set<String>] = [:]
        for row in try await records.read({ try $0.entries(of: [.personDisabled, .teamAdded, .teamRemoved]) }) {
            guard let event = try await opened(row) else { continue }
            let person = event.object["person"] ?? ""
            let place = "\(event.object["case"] ?? "") \(person)"
            switch row.leaf.kind {
            case .personDisabled: disabled.insert(person)
            case .teamAdded: teams[place, default: []].insert(event.object["role"] ?? "")
            default: teams[place] = []
            }
        }
        let (people, members) = try await records.read { (try $0.people(), try $0.currentTeams()) }
        for person in people where (person.disabled != nil) != disabled.contains("\(person.id)") {
            report.found("person \(person.id)", "the account is not in the state that the ledger says")
        }
        for row in try await records.read({ try $0.entries(of: [.personJoined]) }) {
            guard let event = try await opened(row), let first = event.object["person"].flatMap({ PersonID($0) }),
                let second = event.detail["person"].flatMap({ PersonID($0) })
            else { continue }
            let (one, other) = try await records.read { (try $0.individual(first), try $0.individual(second)) }
            if one != other { report.found("person \(first)", "the ledger says that it is the same as \(second)") }
        }
        let present = Dictionary(grouping: members) { "\($0.caseID) \($0.person)" }
        for place in Set(present.keys).union(teams.keys) {
            let roles = Set((present[place] ?? []).map(\.role.rawValue))
            if roles != teams[place] ?? [] { report.found("team place \(place)", "it is not what the ledger says") }
        }
    }

    /// Every act must open and be the one that its ledger entry names.
    private func checkActs(_ report: inout CheckReport) async throws {
        for kind in ActKind.allCases {
            for act in try await records.read({ try $0.acts(kind: kind, person: nil) }) {
                guard let key = try await childKey(act.child) else { continue }
                let entry = try await records.read { try $0.entry(at: act.entry) }
                let event = try entry.map { try Openings.open($0, with: key.openings) }
                if event?.object["act"] != "\(act.id)" || event?.subject["child"] != "\(act.child)" {
                    report.found("act \(act.id)", "it is not what ledger entry \(act.entry) says")
                }
            }
        }
    }

    /// Recomputes every tree hash from the entries and compares; then each deposit's entry must have its version.
    private func checkLedger(_ report: inout CheckReport) async throws {
        let size = try await records.read { try $0.logSize() }
        var next: UInt64 = 0
        while next < size {
            let from = next
            let to = min(size, from + 2000)
            let problems = try await records.read { try $0.problems(inEntries: from..<to) }
            for (index, problem) in problems { report.found("ledger entry \(index)", problem) }
            next = to
        }
        report.entries = size
        guard let note = try await records.read({ try $0.newestCheckpoint() }) else { return }
        let signed = try LogPolicy(logKeys: [anchor.log]).open(SignedNote(parsing: note), now: 0).checkpoint.head
        let head = try await records.read { $0.treeHeadIfAny(size: signed.size) }
        if head != signed { report.found("ledger", "it does not extend its newest checkpoint") }
    }

    private func checkDocuments(_ report: inout CheckReport, _ progress: (CheckReport) -> Void) async throws {
        var last: DocumentID?
        while true {
            let after = last
            let page = try await records.read { try $0.documents(after: after, limit: Self.page) }
            guard let end = page.last else { return }
            var children: [ChildID: ChildState] = [:]
            for document in page {
                do {
                    if children[document.child] == nil {
                        children[document.child] = try await state(of: document.child)
                    }
                    guard let child = children[document.child] else {
                        report.found("document \(document.id)", "the child's key is not in the keyring")
                        continue
                    }
                    try await check(document, child, &report)
                } catch StorageError.damagedStore(let store) {
                    report.found("document \(document.id)", "its row in the \(store) was changed by other hands")
                } catch is SealingError {
                    report.found("document \(document.id)", "what the ledger has of it does not open")
                }
                report.documents += 1
            }
            progress(report)
            last = end.id
        }
    }

    /// What the wraps of a child's renditions are judged by.
    private struct ChildState {
        let key: ChildKey
        let standing: Standing
    }

    private func state(of child: ChildID) async throws -> ChildState? {
        let (row, acts) = try await records.read { (try $0.child(child), try $0.acts(of: child)) }
        guard let row, let key = try await childKey(child) else { return nil }
        let standing = try Standing(
            acts: acts, born: try Self.open(row, key).dateOfBirth, key: key,
            day: environment.day)
        return ChildState(key: key, standing: standing)
    }

    private func check(_ document: DocumentRow, _ child: ChildState, _ report: inout CheckReport) async throws {
        let name = "document \(document.id)"
        let key = child.key
        try await checkTitle(of: document, key, &report)
        let (versions, renditions, entries, erased) = try await records.read { transaction in
            let versions = try transaction.versions(of: document.id)
            return (
                versions, try transaction.renditions(of: document.id),
                try versions.map { try transaction.entry(at: $0.entry) },
                try transaction.erasedVersions(of: document.id)
            )
        }
        let numbers = erased.union(versions.map(\.number)).sorted()
        if numbers != Array(1...max(1, Int64(numbers.count))) {
            report.found(name, "a version is missing")
        }
        for (version, entry) in zip(versions, entries) {
            let rendition = renditions.first { $0.version == version.number && $0.kind == .original }
            guard let rendition else {
                report.found(name, "version \(version.number) has no original")
                continue
            }
            if try entry.map({ rendition.isToldBy(try Openings.open($0, with: key.openings)) }) != true {
                report.found(name, "version \(version.number) is not what ledger entry \(version.entry) says")
            }
        }
        for rendition in renditions {
            try await checkEntries(of: rendition, key, &report)
            try await check(rendition, document, child, &report)
        }
    }

    /// Of a further form the entry that added it, and of what was resealed the entry that says so. An original's is its version's.
    private func checkEntries(of rendition: RenditionRow, _ key: ChildKey, _ report: inout CheckReport) async throws {
        let (added, resealed) = try await records.read { transaction in
            (
                try rendition.entry.flatMap { try transaction.entry(at: $0) },
                try rendition.reseal.flatMap { try transaction.entry(at: $0.entry) }
            )
        }
        var isTold =
            try rendition.reseal == nil
            || resealed.map { row in
                let event = try Openings.open(row, with: key.openings)
                return row.leaf.kind == .renditionResealed && event.object == rendition.ledgerObject
            } == true
        if rendition.kind != .original {
            isTold = try isTold && added.map { rendition.isToldBy(try Openings.open($0, with: key.openings)) } == true
        }
        if !isTold { report.found("rendition \(rendition.id)", "it is not what the ledger says") }
    }

    /// The wraps must be exactly the agreement's, each must open, and the object must be there at its length.
    private func check(
        _ rendition: RenditionRow, _ document: DocumentRow, _ child: ChildState, _ report: inout CheckReport
    ) async throws {
        let key = child.key
        report.renditions += 1
        let name = "rendition \(rendition.id)"
        let wraps = try await keyring.read { try $0.wraps(of: rendition.key) }
        // Resealed meanwhile: it is looked at as it is now.
        if wraps.isEmpty, let now = try await records.read({ try $0.rendition(rendition.id) }), now.key != rendition.key
        {
            report.renditions -= 1
            return try await check(now, document, child, &report)
        }
        let today = environment.today()
        let facts = wrapFacts(
            document, rendition.kind, id: rendition.id, added: rendition.added, child.standing, agreement,
            at: environment.now(), today)
        let expected = agreement.wraps(for: facts, on: today)
        for (party, kind) in expected {
            guard let wrap = wraps.first(where: { $0.party == party.rawValue }) else {
                // Who has sealed its key gets what is missing when it unseals.
                guard keys.current.newest(party) != nil else { continue }
                report.found(name, "the agreement admits \(party.rawValue), and there is no wrap for it")
                continue
            }
            if wrap.isOverride != (kind == .override) {
                report.found(name, "the wrap for \(party.rawValue) has the wrong use")
            }
        }
        for wrap in wraps {
            guard Party(rawValue: wrap.party).map({ expected[$0] != nil }) == true else {
                report.found(name, "there is a wrap for \(wrap.party), which the agreement does not admit")
                continue
            }
            guard Party(rawValue: wrap.party).flatMap(keys.current.newest) != nil else { continue }
            do {
                try opens(rendition, with: wrap, key)
            } catch let error as StorageError {
                return report.found("object \(rendition.object.hex)", error.userMessage)
            } catch {
                report.found(name, "the wrap for \(wrap.party) does not open")
            }
        }
    }

    private func opens(_ rendition: RenditionRow, with wrap: WrapRow, _ key: ChildKey) throws {
        let opener = AgeOpener.identity(try identity(wrap, key))
        _ = try ObjectReader(objects, name: rendition.object, byteCount: rendition.byteCount, opener: opener)
    }

    private func checkStrayWraps(_ report: inout CheckReport, _ pending: Set<Pending>) async throws {
        let expected = Set(pending.compactMap { if case .rendition(let id, _) = $0 { id } else { nil } })
        var last: RenditionID?
        while true {
            let after = last
            let page = try await keyring.read { try $0.wrappedRenditions(after: after, limit: Self.page) }
            guard let end = page.last else { return }
            let strays = try await records.read { transaction in
                try page.filter { try !expected.contains($0) && transaction.rendition(keyed: $0) == nil }
            }
            for stray in strays {
                report.found("rendition \(stray)", "the keyring has wraps and the records do not know it")
            }
            last = end
        }
    }

    /// Every file in the store must be one that the records name, and those that are read must be what their name says.
    private func checkObjects(
        _ report: inout CheckReport, readPercent: Int, _ pending: Set<Pending>, _ progress: (CheckReport) -> Void
    ) async throws {
        let expected = Set(pending.compactMap { if case .rendition(_, let object?) = $0 { object } else { nil } })
        for folder in UInt8.min...UInt8.max {
            for text in try objects.names(inFolder: folder) {
                guard let name = Digest(hex: text), text.hasPrefix(Hex.encode([folder])) else {
                    report.found("file \(text)", "it is not an object")
                    continue
                }
                report.objects += 1
                if try await records.read({ try !$0.isReferenced(name) }), !expected.contains(name) {
                    report.found("object \(text)", "the records do not know it")
                }
                guard Self.isChosen(name, percent: readPercent) else { continue }
                report.objectsRead += 1
                do throws(StorageError) {
                    try objects.verify(name)
                } catch {
                    report.found("object \(text)", error.userMessage)
                }
                progress(report)
            }
        }
    }

    /// Names are random, so their last byte draws a fair sample: the same one each time for the same percentage.
    private static func isChosen(_ name: Digest, percent: Int) -> Bool {
        Int(name.bytes[31]) * 100 < percent * 256
    }
}

extension ReadTransaction {
    /// Stored hashes that do not follow from the entries, and deposits without their version.
    fileprivate func problems(inEntries range: Range<UInt64>) throws -> [(UInt64, String)] {
        let rows = try entries(in: range)
        guard rows.count == range.count else { return [(range.lowerBound, "an entry is missing from here on")] }
        var problems: [(UInt64, String)] = []
        if try !hashesFollow(from: rows.map(\.leaf.hash), at: range.lowerBound) {
            problems.append((range.lowerBound, "the tree does not follow from the entries from here on"))
        }
        for (index, row) in zip(range, rows) {
            guard try !isErased(entry: index) else { continue }
            let isDeposit = row.leaf.kind == .documentDeposited || row.leaf.kind == .documentReplaced
            if try isDeposit && !hasVersion(entry: index) {
                problems.append((index, "its document version is missing"))
            }
            if try row.leaf.kind == .renditionAdded && !hasRendition(entry: index) {
                problems.append((index, "its rendition is missing"))
            }
            if try row.leaf.kind.isAct && !hasAct(entry: index) {
                problems.append((index, "its act is missing"))
            }
            if try row.leaf.kind == .agreementActivated && !hasPolicy(entry: index) {
                problems.append((index, "its policy file is missing"))
            }
            if try row.leaf.kind == .scanningRequired && !hasScanning(entry: index) {
                problems.append((index, "the requirement of scans is missing"))
            }
        }
        return problems
    }
}

extension RenditionRow {
    /// How the ledger names it.
    fileprivate var ledgerObject: [String: String] {
        ["document": "\(document)", "rendition": "\(id)", "object": object.hex]
    }

    /// Whether an entry tells of its coming; of what was resealed since it tells another object.
    fileprivate func isToldBy(_ event: OpenedEvent) -> Bool {
        guard reseal != nil, event.object["object"] != nil else { return event.object == ledgerObject }
        return event.object.merging(["object": object.hex]) { $1 } == ledgerObject
    }
}

extension EventKind {
    /// Whether an act stands behind such an entry.
    fileprivate var isAct: Bool {
        switch self {
        case .consentGiven, .consentRefused, .consentWithdrawn, .consentExpired, .consentLapsed, .released,
            .releaseEnded, .taskGranted, .taskEnded, .restraintPlaced, .restraintLifted, .emergencyOpened,
            .emergencyReviewed, .familyViewDelayed, .parentChosen, .capacityRecorded, .retentionNoted:
            true
        default: false
        }
    }
}
