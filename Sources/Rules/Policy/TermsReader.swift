extension Limits {
    /// The most that any of them may be: enough for every use, and far from where arithmetic on it could overflow.
    private static let most = 100_000

    init(_ node: PolicyNode) throws(PolicyError) {
        let row = try node.map([
            "emergencyHours", "emergencyReasonCharacters", "emergencySignInMinutes", "taskDays", "consentDays",
            "closedCaseDays", "youngPersonGraceDays",
        ])
        func limit(_ key: String, from least: Int = 1) throws(PolicyError) -> Int {
            try row.required(key).number(in: least...Self.most)
        }
        emergencyHours = try limit("emergencyHours")
        emergencyReasonCharacters = try limit("emergencyReasonCharacters")
        emergencySignInMinutes = try limit("emergencySignInMinutes")
        taskDays = try limit("taskDays")
        consentDays = try limit("consentDays")
        closedCaseDays = try limit("closedCaseDays", from: 0)
        youngPersonGraceDays = try limit("youngPersonGraceDays", from: 0)
    }
}

extension Capacities {
    /// `role`: reads and checks the role of one capacity.
    init(_ node: PolicyNode, role: (PolicyNode) throws(PolicyError) -> Role) throws(PolicyError) {
        let row = try node.map(Set(Capacity.allCases.map(\.rawValue)))
        parent = try role(try row.required(Capacity.parent.rawValue))
        competentChild = try role(try row.required(Capacity.competentChild.rawValue))
        youngPerson = try role(try row.required(Capacity.youngPerson.rawValue))
        representative = try role(try row.required(Capacity.representative.rawValue))
    }
}

extension Transparency {
    /// `holders`: the parties that may hold documents, each of which must name its controller.
    init(_ node: PolicyNode, holders: [Party]) throws(PolicyError) {
        let row = try node.map(["controllers", "storage", "retention", "jurisdiction", "withdrawal", "rights"])
        let listed = try row.required("controllers").map(Set(holders.map(\.rawValue)))
        var controllers: [Party: Controller] = [:]
        for party in holders { controllers[party] = try Controller(try listed.required(party.rawValue)) }
        self.controllers = controllers
        storage = try row.required("storage").text()
        retention = try row.required("retention").text()
        jurisdiction = try row.required("jurisdiction").text()
        withdrawal = try row.required("withdrawal").text()
        rights = try row.required("rights").text()
    }
}

extension Transparency.Controller {
    fileprivate init(_ node: PolicyNode) throws(PolicyError) {
        let row = try node.map(["name", "address", "contact"])
        self.init(
            name: try row.required("name").text(), address: try row.required("address").text(),
            contact: try row.required("contact").text())
    }
}
