import Rules
import Sealing
import Storage

@testable import Vault

extension MirrorRun {
    enum Act {
        case deposit, addForm, consent, withdraw, release, endRelease, task, endTask, join, leave, clock, agreement,
            rare
    }

    private static let mostDocuments = 7
    private static let mostForms = 3

    /// - Returns: `false` when what was chosen cannot even be tried now.
    mutating func act() async throws -> Bool {
        var act: Act = chance.weighted(
            (10, .deposit), (8, .addForm), (24, .consent), (12, .withdraw), (12, .release), (6, .endRelease),
            (16, .task),
            (8, .endTask), (3, .join), (5, .leave), (3, .clock), (1, .agreement), (4, .rare))
        // Where nothing new may be shared, little can be done: an agreement is due.
        let isLate = today > model.agreement.reviewBy || today < model.agreement.from
        if isLate, chance.happens(percent: 8) { act = .agreement }
        if today > model.agreement.reviewBy, chance.happens(percent: 20) { act = .deposit }
        if isBusy, chance.happens(percent: 6) { act = .agreement }
        switch act {
        case .agreement: return try await changeAgreement()
        case .clock:
            let days = chance.weighted((60, 1...5), (30, 6...20), (10, 21...45))
            return try await moveClock(days: chance.number(days))
        default: return try await work(act)
        }
    }

    /// What may also be done between an activation and the keyring's alignment.
    private mutating func work(_ act: Act) async throws -> Bool {
        switch act {
        case .deposit: try await deposit()
        case .addForm: try await addForm()
        case .consent: try await consent()
        case .withdraw: try await withdraw()
        case .release: try await release()
        case .endRelease: try await endRelease()
        case .task: try await grantTask()
        case .endTask: try await endTask()
        case .join: try await join()
        case .leave: try await leave()
        default: try await doSomethingRare()
        }
    }

    private mutating func changeAgreement() async throws -> Bool {
        version += 1
        try await putInForce(generator.agreement(version: version, on: today))
        if isBusy {
            for _ in 0..<chance.number(1...3) {
                let act: Act = chance.weighted((2, .deposit), (3, .consent), (3, .withdraw), (2, .release), (3, .task))
                _ = try await work(act)
            }
        }
        try await align()
        return true
    }

    // MARK: documents

    private mutating func deposit() async throws -> Bool {
        guard let place = chance.one(of: world.cases.indices.filter { !closed.contains($0) }),
            model.documents.count(where: { MirrorWorld.child(of: $0.place) == MirrorWorld.child(of: place) })
                < Self.mostDocuments
        else { return false }
        let writing = model.agreement.rules.filter {
            ($0.grant == .author || $0.grant == .authorAndFull) && $0.conditions.isEmpty
        }
        let choices = writing.flatMap { rule in
            teams[place].filter { rule.roles.contains(MirrorWorld.role(of: $0)) }.map {
                (author: $0, kind: rule.category)
            }
        }
        guard let choice = chance.one(of: choices),
            let kind = model.agreement.kinds.first(where: { $0.name == choice.kind })
        else { return false }
        let labels = chance.happens(percent: 25) ? chance.some(1...2, of: model.agreement.labels) : []
        let isExempt = labels.allSatisfy { $0.exempt.contains(MirrorWorld.role(of: choice.author)) }
        let names = isExempt || chance.happens(percent: 10) ? labels.map(\.name) : []
        let content = content(place)
        let new = NewDocument(
            caseID: world.cases[place], category: Category(rawValue: choice.kind), title: "Report", mediaType: .unknown,
            labels: Set(names.map(Label.init(rawValue:))))
        let party = MirrorWorld.party(of: choice.author)
        let holder = kind.holders.contains(party) ? party : kind.holders[0]
        try await attemptForm("deposit", as: choice.author, content: content) { vault, file, caller in
            DocumentID(try await vault.deposit(new, content: file, as: caller).document)
        } adding: { model, form in
            model.documents.append(
                MirrorModel.Document(
                    id: form.document, place: place, kind: choice.kind, holder: holder, labels: names,
                    author: choice.author, forms: []))
        }
        return true
    }

    /// A further version, or an extract or a redaction of the newest.
    private mutating func addForm() async throws -> Bool {
        guard let document = chance.one(of: model.documents.filter { $0.forms.count < Self.mostForms }) else {
            return false
        }
        let id = document.id
        if isBusy {
            try await attemptForm("replace", as: document.author, content: content(document.place)) {
                vault, file, caller in
                _ = try await vault.replace(id, mediaType: .unknown, content: file, as: caller)
                return id
            } adding: { _, _ in
            }
            return true
        }
        guard let name = chance.one(of: MirrorGenerator.forms), let rendition = Rendition(name) else { return false }
        try await attemptForm("rendition", as: document.author, content: content(document.place)) {
            vault, file, caller in
            _ = try await vault.addRendition(
                rendition, of: id, version: nil, mediaType: .unknown, content: file, as: caller)
            return id
        } adding: { _, _ in
        }
        return true
    }

    /// New content, or what some document of the same child has already: that is stored once.
    private mutating func content(_ place: Int) -> [UInt8] {
        let child = MirrorWorld.child(of: place)
        let old = model.documents.filter { MirrorWorld.child(of: $0.place) == child }.flatMap(\.forms)
        if chance.happens(percent: 20), let twin = chance.one(of: old) { return twin.content }
        return Array("\(seed) \(steps) \(chance.number(0...Int(Int32.max)))".utf8)
    }

    private mutating func attemptForm(
        _ what: String, as name: String, content: [UInt8],
        _ add: (DocumentVault, FileDescriptor, Caller) async throws -> DocumentID?,
        adding: (inout MirrorModel, (document: DocumentID, rendition: RenditionID)) -> Void
    ) async throws {
        let (vault, caller, today) = (vault, try await caller(name), today)
        let file = try world.fixture.file("content", content)
        var added: DocumentID?
        try await attempt(what) {
            added = try await add(vault, file, caller)
            return ActID(from: .system)
        } then: { _, _ in
        }
        guard let id = added else { return }
        for row in try await vault.records.read({ try $0.renditions(of: id) }) {
            guard !model.documents.contains(where: { $0.forms.contains { $0.id == row.id } }) else { continue }
            adding(&model, (id, row.id))
            let form = MirrorModel.Form(
                id: row.id, version: row.version, name: row.kind.description, added: today, content: content)
            for index in model.documents.indices where model.documents[index].id == id {
                model.documents[index].forms.append(form)
            }
        }
    }

    // MARK: consents

    /// One of these, by preference one that would change a wrap.
    mutating func telling<Item>(
        of items: [Item], tries: Int = 2, _ change: (inout MirrorModel, Item) -> Void
    ) -> Item? {
        var last: Item?
        for _ in 0..<tries {
            guard let item = chance.one(of: items) else { return nil }
            var next = model
            change(&next, item)
            if next.wraps(on: today) != before { return item }
            last = item
        }
        return last
    }

    private mutating func consent() async throws -> Bool {
        let some = (0..<4).map { _ in someConsent() }
        guard let consent = telling(of: some, { $0.consents.append($1) }) else { return false }
        let terms = ConsentTerms(
            kind: consent.kind, purpose: "ehc.assessment", categories: consent.kinds.map(Category.init(rawValue:)),
            roles: consent.roles.map(Role.init(rawValue:)), giver: "A giver", capacity: consent.capacity,
            authority: "birth certificate", notice: "1", language: "en", channel: "meeting", until: consent.until)
        let person = chance.happens(percent: 15) ? chance.one(of: teams[consent.place]) : nil
        let new = NewConsent(isRefusal: !consent.stands, terms: terms, recipient: person, giver: nil)
        let (vault, caller) = (vault, try await caller(consent.giver))
        let child = world.children[MirrorWorld.child(of: consent.place)]
        try await attempt(new.isRefusal ? "refusal" : "consent") {
            try await vault.recordConsent(new, about: child, as: caller)
        } then: { model, id in
            model.consents.append(consent.with(id: id))
        }
        return true
    }

    /// Most often to something that a rule makes depend on a consent.
    private mutating func someConsent() -> MirrorModel.Consent {
        let place = chance.number(0...world.cases.count - 1)
        let wanting = model.agreement.rules.filter { rule in
            (rule.conditions.contains(.lawfulConsent) || rule.conditions.contains(.confidentialityConsent))
                && model.documents.contains {
                    $0.kind == rule.category && MirrorWorld.child(of: $0.place) == MirrorWorld.child(of: place)
                }
        }
        var kind: ConsentKind = chance.one(of: ConsentKind.allCases) ?? .service
        var roles = chance.some(1...3, of: MirrorGenerator.readers)
        var kinds = chance.some(1...3, of: MirrorGenerator.kindNames)
        if chance.happens(percent: 85), let rule = chance.one(of: wanting) {
            let lawful = rule.conditions.contains(.lawfulConsent)
            let both = lawful && rule.conditions.contains(.confidentialityConsent)
            kind = lawful && !(both && chance.happens(percent: 50)) ? .lawfulBasis : .confidentiality
            roles = chance.some(1...3, of: rule.roles)
            kinds = [rule.category] + chance.some(0...1, of: MirrorGenerator.kindNames.filter { $0 != rule.category })
        }
        let isByParent = chance.happens(percent: 20)
        let days = chance.happens(percent: 70) ? chance.number(0...40) : 399
        return MirrorModel.Consent(
            id: ActID(from: .system), place: place, kind: kind, roles: roles, kinds: kinds,
            capacity: isByParent ? .parent : capacity(place), givenOn: today, until: today.adding(days: days) ?? today,
            giver: isByParent ? "pat" : "sam", stands: !chance.happens(percent: 8))
    }

    private mutating func capacity(_ place: Int) -> Capacity {
        let isYoungPerson = MirrorWorld.child(of: place) == 1 && today >= (Day("2027-06-26") ?? today)
        let likely: Capacity = isYoungPerson ? (lacksCapacity ? .parent : .youngPerson) : .parent
        return chance.weighted((85, likely), (10, .representative), (5, .competentChild))
    }

    private mutating func withdraw() async throws -> Bool {
        let standing = model.consents.filter { $0.stands && today <= $0.until }
        let some = chance.happens(percent: 92) ? standing : model.consents
        func end(_ model: inout MirrorModel, _ consent: MirrorModel.Consent) {
            for index in model.consents.indices where model.consents[index].id == consent.id {
                model.consents[index].stands = false
            }
        }
        guard let consent = telling(of: some, end) else { return false }
        let by = chance.happens(percent: 50) ? consent.giver : "sam"
        let (vault, caller) = (vault, try await caller(by))
        try await attempt("withdrawal") {
            try await vault.withdrawConsent(consent.id, note: "Said so.", as: caller)
            return consent.id
        } then: { model, _ in
            end(&model, consent)
        }
        return true
    }
}
