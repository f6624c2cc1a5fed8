/// The words that the files declare, by their place; what is not declared is refused where it is used.
struct AgreementWords {
    var categories: [Category: Int] = [:]
    var roles: [Role: Int] = [:]
    var purposes: [Purpose: Int] = [:]
    var bases: Set<BasisID> = []

    func category(_ node: PolicyNode) throws(PolicyError) -> Int { try place(of: node, in: categories, "category") }
    func role(_ node: PolicyNode) throws(PolicyError) -> Int { try place(of: node, in: roles, "role") }
    func purpose(_ node: PolicyNode) throws(PolicyError) -> Int { try place(of: node, in: purposes, "purpose") }

    func basis(_ node: PolicyNode) throws(PolicyError) -> BasisID {
        let basis = try node.word(as: BasisID.self)
        guard bases.contains(basis) else { throw node.fault(.unknown(kind: "basis", name: basis.rawValue)) }
        return basis
    }

    func roles(_ list: PolicyNode) throws(PolicyError) -> [Int] {
        try list.distinct { node throws(PolicyError) in try role(node) }
    }

    private func place<Word: PolicyWord>(
        of node: PolicyNode, in places: [Word: Int], _ kind: String
    ) throws(PolicyError) -> Int {
        let word = try node.word(as: Word.self)
        guard let place = places[word] else { throw node.fault(.unknown(kind: kind, name: word.rawValue)) }
        return place
    }
}

extension Bits {
    init(_ indices: some Sequence<Int>) {
        for index in indices { insert(index) }
    }
}
