internal import Ledger
internal import Rules
internal import Storage

extension DocumentVault {
    /// From where the caller does an administrative act about a child: a role that has the duty, on one of the child's cases, or
    /// leading cases, or in the rights office.
    ///
    /// - Throws: `VaultError.notFound(.child)` to whoever is on no case of the child; `.denied` when no role of theirs has the duty.
    func authorise(_ duty: Duty, about child: ChildID, _ caller: Caller) async throws -> (Scene, Asking) {
        let scenes = try await scenes(of: child, caller)
        for scene in scenes {
            if scene.system == nil, let asking = scene.askings.first(where: { isEntitled($0, duty, scene.agreement) }) {
                return (scene, asking)
            }
        }
        let event = Event(.accessDenied, by: caller).with(["duty": duty.rawValue])
        guard let scene = scenes.first(where: \.isOnCase) else {
            try await refuse(.notFound(.child), event.on(["child": "\(child)"]))
        }
        let reason = DenialReason.dutyNotHeld(duty)
        try await refuse(
            .denied(reason), event.about(child).with(["duty": duty.rawValue, "reason": reason.code]),
            childKey: scene.childKey)
    }

    /// Whether a restraint keeps the caller from everything about the child, whatever duties the caller's roles have.
    func isBarred(from child: ChildID, _ caller: Caller) async throws -> Bool {
        try await standing(snapshot(of: child)).bars(caller.person, at: environment.now())
    }

    /// Every case of the child as it is for the caller, but for one whom a restraint keeps from all of them.
    func scenes(of child: ChildID, _ caller: Caller) async throws -> [Scene] {
        try await requireWritable()
        var scenes: [Scene] = []
        for theCase in try await records.read({ try $0.cases(of: child) }) {
            if let scene = try await scene(theCase, caller), !scene.isBarred { scenes.append(scene) }
        }
        return scenes
    }

    /// As above, by case.
    func scenesByCase(of child: ChildID, _ caller: Caller) async throws -> [CaseID: Scene] {
        try await scenes(of: child, caller).reduce(into: [:]) { $0[$1.theCase.id] = $1 }
    }

    private func isEntitled(_ asking: Asking, _ duty: Duty, _ agreement: Agreement) -> Bool {
        let role = asking.place.role
        guard agreement.gives(duty, to: role) else { return false }
        return asking.isOnCase || asking.place.party == .rights || agreement.gives("case.team", to: role)
    }

    /// What is shared anew needs an agreement whose review is not overdue.
    func requireNewSharing() throws {
        guard agreement.standing(on: environment.today()) == .inForce else { throw VaultError.reviewOverdue }
    }
}

extension Agreement {
    func gives(_ duty: Duty, to role: Role) -> Bool {
        if case .permit = decideDuty(duty, roles: [role]) { true } else { false }
    }

    func gives(_ duty: Duty, to roles: [Role]) -> Bool { roles.contains { gives(duty, to: $0) } }
}
