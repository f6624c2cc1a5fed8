/// A row of the categories file, with where it stands so that a fault found later can name the line.
struct CategoryDraft {
    let id: Category
    let title: String
    let holders: [Party]
    let labels: [(label: Label, node: PolicyNode)]
    let obligations: Set<Obligation>

    /// Reads the whole categories file.
    static func read(_ text: PolicyText) throws(PolicyError) -> [CategoryDraft] {
        let file = try PolicyNode.root(of: text).map(["version", "categories"])
        _ = try file.required("version").count()
        var drafts: [CategoryDraft] = []
        var seen: Set<Category> = []
        for node in try file.required("categories").list() {
            let row = try node.map(["id", "title", "holders", "labels", "obligations"])
            let draft = try CategoryDraft(row)
            guard seen.insert(draft.id).inserted else {
                throw try row.required("id").fault(.duplicate(draft.id.rawValue))
            }
            drafts.append(draft)
        }
        return drafts
    }

    private init(_ row: PolicyMap) throws(PolicyError) {
        id = try row.required("id").word(as: Category.self)
        title = try row.required("title").text()
        holders = try row.required("holders").distinct { node throws(PolicyError) in try node.choice("party") }
        var labels: [(label: Label, node: PolicyNode)] = []
        if let list = row.optional("labels") {
            _ = try list.distinct { node throws(PolicyError) in try node.word() }
            for node in try list.list() { labels.append((try node.word(as: Label.self), node)) }
        }
        self.labels = labels
        obligations = try row.obligations()
    }
}

extension PolicyMap {
    func obligations() throws(PolicyError) -> Set<Obligation> {
        guard let list = optional("obligations") else { return [] }
        return Set(try list.distinct { node throws(PolicyError) in try node.choice("obligation") })
    }
}
