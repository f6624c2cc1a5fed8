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
    /// The operating system reported error `number` while doing `what`.
    case system(what: String, number: Int32)

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
        case .system(let what, let number): "The operating system refused to \(what) (error \(number))."
        }
    }
}
