internal import Ledger
public import Rules
internal import Storage

/// Whose key or account is thought to be in wrong hands.
public enum Compromised: Hashable, Sendable {
    case party(Party)
    /// A user name.
    case person(String)
}

/// What could have been opened, and what was.
public struct CompromiseReport: Hashable, Sendable, Codable {
    public struct Opened: Hashable, Sendable, Codable {
        /// The index of the ledger entry.
        public let entry: UInt64
        public let time: String
        public let kind: String
        public let child: String
        public let document: String
        public let person: String
        /// In whose name.
        public let party: String
    }

    public let about: String
    public let since: String
    /// Renditions that the key opens, or that the person's teams have; and the children whom they are about.
    public let reachable: Int
    public let childrenReachable: [String]
    public let opened: [Opened]
    public let childrenOpened: [String]
    /// A draft of the notification, for the data protection officer to complete.
    public let notification: String
}

extension DocumentVault {
    /// The drill and the real thing: what a party's key or a person's account could have opened, what the ledger says was opened
    /// since a day, and whom it touches.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.person)`.
    public func compromised(_ who: Compromised, since day: Day, as caller: Caller) async throws -> CompromiseReport {
        try await authorise("key.ceremony", caller)
        var query = OpeningQuery(since: environment.start(of: day))
        var about = ""
        var reach: (renditions: Int, children: Set<ChildID>) = (0, [])
        switch who {
        case .party(let party):
            about = "party \(party.rawValue)"
            query.party = party
            reach = try await reachable(party)
        case .person(let username):
            let person = try await person(named: username)
            query.person = person
            about = "person \(person)"
            reach = try await reachable(person)
        }
        let opened = try await openings(query)
        try await log(
            Event(.compromiseListed, by: caller).with(["for": about, "since": "\(day)", "found": "\(opened.count)"]))
        let touched = Set(opened.map(\.child)).sorted()
        return CompromiseReport(
            about: about, since: "\(day)", reachable: reach.renditions,
            childrenReachable: reach.children.map { "\($0)" }.sorted(), opened: opened, childrenOpened: touched,
            notification: Self.notification(about, day, reach.children.count, opened.count, touched.count))
    }

    private func reachable(_ party: Party) async throws -> (Int, Set<ChildID>) {
        var last: RenditionID?
        var (count, children): (Int, Set<ChildID>) = (0, [])
        while true {
            let after = last
            let page = try await keyring.read {
                try $0.wraps(for: party.rawValue, before: .max, after: after, limit: 2000)
            }
            guard let end = page.last else { return (count, children) }
            count += page.count
            children.formUnion(try await records.read { try $0.children(of: page.map(\.rendition)) }.values)
            last = end.rendition
        }
    }

    private func reachable(_ person: PersonID) async throws -> (Int, Set<ChildID>) {
        try await records.read { transaction in
            let cases = Set(try transaction.currentTeams().filter { $0.person == person }.map(\.caseID))
            let children = Set(try cases.compactMap { try transaction.theCase($0)?.child })
            return (try children.reduce(0) { $0 + (try transaction.renditionCount(about: $1)) }, children)
        }
    }

    private static func notification(_ about: String, _ since: Day, _ reachable: Int, _ opened: Int, _ children: Int)
        -> String
    {
        """
        DRAFT personal data breach notification (UK GDPR Articles 33 and 34; to the Commissioner within 72 hours of becoming aware)
        Nature of the breach: the key or account of \(about) is believed to have been in wrong hands since \(since).
        Approximate number of data subjects: \(children) whose papers were opened; up to \(reachable) whose papers could have been.
        Approximate number of records: \(opened) openings since that day.
        Categories of data: to be completed from the list of documents.
        Likely consequences: to be completed by the data protection officer.
        Measures taken: to be completed (account disabled, key rotated with `muniment key rotate`, party sealed).
        Contact: the data protection officer.
        """
    }
}
