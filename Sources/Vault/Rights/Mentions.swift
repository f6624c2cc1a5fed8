internal import Ledger
internal import Paper
internal import Rules
internal import Sealing
public import Storage

// What other children's papers say of a child. A request reaches it too, as far as a search for it is reasonable and proportionate.
extension DocumentVault {
    /// So many files are gone through before what was found is written down.
    private static let batch = 20

    /// Looks for the child's name and numbers in papers of other children. Each paper in which something stands becomes an item, which is
    /// redacted or withheld: the rest of it is the other child's.
    ///
    /// It reads as the searcher may for a request: the holder of each paper agrees by a task, as for the child's own, and every look is in
    /// the ledger. It can be stopped at any moment, and goes on from what was written down.
    ///
    /// `progress`: told how many files are done, and of how many.
    ///
    /// - Throws: `VaultError.denied`, `.notFound`, `.invalid`, `.rights(.rules)`; `.paper` where documents cannot be read at all here.
    public func searchMentions(
        _ search: MentionSearch, for id: RightsRequestID, as caller: Caller, progress: (Int, Int) -> Void = { _, _ in }
    ) async throws -> MentionLog {
        let (row, key, _) = try await requireAnswering(id, caller)
        let body = try body(of: row, key)
        try requireUnderReview(body)
        guard body.search != nil, let child = try await records.read({ try $0.child(row.child) }) else {
            throw VaultError.rights(.rules(.notNow(try body.history().state, "collect the child's own record first.")))
        }
        let profile = try Self.open(child, key)
        let names = try search.names.map { try PlainText.line($0, field: "name") }
        var run = MentionRun(
            search: search, profile: profile, names: names, known: body.mentions,
            named: try await named(search, but: row.child, caller))
        let files = try await files(of: run, own: row.child, caller)
        run.begin(files.map(\.file))
        let end = environment.now().adding(seconds: Int64(search.minutes) * 60)
        for (place, (file, terms)) in files.enumerated() where run.awaits(file) {
            guard run.opened < search.most, environment.now() < end else { break }
            try await look(at: file, for: terms, caller, &run)
            progress(place + 1, files.count)
            if run.pending >= Self.batch { try await write(&run, id, caller) }
        }
        return try await write(&run, id, caller)
    }

    /// The children who are named, by themselves or by a case: only those whom the caller may know of, and the same answer for the others
    /// as for those who are not there.
    private func named(_ search: MentionSearch, but own: ChildID, _ caller: Caller) async throws -> Set<ChildID> {
        var named = search.children
        for child in search.children where try await scenes(of: child, caller).isEmpty {
            try await refuse(.notFound(.child), Event(.accessDenied, by: caller).on(["child": "\(child)"]))
        }
        for id in search.cases {
            guard let child = try await records.read({ try $0.theCase(id) })?.child,
                try await !scenes(of: child, caller).isEmpty
            else { try await refuse(.notFound(.theCase), Event(.accessDenied, by: caller).on(["case": "\(id)"])) }
            named.insert(child)
        }
        return named.subtracting([own])
    }

    /// The files that are to be searched, the nearest child's first, each with what is looked for in it: a name that the two children share
    /// says nothing by itself.
    private func files(
        of run: MentionRun, own: ChildID, _ caller: Caller
    ) async throws -> [(file: OthersFile, terms: Terms)] {
        var files: [(OthersFile, Terms)] = []
        for child in run.named.sorted(by: { "\($0)" < "\($1)" })
            + (try await others(than: own, within: run.search.reach).filter { !run.named.contains($0) })
        {
            guard let row = try await records.read({ try $0.child(child) }), let key = try await childKey(child) else {
                continue
            }
            // Whom a restraint keeps from the child is not told that there is one.
            let scenes = try await scenesByCase(of: child, caller)
            guard !scenes.isEmpty else { continue }
            let terms = try run.terms(keeping: try Self.open(row, key).name)
            files += try await self.files(of: child, scenes).map { ($0, terms) }
        }
        return files
    }

    private func files(of child: ChildID, _ scenes: [CaseID: Scene]) async throws -> [OthersFile] {
        let snapshot = try await snapshot(of: child)
        let wrapped = try await wrapped(snapshot)
        return snapshot.renditions.compactMap { rendition in
            // What is made of an original says no more than it does.
            guard rendition.kind == .original, let document = snapshot.documents[rendition.document] else { return nil }
            return OthersFile(
                document: document, rendition: rendition,
                labels: Set(document.labels).union(agreement.labels(of: document.category)),
                blocked: blocked(rendition, document, scenes, wrapped))
        }
    }

    /// Other children by what connects them with this one, the nearest first.
    private func others(than own: ChildID, within reach: MentionSearch.Reach) async throws -> [ChildID] {
        let agreement = agreement
        return try await records.read { transaction in
            let team = try transaction.cases(of: own).flatMap { try transaction.team(of: $0.id) }
            let family = team.filter { agreement.capacity(of: $0.role) != nil }
            let offices = Set(team.filter { agreement.capacity(of: $0.role) == nil }.map(\.organisation))
            var found: [ChildID] = []
            func add(_ rows: [TeamRow]) throws {
                for row in rows {
                    guard let child = try transaction.theCase(row.caseID)?.child, child != own, !found.contains(child)
                    else { continue }
                    found.append(child)
                }
            }
            if reach != .named { try add(try family.flatMap { try transaction.currentTeams(of: $0.person) }) }
            if reach == .team || reach == .organisation {
                try add(try team.flatMap { try transaction.currentTeams(of: $0.person) })
            }
            if reach == .organisation {
                try add(try transaction.currentTeams().filter { offices.contains($0.organisation) })
            }
            return found
        }
    }

    /// Opens one file, which is in the ledger first, and looks for the terms on its pages and in its attachments.
    private func look(
        at file: OthersFile, for terms: Terms, _ caller: Caller, _ run: inout MentionRun
    ) async throws {
        guard let kind = Source.Kind(mediaType: file.rendition.mediaType) else {
            return run.note("not-for-pages", of: file)
        }
        run.opened += 1
        do {
            let form = WhichForm(version: file.rendition.version, rendition: .original)
            let content = try await open(file.document.id, form, purpose: .rightsRequest, as: caller)
            _ = Scratch.sweep()
            let found = try await Scratch.with { scratch in
                try await blocking { try content.read { try scratch.append($0, to: "original") } }
                return try await Self.places(of: terms, in: Source("original", kind), on: Desk(scratch))
            }
            run.note(found, in: file)
        } catch let error as PaperError {
            guard let reason = error.ofOneDocument else { throw VaultError.paper(error) }
            run.note(reason, of: file)
        } catch StorageError.objectDamaged, StorageError.objectMissing {
            run.note("damaged", of: file)
        } catch VaultError.keyMissing, VaultError.denied, VaultError.notFound(.document), VaultError.partySealed {
            // It was there and readable when the list was made.
            run.note("changed-meanwhile", of: file)
        }
    }

    /// Attachments are searched like papers of their own; those of attachments are not.
    private static func places(of terms: Terms, in source: Source, on desk: Desk) async throws -> FoundPlaces {
        let pages = try await desk.pages(of: source)
        var found = FoundPlaces(findings: try await desk.find(terms, in: pages))
        for item in pages.items {
            do {
                guard let kind = Source.Kind(mediaType: item.mediaType) else { throw PaperError.notForPages }
                let attached = try await desk.pages(of: Source(item.file, kind))
                found.attached += try await desk.find(terms, in: attached)
                found.unsearched += attached.items.count
            } catch let error as PaperError where error.ofOneDocument != nil {
                found.unsearched += 1
            }
        }
        return found
    }

    /// Writes down what the search has come to, in one transaction with its entry.
    @discardableResult
    private func write(_ run: inout MentionRun, _ id: RightsRequestID, _ caller: Caller) async throws -> MentionLog {
        let (row, key, asking) = try await requireAnswering(id, caller)
        try requireUnderReview(try body(of: row, key))
        let known = try await items(of: id, key)
        let numbers = Dictionary(known.map { ($0.body.key, $0) }) { first, _ in first }
        let first = (known.map(\.number).max() ?? 0) + 1
        var next = first
        var changed: [RightsItemRow] = []
        for found in run.found {
            if var old = numbers[found.key] {
                guard old.body.mention != found.mention else { continue }
                old.body.mention = found.mention
                changed.append(try sealed(old, of: id, key))
            } else {
                var new = found
                new.facts.id = "\(next)"
                changed.append(try sealed(RightsItem(number: next, body: new), of: id, key))
                next += 1
            }
        }
        let mentions = known.count { $0.body.mention != nil } + Int(next - first)
        let log = run.log(at: environment.now().text, by: "\(caller.person)", found: mentions)
        let (rows, state) = (changed, run.state(log))
        try await change(
            row, key, [], as: .requestCollected,
            with: ["event": "mentions", "searched": String(log.searched), "new": String(rows.count)], asking, caller,
            also: { transaction in for row in rows { try transaction.put(row) } }, altering: { $0.mentions = state })
        run.written()
        return log
    }
}

/// What was found in one file.
private struct FoundPlaces: Sendable {
    var findings: [Paper.Finding]
    var attached: [Paper.Finding] = []
    /// Attachments that could not be searched.
    var unsearched = 0
}

/// One search, as far as it has come.
private struct MentionRun {
    let search: MentionSearch
    let named: Set<ChildID>
    private let profile: ChildProfile
    private let names: [String]
    private var looked: [String: String]
    private var files: [OthersFile] = []
    private(set) var found: [RightsItemBody] = []
    /// Files gone through since the last writing, and opened in all.
    private(set) var pending = 0
    var opened = 0

    init(
        search: MentionSearch, profile: ChildProfile, names: [String], known: MentionState?, named: Set<ChildID>
    ) {
        self.search = search
        self.profile = profile
        self.names = Set(names + (known?.names ?? [])).sorted()
        self.named = named.union((known?.children ?? []).compactMap { ChildID($0) })
        // What only took too long is tried again.
        looked = known?.names == self.names ? (known?.looked ?? [:]).filter { $0.value != "timed-out" } : [:]
    }

    /// `other`: the other child's name.
    func terms(keeping other: String) throws -> Terms {
        let numbers = [profile.nhsNumber, profile.upn].compactMap { $0 }
        do throws(PaperError) {
            return try Terms(
                ([profile.name] + names).map { Term($0, .name, code: "") }
                    + numbers.map { Term($0, .number, code: "") },
                keeping: [other])
        } catch {
            throw VaultError.paper(error)
        }
    }

    mutating func begin(_ files: [OthersFile]) { self.files = files }

    func awaits(_ file: OthersFile) -> Bool { file.blocked == nil && looked["\(file.rendition.id)"] == nil }

    mutating func note(_ reason: String, of file: OthersFile) {
        looked["\(file.rendition.id)"] = reason
        pending += 1
    }

    mutating func note(_ places: FoundPlaces, in file: OthersFile) {
        note(places.unsearched == 0 ? MentionState.whole : "attachment", of: file)
        let all = places.findings + places.attached
        guard !all.isEmpty else { return }
        found.append(
            RightsItemBody(
                file.rendition, file.document, labels: file.labels,
                mention: Mention(
                    child: "\(file.document.child)", hits: all.count, doubtful: all.count(where: \.isDoubtful),
                    pages: Set(places.findings.flatMap { $0.areas.map(\.page) }).sorted())))
    }

    mutating func written() { (found, pending) = ([], 0) }

    func log(at: String, by: String, found: Int) -> MentionLog {
        var notSearched: [String: Int] = [:]
        for file in files {
            let reason = file.blocked ?? looked["\(file.rendition.id)"] ?? "not-yet"
            if reason != MentionState.whole { notSearched[reason, default: 0] += 1 }
        }
        return MentionLog(
            at: at, by: by, reach: search.reach,
            sought: ["name"] + (names.isEmpty ? [] : ["other-name"]) + (profile.nhsNumber == nil ? [] : ["nhs-number"])
                + (profile.upn == nil ? [] : ["upn"]),
            children: Set(files.map(\.document.child)).count, files: files.count,
            searched: files.count { $0.blocked == nil && ["", "attachment"].contains(looked["\($0.rendition.id)"]) },
            found: found, notSearched: notSearched)
    }

    func state(_ log: MentionLog) -> MentionState {
        MentionState(names: names, children: Set(named.map { "\($0)" }), looked: looked, log: log)
    }
}

extension PaperError {
    /// What is the matter with one document; `nil` where no document can be read on this machine.
    fileprivate var ofOneDocument: String? {
        switch self {
        case .locked: "locked"
        case .notForPages: "not-for-pages"
        case .timedOut: "timed-out"
        case .tooMuchOutput, .tooManyPages, .pageTooLarge, .tooLarge, .tooDeep, .scratchFull: "too-large"
        case .toolFailed, .damaged: "damaged"
        case .noMemoryFolder, .noSuchFile, .toolMissing, .notConfined, .areaOutsidePage, .unusablePassword,
            .unusableTerm, .notGone, .system:
            nil
        }
    }
}
