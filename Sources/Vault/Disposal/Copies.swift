internal import Rules
internal import Storage

extension CertificateText {
    /// How many of those who have had it were told that it is erased, by who they are and how they were told. No names.
    public struct Copies: Hashable, Sendable, Codable {
        /// A party; `outside` for whoever had it exported.
        public let whom: String
        /// `by notice`, `by hand`, `impossible`, `disproportionate`, or `not yet`.
        public let told: String
        public let count: Int
    }
}

extension DocumentVault {
    /// Who is told of an erasure that somebody has asked for: whoever the request has as recipients, by a notice where they are here.
    ///
    /// - Returns: what the certificate says of them, and what is to be written with the erasure.
    func copies(
        of row: DisposalRow, _ caller: Caller
    ) async throws -> (copies: [CertificateText.Copies], notices: [Notices]) {
        // A document of which one version goes is there still.
        guard row.unit != .version, let key = try await childKey(row.child) else { return ([], []) }
        var known: Set<[String]> = []
        var notices: [Notices] = []
        for request in try await records.read({ try $0.rightsRequests(about: row.child) }) {
            let recipients = (try body(of: request, key).recipients ?? []).filter { recipient in
                recipient.measure == .erasure && row.document.map { "\($0)" == recipient.document } ?? true
            }
            // With a whole child goes the key of what would tell them.
            let due = row.unit == .child ? [] : recipients.filter(\.isDueForErasure)
            if !due.isEmpty { notices.append(try telling(Set(due.map(\.number)), of: request, key, nil, caller)) }
            for recipient in recipients {
                let told = due.contains(recipient) ? Recipient.Told.byNotice(environment.today()) : recipient.told
                let who = [recipient.organisation, recipient.person, recipient.outside].map { $0 ?? "" }
                known.insert([recipient.party ?? "outside", told?.word ?? "not yet"] + who)
            }
        }
        // Whoever had several documents of a child, or stands in two requests, is one.
        let copies = Dictionary(grouping: known) { Array($0.prefix(2)) }.map {
            CertificateText.Copies(whom: $0.key[0], told: $0.key[1], count: $0.value.count)
        }
        return (copies.sorted { ($0.whom, $0.told) < ($1.whom, $1.told) }, notices)
    }
}

extension Recipient.Told {
    fileprivate var word: String {
        switch self {
        case .byNotice: "by notice"
        case .byHand: "by hand"
        case .notTold(let excuse, _): excuse.rawValue
        }
    }
}
