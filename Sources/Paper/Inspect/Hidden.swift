/// Something in a file that its pages do not show, or do not show to everybody: what kind, where, and how often. Never its text.
public struct Hidden: Hashable, Sendable, Codable {
    public enum Kind: String, CaseIterable, Sendable, Codable {
        /// In PDFs.
        case attachment, script, annotation, form, layer, thumbnail, bookmark, encryption
        case earlierVersion = "earlier-version"
        /// Cut off by the frame of the page.
        case croppedAway = "cropped-away"
        /// Words that are in the file and not to be seen: under a box, in the colour of the paper, or a layer made by OCR.
        case unseenText = "unseen-text"
        /// In office documents.
        case insertion, deletion, comment, macro
        case hiddenText = "hidden-text"
        case customData = "custom-data"
        case embeddedObject = "embedded-object"
        case hiddenSheet = "hidden-sheet"
        case hiddenRow = "hidden-row"
        case hiddenColumn = "hidden-column"
        case pivotCache = "pivot-cache"
        /// In mails.
        case blindCopy = "blind-copy"
        case transport
        case alternative
        /// In pictures.
        case location, camera
        /// In all of them: authors, titles, programs, days.
        case metadata
        /// Nobody can look into it: it is damaged or hostile, or too large.
        case unreadable
    }

    public let kind: Kind
    /// "the file", "page 3", "word/document.xml", a sentence of ours: never something that the document's author chose.
    public let place: String
    public let count: Int

    /// All that is known of a file into which nobody can look: its place says why.
    public static func unreadable(_ error: PaperError) -> Hidden { Hidden(.unreadable, in: error.userMessage) }

    init(_ kind: Kind, in place: String = "the file", _ count: Int = 1) {
        (self.kind, self.place, self.count) = (kind, place, count)
    }
}
