import Rules
import Sealing
import Storage

@testable import Vault

extension MirrorRun {
    // MARK: releases

    mutating func release() async throws -> Bool {
        let choices = model.documents.flatMap { document in releasers(of: document).map { (document, $0) } }
        guard let (document, name) = chance.one(of: choices),
            let form = chance.one(of: document.forms.filter { !model.released.contains($0.id) })
        else { return false }
        let check = try HarmCheck(seriousHarm: "None was found.", thirdParties: "None is named.")
        let which = WhichForm(version: form.version, rendition: Rendition(form.name))
        let (vault, caller) = (vault, try await caller(name))
        try await attempt("release") {
            try await vault.release(document.id, which, check: check, as: caller)
        } then: { model, _ in
            model.released.append(form.id)
        }
        return true
    }

    mutating func endRelease() async throws -> Bool {
        let choices = model.documents.flatMap { document in
            document.forms.filter { model.released.contains($0.id) }.flatMap { form in
                releasers(of: document).map { (document, form, $0) }
            }
        }
        guard let (document, form, name) = chance.one(of: choices) else { return false }
        let which = WhichForm(version: form.version, rendition: Rendition(form.name))
        let (vault, caller) = (vault, try await caller(name))
        try await attempt("release ended") {
            try await vault.endRelease(document.id, which, reason: "It was a mistake.", as: caller)
            return ActID(from: .system)
        } then: { model, _ in
            model.released.removeAll { $0 == form.id }
        }
        return true
    }

    /// Those of the holder's side on the team whose role releases.
    private func releasers(of document: MirrorModel.Document) -> [String] {
        let rules = model.agreement.rules.filter { $0.grant == .release && $0.category == document.kind }
        let labels = model.agreement.labels.filter { document.labels.contains($0.name) }
        return teams[document.place].filter { name in
            let role = MirrorWorld.role(of: name)
            return MirrorWorld.party(of: name) == document.holder && rules.contains { $0.roles.contains(role) }
                && labels.allSatisfy { $0.exempt.contains(role) }
        }
    }

    // MARK: tasks

    mutating func grantTask() async throws -> Bool {
        let some = (0..<4).compactMap { _ in someTask() }
        guard let task = telling(of: some, { $0.tasks.append($1) }) else { return false }
        let new = NewTask(
            username: task.person, role: Role(rawValue: task.role), caseID: world.cases[task.place],
            documents: Set(task.documents), categories: Set(task.kinds.map(Category.init(rawValue:))),
            purpose: "ehc.appeal", until: task.until)
        let (vault, caller) = (vault, try await caller(chance.happens(percent: 60) ? "sam" : "dana"))
        try await attempt("task") {
            try await vault.grantTask(new, as: caller)
        } then: { model, id in
            model.tasks.append(task.with(id: id))
        }
        return true
    }

    /// Most often for somebody in whose role a rule or a label makes something depend on a task.
    private mutating func someTask() -> MirrorModel.Task? {
        let place = chance.number(0...world.cases.count - 1)
        let documents = model.documents.filter { $0.place == place }
        let needing = model.agreement.rules.filter { rule in
            rule.conditions.contains(.task) && documents.contains { $0.kind == rule.category }
        }
        let labels = model.agreement.labels.filter { label in documents.contains { $0.labels.contains(label.name) } }
        let meant = needing.flatMap(\.roles) + labels.flatMap(\.exemptOnTask)
        let able = MirrorWorld.everybody.map(\.0).filter { !disabled.contains($0) && $0 != "sam" && $0 != "dana" }
        let leaving = MirrorWorld.spare.map(\.0)
        let likely = chance.happens(percent: 40) ? able.filter(leaving.contains) : able
        let fitting = likely.filter { meant.contains(MirrorWorld.role(of: $0)) }
        guard let person = chance.one(of: chance.happens(percent: 85) ? fitting : able) else { return nil }
        let role = MirrorWorld.role(of: person)
        let useful = documents.filter { document in
            needing.contains { $0.roles.contains(role) && $0.category == document.kind }
        }
        let named = chance.some(1...3, of: useful.isEmpty ? documents : useful).map(\.id)
        let kinds =
            named.isEmpty || chance.happens(percent: 25) ? chance.some(1...2, of: MirrorGenerator.kindNames) : []
        return MirrorModel.Task(
            id: ActID(from: .system), place: place, person: person, role: role, documents: named, kinds: kinds,
            until: today.adding(days: chance.number(0...30)) ?? today)
    }

    mutating func endTask() async throws -> Bool {
        let running = model.tasks.filter { today <= $0.until }
        let some = chance.happens(percent: 92) ? running : model.tasks
        let ended = telling(of: some) { model, task in model.tasks.removeAll { $0.id == task.id } }
        guard let task = ended else { return false }
        let (vault, caller) = (vault, try await caller("sam"))
        try await attempt("task ended") {
            try await vault.endTask(task.id, reason: "It is done.", as: caller)
            return task.id
        } then: { model, id in
            model.tasks.removeAll { $0.id == id }
        }
        return true
    }

    // MARK: people

    mutating func join() async throws -> Bool {
        let place = chance.number(0...world.cases.count - 1)
        let free = MirrorWorld.everybody.map(\.0).filter { !teams[place].contains($0) && !disabled.contains($0) }
        guard let person = chance.one(of: free) else { return false }
        let (vault, caller, caseID) = (vault, try await caller("sam"), world.cases[place])
        let before = done["team", default: 0]
        try await attempt("team") {
            try await vault.addToTeam(
                person, role: Role(rawValue: MirrorWorld.role(of: person)), of: caseID, as: caller)
            return ActID(from: .system)
        } then: { _, _ in
        }
        if done["team", default: 0] > before { teams[place].append(person) }
        return true
    }

    /// Whoever leaves a case's team loses the tasks on the case.
    mutating func leave() async throws -> Bool {
        let place = chance.number(0...world.cases.count - 1)
        let tasked = teams[place].filter { name in model.tasks.contains { $0.person == name && $0.place == place } }
        let some = chance.happens(percent: 85) && !tasked.isEmpty ? tasked : teams[place]
        let leaving = telling(of: some, tries: 3) { model, name in
            model.tasks.removeAll { $0.person == name && $0.place == place }
        }
        guard let person = leaving, person != "sam", person != "max" else { return false }
        let (vault, caller, caseID) = (vault, try await caller("sam"), world.cases[place])
        let before = done["team left", default: 0]
        try await attempt("team left") {
            try await vault.removeFromTeam(person, of: caseID, as: caller)
            return ActID(from: .system)
        } then: { model, _ in
            model.tasks.removeAll { $0.person == person && $0.place == place }
        }
        if done["team left", default: 0] > before { teams[place].removeAll { $0 == person } }
        return true
    }

    /// What changes no wrap, or only through the tasks that end with it.
    mutating func doSomethingRare() async throws -> Bool {
        let child = world.children[chance.number(0...world.children.count - 1)]
        let (vault, sam, max, ada) = (vault, try await caller("sam"), try await caller("max"), try await caller("ada"))
        switch chance.number(0...7) {
        case 0, 1:
            let spare = MirrorWorld.spare.map(\.0).filter { name in
                !disabled.contains(name) && model.tasks.contains { $0.person == name && today <= $0.until }
            }
            let leaving = telling(of: spare, tries: 4) { model, name in model.tasks.removeAll { $0.person == name } }
            guard let person = leaving else { return false }
            try await attempt("disabled") {
                _ = try await vault.disablePerson(person, as: ada)
                return ActID(from: .system)
            } then: { model, _ in
                model.tasks.removeAll { $0.person == person }
            }
            disabled.insert(person)
            for place in teams.indices { teams[place].removeAll { $0 == person } }
        case 2:
            let place = chance.number(0...world.cases.count - 1)
            guard steps > 150, closed.count < 2, closed.insert(place).inserted else { return false }
            let caseID = world.cases[place]
            try await attempt("closed") {
                try await vault.closeCase(caseID, as: sam)
                return ActID(from: .system)
            } then: { _, _ in
            }
        case 3:
            let choice = chance.one(of: [ParentChoice.none, .notices, .view, .act]) ?? .act
            try await attempt("choice") {
                try await vault.choose(choice, for: "pat", of: child, note: "Said so.", as: sam)
                return ActID(from: .system)
            } then: { _, _ in
            }
        case 4: try await recordCapacity()
        case 5:
            let isContent = chance.happens(percent: 50)
            try await attempt("reseal") {
                _ = try await vault.reseal(.child(child), content: isContent, as: ada) { _ in }
                return ActID(from: .system)
            } then: { _, _ in
            }
        default:
            let person = chance.one(of: ["pat", "cara", "rex", "ed", "sid"]) ?? "rex"
            let kinds = chance.some(0...2, of: MirrorGenerator.kindNames).map(Category.init(rawValue:))
            let until = today.adding(days: chance.number(1...20))
            try await attempt("restraint") {
                try await vault.restrain(
                    person, from: child, on: .courtOrder, categories: Set(kinds), until: until,
                    reason: "An order of the court.", as: max)
            } then: { _, _ in
            }
        }
        return true
    }

    private mutating func recordCapacity() async throws {
        let lacks = chance.happens(percent: 60)
        let (vault, sam, child) = (vault, try await caller("sam"), world.children[1])
        let before = done["capacity", default: 0]
        try await attempt("capacity") {
            try await vault.recordCapacity(
                of: child, lacks: lacks, note: "Assessed at a meeting with two people.", as: sam)
            return ActID(from: .system)
        } then: { _, _ in
        }
        if done["capacity", default: 0] > before { lacksCapacity = lacks }
    }
}
