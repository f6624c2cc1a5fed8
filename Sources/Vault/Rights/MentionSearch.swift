internal import Rules
public import Storage

/// In whose papers, besides the child's own, the child's name is looked for.
public struct MentionSearch: Hashable, Sendable {
    /// Whose papers are searched without being named, as far as the records tell. Each step includes the one before.
    public enum Reach: String, CaseIterable, Hashable, Sendable, Codable {
        /// Nobody's.
        case named
        /// Children who have a member of the family in common with this one: brothers and sisters.
        case family
        /// Children who have anybody on their team in common.
        case team
        /// Children on whose team somebody of the same organisation is: the same school.
        case organisation
    }

    public var reach = Reach.family
    public var children: Set<ChildID> = []
    public var cases: Set<CaseID> = []
    /// What else the child is called.
    public var names: [String] = []
    /// So many files are opened at most, and none after so many minutes. The next search goes on from there.
    public var most = 500
    public var minutes = 60

    public init() {}
}

/// In which other children's papers a child's name was looked for, and in which it could not be.
public struct MentionLog: Hashable, Sendable, Codable {
    public let at: String
    public let by: String
    public let reach: MentionSearch.Reach
    /// What was looked for: `name`, `other-name`, `nhs-number`, `upn`.
    public let sought: [String]
    /// Other children whose papers were gone through. Of a child who is kept from the searcher nothing is counted, here or below: whether there
    /// is one is not told.
    public let children: Int
    /// The files of those papers, in every version.
    public let files: Int
    public let searched: Int
    /// The files in which something was found.
    public let found: Int
    /// How many files, or attachments of them, were not searched, for which reason: `not-yet` for those that the next search comes to.
    public let notSearched: [String: Int]

    /// Whether nothing was left out.
    public var isComplete: Bool { notSearched.isEmpty }
}

/// Where a child is mentioned in a paper of another child. What is written there is not kept.
public struct Mention: Hashable, Sendable, Codable {
    /// Whose paper it is.
    public let child: String
    public let hits: Int
    /// Of them, those that were misread perhaps: somebody should look.
    public let doubtful: Int
    /// The pages they are on, from 1; none for what is in an attachment.
    public let pages: [Int]
}

/// How far the search has come.
struct MentionState: Hashable, Sendable, Codable {
    static let whole = ""

    /// What is looked for; another list begins anew.
    var names: [String]
    /// Of those whom somebody has named.
    var children: Set<String>
    /// The renditions that were gone through: `whole`, or why not.
    var looked: [String: String] = [:]
    var log: MentionLog?
}

/// A file of another child.
struct OthersFile: Hashable, Sendable {
    let document: DocumentRow
    let rendition: RenditionRow
    let labels: Set<Label>
    /// Why it cannot be read for a request; `nil` when it can.
    let blocked: String?
}

extension [RightsItem] {
    /// By the child whose papers they are: the requests' own first.
    func byChild(_ own: ChildID) -> [(child: ChildID, items: [RightsItem])] {
        Dictionary(grouping: self) { $0.body.mention.flatMap { ChildID($0.child) } ?? own }
            .map { ($0.key, $0.value) }.sorted { ($0.0 == own ? "" : "\($0.0)") < ($1.0 == own ? "" : "\($1.0)") }
    }
}
