/// In what capacity a member of the family acts.
public enum Capacity: String, CaseIterable, Hashable, Sendable, Codable {
    case parent
    case competentChild = "competent-child"
    case youngPerson = "young-person"
    case representative
}

/// The role of each capacity.
struct Capacities: Hashable, Sendable {
    let parent: Role
    let competentChild: Role
    let youngPerson: Role
    let representative: Role

    subscript(capacity: Capacity) -> Role {
        switch capacity {
        case .parent: parent
        case .competentChild: competentChild
        case .youngPerson: youngPerson
        case .representative: representative
        }
    }
}

extension Agreement {
    /// The capacity in which somebody with this role acts; `nil` for a role that is not of the family.
    public func capacity(of role: Role) -> Capacity? { Capacity.allCases.first { capacities[$0] == role } }

    public func role(of capacity: Capacity) -> Role { capacities[capacity] }
}
