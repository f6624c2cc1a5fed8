/// Something that must not be read in a result.
public struct Term: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable, Codable {
        /// These words, one behind the other.
        case words
        /// Somebody's name: also each part of it, turned round, and with an initial.
        case name
        /// A day, such as 3 May 2014, in whatever form it is written.
        case date
        /// A telephone number, postcode, reference or the like, however it is spaced; of a long one also its end.
        case number
    }

    public let text: String
    public let kind: Kind
    /// The exemption, shown in its boxes.
    public let code: String
    /// Boxes of the terms of one group are equally wide, so that their width tells nothing. `nil`: as wide as the words are.
    public let group: String?

    public init(_ text: String, _ kind: Kind, code: String, group: String? = nil) {
        (self.text, self.kind, self.code, self.group) = (text, kind, code, group)
    }
}

/// Terms, ready to be looked for.
public struct Terms: Sendable {
    public let list: [Term]
    let patterns: [Pattern]

    /// `keeping`: words that stay although they are part of a name, such as the surname that a brother shares with the child.
    ///
    /// A term that cannot be looked for is an error: it would seem to be gone wherever one looks.
    public init(_ list: [Term], keeping: Set<String> = []) throws(PaperError) {
        self.list = list
        let kept = Set(keeping.flatMap { Letters.tokens(of: $0) })
        var patterns: [Pattern] = []
        for (place, term) in list.enumerated() {
            let own = Pattern.all(of: term, keeping: kept)
            guard !own.isEmpty else { throw .unusableTerm(place: place + 1) }
            patterns += own.map { $0.belonging(to: place) }
        }
        self.patterns = patterns
    }
}
