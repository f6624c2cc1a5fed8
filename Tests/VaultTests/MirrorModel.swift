import Rules
import Storage

@testable import Vault

/// What a run has done so far, and who must have a wrap of what because of it: read from the words of the agreement, with
/// none of the code that decides in the vault.
struct MirrorModel: Sendable {
    struct Document: Sendable {
        let id: DocumentID
        let place: Int
        let kind: String
        let holder: Party
        let labels: [String]
        let author: String
        var forms: [Form]
    }

    struct Form: Sendable {
        let id: RenditionID
        let version: Int64
        let name: String
        let added: Day
        let content: [UInt8]
    }

    struct Consent: Sendable {
        let id: ActID
        let place: Int
        let kind: ConsentKind
        let roles: [String]
        let kinds: [String]
        let capacity: Capacity
        let givenOn: Day
        let until: Day
        let giver: String
        /// Given, and neither withdrawn nor lapsed with the parent's right.
        var stands: Bool
    }

    struct Task: Sendable {
        let id: ActID
        let place: Int
        let person: String
        let role: String
        let documents: [DocumentID]
        let kinds: [String]
        let until: Day
    }

    var agreement: MirrorAgreement
    var documents: [Document] = []
    var consents: [Consent] = []
    var released: [RenditionID] = []
    var tasks: [Task] = []

    typealias Wraps = [RenditionID: [String: Bool]]

    /// Of every rendition, the parties that have a wrap, and whether it is for emergencies only.
    func wraps(on today: Day) -> Wraps {
        var model = self
        model.consents.removeAll { !$0.stands || $0.until < today }
        model.tasks.removeAll { $0.until < today }
        var wraps: Wraps = [:]
        for document in documents {
            for form in document.forms {
                let admitted = model.wraps(of: form, document, on: today)
                // What nobody may read its holder keeps, as for an emergency that there is no rule for.
                wraps[form.id] = admitted.isEmpty ? [document.holder.rawValue: true] : admitted
            }
        }
        return wraps
    }

    private func wraps(of form: Form, _ document: Document, on today: Day) -> [String: Bool] {
        guard let kind = agreement.kinds.first(where: { $0.name == document.kind }),
            kind.holders.contains(document.holder)
        else { return [:] }
        var ordinary: Set<String> = []
        var emergencies: Set<String> = []
        for rule in agreement.rules where rule.category == document.kind && reaches(rule, form) {
            for role in rule.roles where passesLabels(role, kind.labels + document.labels, document) {
                guard rule.conditions.allSatisfy({ $0 == .override || isMet($0, role, document) }) else { continue }
                for party in agreement.roles.first(where: { $0.name == role })?.parties ?? [] {
                    let isOrdinary = !rule.conditions.contains(.override)
                    if isOrdinary, isShared(form, document, with: party, on: today) { ordinary.insert(party.rawValue) }
                    if agreement.emergency.contains(role) { emergencies.insert(party.rawValue) }
                }
            }
        }
        var wraps: [String: Bool] = [:]
        for party in emergencies { wraps[party] = true }
        for party in ordinary { wraps[party] = false }
        return wraps
    }

    /// What one may do with one's own, a party can do: its people may be the owners.
    private func reaches(_ rule: MirrorAgreement.Rule, _ form: Form) -> Bool {
        if let only = rule.rendition, only != form.name { return false }
        switch rule.grant {
        case .full, .author, .authorAndFull: return true
        case .extract: return rule.rendition != nil || form.name == "extract" || form.name == "summary"
        case .released: return released.contains(form.id)
        case .metadata, .release: return false
        }
    }

    private func passesLabels(_ role: String, _ labels: [String], _ document: Document) -> Bool {
        for name in labels {
            guard let label = agreement.labels.first(where: { $0.name == name }) else { return false }
            if label.exempt.contains(role) { continue }
            if label.exemptOnTask.contains(role), hasTask(role, document) { continue }
            return false
        }
        return true
    }

    private func isMet(_ condition: MirrorAgreement.Condition, _ role: String, _ document: Document) -> Bool {
        switch condition {
        case .lawfulConsent: hasConsent(.lawfulBasis, role, document)
        case .confidentialityConsent: hasConsent(.confidentiality, role, document)
        case .task: hasTask(role, document)
        case .override: false
        }
    }

    private func hasConsent(_ kind: ConsentKind, _ role: String, _ document: Document) -> Bool {
        consents.contains { consent in
            consent.kind == kind && consent.roles.contains(role) && consent.kinds.contains(document.kind)
                && MirrorWorld.child(of: consent.place) == MirrorWorld.child(of: document.place)
        }
    }

    private func hasTask(_ role: String, _ document: Document) -> Bool {
        tasks.contains { task in
            task.role == role && task.place == document.place
                && (task.documents.contains(document.id) || task.kinds.contains(document.kind))
        }
    }

    /// Within a party nothing need be shared. Between parties the agreement must be in force and cover the kind of document,
    /// and what comes after the review date is not shared.
    private func isShared(_ form: Form, _ document: Document, with party: Party, on today: Day) -> Bool {
        if party == document.holder { return true }
        guard isInForce(on: today), form.added <= agreement.reviewBy else { return false }
        return agreement.sharing.contains {
            $0.holder == document.holder && $0.asker == party && $0.categories.contains(document.kind)
        }
    }

    func isInForce(on today: Day) -> Bool { agreement.from <= today && today <= agreement.until }
}

extension MirrorModel.Consent {
    func with(id: ActID) -> Self {
        Self(
            id: id, place: place, kind: kind, roles: roles, kinds: kinds, capacity: capacity, givenOn: givenOn,
            until: until, giver: giver, stands: stands)
    }
}

extension MirrorModel.Task {
    func with(id: ActID) -> Self {
        Self(id: id, place: place, person: person, role: role, documents: documents, kinds: kinds, until: until)
    }
}
