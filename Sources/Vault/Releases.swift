internal import Ledger
internal import Rules
public import Storage

extension DocumentVault {
    /// Lets the family have one rendition of a document, after whatever check its category needs.
    ///
    /// `form`: the newest version's original when nothing is named.
    ///
    /// - Throws: `VaultError.notFound`, `.denied`, `.harmCheckMissing`, `.alreadySo`, `.reviewOverdue`, `.unscanned`, `.malware`.
    public func release(
        _ id: DocumentID, _ form: WhichForm = WhichForm(), check: HarmCheck?, as caller: Caller
    ) async throws -> ActID {
        let (view, rendition, asking, permit) = try await requireRelease(id, form, caller)
        try requireNewSharing()
        try await requireScanned(rendition, view, asking, caller)
        guard check != nil || !view.scene.agreement.needsHarmCheck(view.document.category) else {
            throw VaultError.harmCheckMissing
        }
        let act = ActID(from: environment.random)
        let event = Event(.released, by: caller, party: asking.place.party)
            .on(["document": "\(id)", "rendition": "\(rendition.id)"]).with(["clause": permit.rule.rawValue])
        try await enact(about: view.document.child, by: caller, also: { try $0.requirePlace(asking, view.scene) }) {
            standing, _ in
            guard standing.released[rendition.id] == nil else {
                throw VaultError.alreadySo("The family has this already")
            }
            var new = try NewAct(.release, id: act, ReleaseBody(rendition: "\(rendition.id)", check: check), event)
            new.document = id
            return [new]
        }
        return act
    }

    /// Takes back a release. What the family has read or kept stays with it.
    ///
    /// - Throws: `VaultError.notFound`, `.denied`, `.alreadySo`.
    public func endRelease(
        _ id: DocumentID, _ form: WhichForm = WhichForm(), reason: String, as caller: Caller
    ) async throws {
        let (view, rendition, asking, _) = try await requireRelease(id, form, caller)
        let reason = try PlainText.paragraph(reason, field: "reason", atLeast: 10)
        try await enact(about: view.document.child, by: caller, also: { try $0.requirePlace(asking, view.scene) }) {
            standing, _ in
            guard let release = standing.released[rendition.id] else {
                throw VaultError.alreadySo("The family does not have this")
            }
            var new = try NewAct(
                .end, id: ActID(from: environment.random), EndBody(reason: reason),
                Event(.releaseEnded, by: caller, party: asking.place.party)
                    .on(["document": "\(id)", "rendition": "\(rendition.id)"]))
            new.document = id
            new.refers = release
            return [new]
        }
    }

    private func requireRelease(
        _ id: DocumentID, _ form: WhichForm, _ caller: Caller
    ) async throws -> (VisibleDocument, RenditionRow, Asking, Permit) {
        let view = try await requireVisible(id, .released, caller)
        let rendition = try rendition(form, of: view)
        for asking in view.scene.askings where asking.isOnCase {
            if let permit = decide(.release, view.document, rendition, asking, view.scene).permit {
                return (view, rendition, asking, permit)
            }
        }
        let reason = denial(.release, view.document, rendition, view.scene, purpose: nil)
        try await refuse(
            .denied(reason), event(.accessDenied, view, view.asking, caller).with(["reason": reason.code]),
            childKey: view.childKey)
    }
}

extension ReadTransaction {
    /// That somebody is still where he or she acted from.
    func requirePlace(_ asking: Asking, _ scene: Scene) throws {
        let places =
            try asking.isOnCase ? places(of: scene.person, on: scene.theCase.id) : caller(scene.person).memberships
        guard places.contains(asking.place) else { throw VaultError.notFound(.theCase) }
    }
}
