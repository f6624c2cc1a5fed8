internal import Ledger
public import Rules
public import Storage

/// Somebody who was let in, as the records have them now. Only `DocumentVault` makes one.
public struct Caller: Hashable, Sendable {
    public struct Place: Hashable, Sendable {
        public let organisation: OrganisationID
        public let party: Party
        public let role: Role
    }

    public let person: PersonID
    public let memberships: [Place]
    /// When the session began; `nil` for somebody who acts without one.
    var signedIn: Instant?
    /// The session; `nil` for somebody who acts by an access token, and so may not change what the account is opened with.
    var session: SessionID?
    /// Whether the session was opened with a second factor.
    public internal(set) var usedSecondFactor = false
    /// The registration of a partner's system; `nil` for a person.
    var system: SystemRow?
    var scope: Scope? { system?.scope }

    init(person: PersonID, memberships: [Place]) {
        self.person = person
        self.memberships = memberships
    }

    var roles: [Role] { memberships.map(\.role) }
}

extension DocumentVault {
    /// The caller with the right to an administrative act, or a recorded refusal.
    func authorise(_ duty: Duty, _ caller: Caller) async throws {
        try await requireWritable()
        guard case .deny(let reason) = agreement.decideDuty(duty, roles: caller.roles) else { return }
        try await refuse(
            .denied(reason), Event(.accessDenied, by: caller).with(["duty": duty.rawValue, "reason": reason.code]))
    }
}

extension ReadTransaction {
    /// A system has no place of its own: it acts from the teams that somebody has put it on, and has no duties anywhere.
    func caller(_ person: PersonID) throws -> Caller {
        guard let system = try system(person) else {
            return Caller(person: person, memberships: try heldPlaces(of: person))
        }
        var caller = Caller(person: person, memberships: [])
        caller.system = system
        return caller
    }

    func heldPlaces(of person: PersonID) throws -> [Caller.Place] {
        try memberships(of: person).compactMap { membership in
            try organisation(membership.organisation).map {
                Caller.Place(organisation: $0.id, party: $0.party, role: membership.role)
            }
        }
    }
}
