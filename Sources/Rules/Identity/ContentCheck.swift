/// Looks at content block by block on its way in, and says whether it is what it claims, and safe to open.
///
/// Memory is bounded whatever the content. What cannot be read as its type is refused, not guessed at.
public struct ContentCheck: Sendable {
    private enum Kind: Sendable {
        case anything
        case text(TextCheck)
        case signature(SignatureCheck)
        case word(WordCheck)
        case png(PNGCheck)
        case jpeg(JPEGCheck)
        case tiff(TIFFCheck)
        case zip(ZipCheck)
    }

    private var kind: Kind

    public init(_ type: MediaType) {
        kind =
            switch type.form {
            case .anything: .anything
            case .text: .text(TextCheck(isMail: false))
            case .mail: .text(TextCheck(isMail: true))
            case .signature(let choices, let offset): .signature(SignatureCheck(choices, at: offset))
            case .word: .word(WordCheck())
            case .png: .png(PNGCheck())
            case .jpeg: .jpeg(JPEGCheck())
            case .tiff: .tiff(TIFFCheck())
            case .package(let package): .zip(ZipCheck(package))
            }
    }

    /// The next bytes of the content.
    public mutating func take(_ block: [UInt8]) throws(ContentProblem) {
        // Each check is taken out and put back, so that its buffers are not copied.
        let now = kind
        kind = .anything
        switch now {
        case .anything: break
        case .text(var check):
            try check.take(block)
            kind = .text(check)
        case .signature(var check):
            try check.take(block)
            kind = .signature(check)
        case .word(var check):
            try check.take(block)
            kind = .word(check)
        case .png(var check):
            try check.take(block)
            kind = .png(check)
        case .jpeg(var check):
            try check.take(block)
            kind = .jpeg(check)
        case .tiff(var check):
            try check.take(block)
            kind = .tiff(check)
        case .zip(var check):
            try check.take(block)
            kind = .zip(check)
        }
    }

    /// That was all of it.
    public func finish() throws(ContentProblem) {
        switch kind {
        case .anything: break
        case .text(let check): try check.finish()
        case .signature(let check): try check.finish()
        case .word(let check): try check.finish()
        case .png(let check): try check.finish()
        case .jpeg(let check): try check.finish()
        case .tiff(let check): try check.finish()
        case .zip(let check): try check.finish()
        }
    }
}

/// Content that begins, at an offset, with one of a few sequences of bytes.
struct SignatureCheck: Sendable {
    private let choices: [[UInt8]]
    private let offset: Int
    private var front: [UInt8] = []
    private var isFound = false

    init(_ choices: [[UInt8]], at offset: Int) {
        self.choices = choices
        self.offset = offset
    }

    mutating func take(_ block: [UInt8]) throws(ContentProblem) {
        guard !isFound else { return }
        let longest = offset + (choices.map(\.count).max() ?? 0)
        front += block.prefix(longest - front.count)
        isFound = choices.contains { front.dropFirst(offset).starts(with: $0) }
        guard isFound || front.count < longest else { throw .mismatch }
    }

    func finish() throws(ContentProblem) {
        guard isFound else { throw .mismatch }
    }
}
