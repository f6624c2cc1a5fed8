internal import CSodium

/// One of the shares of a secret, for one keeper. Alone it tells nothing about the secret.
///
/// As a text it is some lines, for the content of an age file. See docs/FORMATS.md, "Shares".
public final class Share: Sendable {
    static let byteCount = 32
    static let tagCount = 32

    /// What it is a share of.
    public let set: ShareSet
    /// Its number in the set, from 1.
    public let index: Int
    let value: SecretBytes
    let tag: [UInt8]

    init(of set: ShareSet, index: Int, value: consuming SecretBytes, tag: [UInt8]) {
        self.set = set
        self.index = index
        self.value = value
        self.tag = tag
    }

    /// Reads what `text()` wrote, and nothing else.
    ///
    /// - Throws: `SealingError.share`: `.notAShare`, or `.damaged` with the index that it states for itself.
    public convenience init(parsing text: borrowing SecretBytes) throws(SealingError) {
        let fields = unsafe try text.withUnsafeBytes { (text) throws(SealingError) in try unsafe Fields(text) }
        self.init(of: fields.set, index: fields.index, value: fields.value, tag: fields.tag)
        // The checksum is part of the comparison, and so is every spelling that means the same.
        guard try self.text().isEqual(to: text) else { throw .share(.damaged(index: index)) }
    }

    /// The share as it goes to its keeper.
    public func text() throws(SealingError) -> SecretBytes {
        let head = Array(
            """
            \(Self.firstLine)
            set \(Hex.encode(set.identifier))
            threshold \(set.threshold)
            count \(set.count)
            index \(index)
            share\u{20}
            """.utf8)
        let tail = Array("\ntag \(Base64.encode(tag))\n".utf8)
        let checked = head.count + Self.symbolCount + tail.count
        return unsafe try SecretBytes(count: checked + Self.checksumLineCount) { (out) throws(SealingError) in
            unsafe out.copyBytes(from: head)
            unsafe encode(into: UnsafeMutableRawBufferPointer(rebasing: out[head.count...]))
            unsafe UnsafeMutableRawBufferPointer(rebasing: out[(head.count + Self.symbolCount)...])
                .copyBytes(from: tail)
            let line = unsafe Self.checksumLine(UnsafeRawBufferPointer(rebasing: out[..<checked]))
            unsafe UnsafeMutableRawBufferPointer(rebasing: out[checked...]).copyBytes(from: line)
        }
    }

    fileprivate static let firstLine = "muniment share v1"
    /// Of 32 bytes in Base64.
    fileprivate static let symbolCount = 43
    private static let checksumCount = 12
    private static let checksumLineCount = "checksum ".utf8.count + checksumCount / 3 * 4 + 1

    /// Writes 43 symbols and, as libsodium does, a byte of zero, which what follows overwrites.
    private func encode(into out: UnsafeMutableRawBufferPointer) {
        _ = unsafe value.withUnsafeBytes { value in
            unsafe sodium_bin2base64(
                UnsafeMutableRawPointer(out.start).assumingMemoryBound(to: CChar.self), Self.symbolCount + 1,
                value.start, value.count, sodium_base64_VARIANT_ORIGINAL_NO_PADDING)
        }
    }

    private static func checksumLine(_ checked: UnsafeRawBufferPointer) -> [UInt8] {
        var stream = DigestStream()
        stream.update(unsafe checked.bindMemory(to: UInt8.self).span)
        return Array("checksum \(Base64.encode(Array(stream.finish().bytes.prefix(checksumCount))))\n".utf8)
    }
}

/// The lines of a share, read but not yet checked.
private struct Fields: ~Copyable {
    let set: ShareSet
    let index: Int
    let value: SecretBytes
    let tag: [UInt8]

    private typealias Line = Slice<UnsafeRawBufferPointer>

    init(_ text: UnsafeRawBufferPointer) throws(SealingError) {
        let lines: [Line] = unsafe text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard let first = unsafe lines.first, unsafe first.elementsEqual(Share.firstLine.utf8) else {
            throw .share(.notAShare)
        }
        let stated = unsafe Self.number("index", lines, 4)
        guard let index = stated, let set = unsafe Self.set(lines),
            (1...set.count).contains(index), let tag = unsafe Self.text("tag", lines, 6).flatMap(Base64.decode),
            tag.count == Share.tagCount
        else { throw .share(.damaged(index: stated)) }
        let value = unsafe try Self.value(lines, index)
        self.set = set
        self.index = index
        self.value = value
        self.tag = tag
    }

    private static func set(_ lines: [Line]) -> ShareSet? {
        guard let identifier = unsafe text("set", lines, 1).flatMap({ Hex.decode($0) }),
            let threshold = unsafe number("threshold", lines, 2), let count = unsafe number("count", lines, 3)
        else { return nil }
        return ShareSet(identifier: identifier, threshold: threshold, count: count)
    }

    /// The secret part never becomes a string.
    private static func value(_ lines: [Line], _ index: Int) throws(SealingError) -> SecretBytes {
        guard let line = unsafe bytes("share", lines, 5) else { throw .share(.damaged(index: index)) }
        return unsafe try SecretBytes(count: Share.byteCount) { (out) throws(SealingError) in
            let symbols = unsafe UnsafeRawBufferPointer(rebasing: line)
            var count = 0
            let done = unsafe sodium_base642bin(
                out.start, out.count, UnsafeRawPointer(symbols.start).assumingMemoryBound(to: CChar.self),
                symbols.count, nil, &count, nil, sodium_base64_VARIANT_ORIGINAL_NO_PADDING)
            guard done == 0, count == out.count else { throw .share(.damaged(index: index)) }
        }
    }

    private static func number(_ name: String, _ lines: [Line], _ position: Int) -> Int? {
        unsafe text(name, lines, position).flatMap { Int($0) }
    }

    private static func text(_ name: String, _ lines: [Line], _ position: Int) -> String? {
        unsafe bytes(name, lines, position).map { unsafe String(decoding: $0, as: UTF8.self) }
    }

    private static func bytes(_ name: String, _ lines: [Line], _ position: Int) -> Line? {
        guard unsafe lines.indices.contains(position), unsafe lines[position].starts(with: "\(name) ".utf8) else {
            return nil
        }
        return unsafe lines[position].dropFirst(name.utf8.count + 1)
    }
}
