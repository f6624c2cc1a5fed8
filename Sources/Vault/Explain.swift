internal import Ledger
public import Rules
public import Storage

/// Why a person may or may not do something, for each place from which he or she could ask.
public struct AccessAnswer: Hashable, Sendable, Codable {
    public struct Step: Hashable, Sendable, Codable {
        public let check: String
        public let outcome: String
        public let sentence: String
    }

    public let role: String
    public let party: String
    public let isPermitted: Bool
    /// The clause that admits, or the code of the reason that refuses.
    public let because: String
    public let steps: [Step]
}

/// What one person may do with one document, and why.
public struct PersonAccess: Hashable, Sendable, Codable {
    public let username: String
    public let name: String
    public let role: String
    public let party: String
    public let mayKnow: Bool
    /// The renditions of the newest version that the person may read.
    public let mayRead: [String]
    /// The clause that admits, or the code of the reason that refuses the original.
    public let because: String
    /// Why, in a sentence: clause, basis, and the consent, release, task or emergency that it rests on.
    public let why: String
    /// What would change it, where the person may read nothing of it.
    public let whatWouldChange: String?
}

/// Who may see a document.
public struct DocumentAccess: Hashable, Sendable, Codable {
    public let document: String
    public let category: String
    public let categoryTitle: String
    public let holder: String
    public let labels: [String]
    public let people: [PersonAccess]
}

/// About what access is to be explained.
public enum AccessSubject: Hashable, Sendable {
    case document(DocumentID)
    case child(ChildID)
}

extension DocumentVault {
    /// Asks the agreement, and shows its reasoning.
    ///
    /// People may ask about themselves where they may know of the document; about others, those with the duty to explain.
    ///
    /// `username`: the person to ask about; the caller when `nil`.
    ///
    /// - Throws: `VaultError.notFound`, `.denied`.
    public func explain(
        _ action: AccessAction, _ id: DocumentID, rendition: Rendition = .original, by username: String?,
        purpose: Purpose?, as caller: Caller
    ) async throws -> [AccessAnswer] {
        let subject = try await subject(username, id, caller)
        let found = try await records.read { transaction in
            try transaction.document(id).flatMap { document in
                try transaction.theCase(document.caseID).map {
                    (document, $0, try transaction.renditions(of: id), try transaction.caller(subject))
                }
            }
        }
        guard let (document, theCase, renditions, person) = found, let scene = try await scene(theCase, person),
            try await !isBarred(from: document.child, caller)
        else {
            try await refuse(.notFound(.document), Event(.accessDenied, by: caller).on(["document": "\(id)"]))
        }
        let row = renditions.last { $0.kind == rendition }
        let onCase = scene.askings.filter(\.isOnCase)
        let voice: Voice = subject == caller.person ? .toThePerson : .aboutThePerson
        let answers = (onCase.isEmpty || scene.hasEmergency ? scene.askings : onCase).map { asking in
            var facts = facts(action, document, row, asking, scene, purpose: purpose)
            facts.rendition = rendition
            return AccessAnswer(scene.agreement.explain(facts, on: scene.today, to: voice), asking.place)
        }
        try await log(
            Event(.accessExplained, by: caller).about(document.child).on(["document": "\(id)", "person": "\(subject)"]),
            childKey: scene.childKey)
        return answers
    }

    /// Who may see a document, or each document about a child, and why; who may not, and what would change it. For those with the
    /// duty to explain.
    ///
    /// `username`: only this person, whether on a team or not; else everyone on the team, with a task or in an emergency.
    ///
    /// - Throws: `VaultError.notFound`, `.denied`.
    public func explain(
        _ subject: AccessSubject, only username: String?, as caller: Caller
    ) async throws -> [DocumentAccess] {
        try await authorise("access.explain", caller)
        let only = try await username.asyncMap { try await person(named: $0) }
        guard let child = try await child(of: subject), try await !isBarred(from: child, caller) else {
            let thing: VaultError.Thing = if case .child = subject { .child } else { .document }
            try await refuse(.notFound(thing), Event(.accessDenied, by: caller).on(["asked": "access"]))
        }
        let snapshot = try await snapshot(of: child)
        let standing = try standing(snapshot)
        let renditions = Dictionary(grouping: snapshot.renditions, by: \.document)
        var answers: [DocumentAccess] = []
        for theCase in try await records.read({ try $0.cases(of: child) }) {
            let people = try await people(concerned: theCase, standing, only)
            var scenes: [(PersonRow, Scene)] = []
            for (row, person, team) in people {
                scenes.append((row, try await scene(theCase, person, team, snapshot.key, standing)))
            }
            let documents = snapshot.documents.values.filter { document in
                document.caseID == theCase.id && (subject == .child(child) || subject == .document(document.id))
            }
            for document in documents.sorted(by: { ($0.added, "\($0.id)") < ($1.added, "\($1.id)") }) {
                answers.append(
                    DocumentAccess(
                        document: "\(document.id)", category: document.category.rawValue,
                        categoryTitle: agreement.title(of: document.category) ?? "", holder: document.holder.rawValue,
                        labels: document.labels.map(\.rawValue),
                        people: try scenes.map { try access($0, $1, document, renditions[document.id] ?? []) }))
            }
        }
        var detail = ["asked": "who may see it"]
        if let only { detail["person"] = "\(only)" }
        try await log(Event(.accessExplained, by: caller).about(child).with(detail), childKey: snapshot.key)
        return answers
    }

    private func child(of subject: AccessSubject) async throws -> ChildID? {
        try await records.read { transaction in
            switch subject {
            case .document(let id): try transaction.document(id)?.child
            case .child(let id): try transaction.child(id)?.id
            }
        }
    }

    private func people(
        concerned theCase: CaseRow, _ standing: Standing, _ only: PersonID?
    ) async throws -> [(PersonRow, Caller, [Caller.Place])] {
        let now = environment.now()
        return try await records.read { transaction in
            let team = try transaction.team(of: theCase.id).filter { $0.removed == nil }.map(\.person)
            let tasked = standing.grants.values.filter { $0.caseID == theCase.id && $0.runs(at: now) }.map(\.person)
            let urgent = standing.emergencies.values.filter { $0.runs(at: now) }.map(\.person)
            var seen: Set<PersonID> = []
            let people = only.map { [$0] } ?? (team + tasked + urgent).filter { seen.insert($0).inserted }
            return try people.compactMap { id in
                try transaction.person(id).map {
                    ($0, try transaction.caller(id), try transaction.places(of: id, on: theCase.id))
                }
            }
        }
    }

    private func access(
        _ person: PersonRow, _ scene: Scene, _ document: DocumentRow, _ renditions: [RenditionRow]
    ) throws -> PersonAccess {
        let names = try names(of: person)
        let newest = renditions.filter { $0.version == renditions.last?.version }
        let view = judge(document, renditions, scene)
        let readable = newest.filter { form in view.map { reading(form, of: $0) != nil } ?? false }
        let fullest = readable.first { $0.kind == .original } ?? readable.first
        let original = newest.first { $0.kind == .original }
        let asking =
            fullest.flatMap { form in view.flatMap { reading(form, of: $0)?.0 } } ?? view?.asking
            ?? scene.askings.first
        let refusal = denial(.read, document, original, scene, purpose: nil)
        let because: (String, String) =
            if let fullest, let asking {
                grounds(fullest, document, asking, scene)
            } else {
                (refusal.code, refusal.account(.aboutThePerson))
            }
        return PersonAccess(
            username: names.username, name: names.name, role: asking?.place.role.rawValue ?? "",
            party: asking?.place.party.rawValue ?? "", mayKnow: view != nil,
            mayRead: readable.sorted { $0.kind.rank < $1.kind.rank }.map(\.kind.description), because: because.0,
            why: because.1,
            whatWouldChange: readable.isEmpty ? refusal.remedy(.aboutThePerson) : nil)
    }

    /// The clause and basis of a permit, and the act without which it would not be given.
    private func grounds(
        _ rendition: RenditionRow, _ document: DocumentRow, _ asking: Asking, _ scene: Scene
    ) -> (String, String) {
        let agreement = scene.agreement
        let facts = facts(.read, document, rendition, asking, scene)
        guard case .permit(let permit) = agreement.decide(facts, on: scene.today) else { return ("", "") }
        var sentences = ["Clause \(permit.rule) of agreement version \(permit.agreementVersion)."]
        if let basis = agreement.basis(permit.basis) { sentences.append("Basis: \(basis.sentence).") }
        func rests(on change: (inout AccessFacts) -> Void) -> Bool {
            var without = facts
            change(&without)
            return agreement.decide(without, on: scene.today).permit == nil
        }
        if rests(on: { $0.consents = [] }) {
            sentences += scene.standing.consents.filter { _, record in
                record.roles.contains(asking.place.role) && record.categories.contains(document.category)
                    && (record.person == nil || record.person == scene.person)
                    && record.state(on: scene.today, in: scene.standing) == .given
            }.map { "It rests on consent \($0.key), given until \($0.value.terms.until)." }.sorted()
        }
        if rests(on: { $0.isReleased = false }) { sentences.append("It rests on its release to the family.") }
        if rests(on: { $0.hasTaskGrant = false }),
            let task = scene.standing.task(for: scene.person, asking.place, document, nil, at: scene.now)
        {
            sentences.append("It rests on a task for \(task.purpose) that ends at \(task.until.text).")
        }
        if permit.isOverride { sentences.append("It rests on an emergency access, which somebody else reviews.") }
        return (permit.rule.rawValue, sentences.joined(separator: " "))
    }

    private func subject(_ username: String?, _ id: DocumentID, _ caller: Caller) async throws -> PersonID {
        try await requireWritable()
        if agreement.gives("access.explain", to: caller.roles) {
            guard let username else { return caller.person }
            return try await person(named: username)
        }
        if let username, try await !isOwn(username, caller) {
            try await authorise("access.explain", caller)
        }
        _ = try await requireVisible(id, .accessExplained, caller)
        return caller.person
    }
}

extension Optional {
    fileprivate func asyncMap<Result>(_ work: (Wrapped) async throws -> Result) async rethrows -> Result? {
        guard let self else { return nil }
        return try await work(self)
    }
}

extension AccessAnswer {
    init(_ explanation: Explanation, _ place: Caller.Place) {
        role = place.role.rawValue
        party = place.party.rawValue
        steps = explanation.steps.map {
            Step(check: $0.check.rawValue, outcome: $0.outcome.rawValue, sentence: $0.sentence)
        }
        switch explanation.decision {
        case .permit(let permit):
            isPermitted = true
            because = permit.rule.rawValue
        case .deny(let reason):
            isPermitted = false
            because = reason.code
        }
    }
}
