/// What can go wrong with a document on paper. Nothing of its content is ever in an error.
public enum PaperError: Error, Hashable, Sendable {
    /// The scratch folder's place is not in memory, or cannot be used.
    case noMemoryFolder
    /// The files of one piece of work would take up more than it may.
    case scratchFull
    /// A name that is no plain file's in a scratch folder.
    case noSuchFile
    /// An outside program is not installed.
    case toolMissing(String)
    /// An outside program cannot be locked up on this machine, so it was not started.
    case notConfined
    /// An outside program did not end in time.
    case timedOut(tool: String)
    /// An outside program wrote more than it may.
    case tooMuchOutput(tool: String)
    /// An outside program could not do its work: the file is damaged, hostile, or needs more memory than is allowed.
    case toolFailed(tool: String, status: Int32)
    /// A file is not what it should be, or is broken.
    case damaged
    /// A document is locked with a password.
    case locked
    /// A document has more pages than are worked on.
    case tooManyPages
    /// A page is too large to be painted.
    case pageTooLarge
    /// A text, an office document or a mail is larger, or has more parts, than is worked on.
    case tooLarge
    /// A mail has mails or parts in it that have others in them, and so on.
    case tooDeep
    /// A kind of document that cannot be redacted as pages.
    case notForPages
    /// An area to redact is not on a page.
    case areaOutsidePage
    /// A password is empty, too long, has a line break in it, or looks like an option.
    case unusablePassword
    /// A term to redact has too little in it to look for; `place` counts from 1.
    case unusableTerm(place: Int)
    /// Something that had to be gone is still in the result, in so many places.
    case notGone(traces: Int)
    /// The operating system reported error `number` while doing `what`.
    case system(what: String, number: Int32)

    /// Whether it is the document's fault, so that another try would end as this one did.
    public var isOfDocument: Bool {
        switch self {
        case .scratchFull, .timedOut, .tooMuchOutput, .toolFailed, .damaged, .locked, .tooManyPages, .pageTooLarge,
            .tooLarge,
            .tooDeep, .notForPages:
            true
        case .noMemoryFolder, .noSuchFile, .toolMissing, .notConfined, .areaOutsidePage, .unusablePassword,
            .unusableTerm,
            .notGone, .system:
            false
        }
    }

    /// What the person is told.
    public var userMessage: String {
        switch self {
        case .noMemoryFolder:
            "The folder for temporary files is not in memory, or cannot be used. Papers are never unpacked onto a disk: "
                + "name a folder on tmpfs, such as /dev/shm."
        case .scratchFull:
            "This document needs more temporary memory than is allowed. Do it in parts, or raise the limit."
        case .noSuchFile: "A temporary file is not there. Start this piece of work again."
        case .toolMissing(let tool): "The program \(tool) is not installed. Install it, then try again."
        case .notConfined:
            "Programs that read documents cannot be locked up on this machine, so none was started. Install bubblewrap and "
                + "allow user namespaces; the operations guide says how."
        case .timedOut(let tool): "\(tool) took too long with this document and was stopped."
        case .tooMuchOutput(let tool): "\(tool) made far more of this document than a document has. It was stopped."
        case .toolFailed(let tool, _):
            "\(tool) cannot work with this document: it is damaged, or not what it says it is."
        case .damaged: "This file cannot be read: it is damaged, or not what it says it is."
        case .locked: "This document is locked with a password. Ask whoever sent it for one without."
        case .tooManyPages: "This document has more pages than are worked on at once. Split it."
        case .pageTooLarge: "A page of this document is too large. Have it printed to a smaller size first."
        case .tooLarge: "This document is too large, or has too many parts. Split it."
        case .tooDeep:
            "Too many mails lie inside each other here. Have the inner ones saved one by one, and use those."
        case .notForPages:
            "A document of this kind cannot be redacted: parts of it are not on any page. Have it saved as a PDF, sheet by sheet, and "
                + "check what was hidden."
        case .areaOutsidePage: "A box is not on a page of this document. Nothing was redacted."
        case .unusablePassword: "A password has 1 to 127 bytes, no line break, and does not begin with a hyphen."
        case .unusableTerm(let place):
            "Term \(place) is too short to look for. Give more of it, or draw the boxes by hand."
        case .notGone(let traces):
            "What was to be redacted is still there, in \(traces) \(traces == 1 ? "place" : "places"). The result must not be released."
        case .system(let what, let number): "The operating system refused to \(what) (error \(number))."
        }
    }
}
