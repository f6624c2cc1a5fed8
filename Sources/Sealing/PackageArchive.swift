internal import CArchive

/// Writes many files as one: a zip file of which every entry with content is encrypted (AES-256, as WinZip, 7-Zip and bsdtar do it), or a
/// plain tar file, for whoever seals the whole. In one pass and in constant memory but for about 200 bytes an entry of a zip file, which
/// the directory at the end needs.
///
/// What is not encrypted in a zip file, and can be read by whoever has it: names, times, lengths, and the CRC-32 of each entry's content,
/// from which a guess at the content can be confirmed. The key is made from the passphrase by only 1,000 rounds of PBKDF2, so the
/// passphrase has to be random. Nothing protects the list of entries as a whole: an entry can be taken out unseen, which a signed
/// manifest among the entries shows.
///
/// A file without `finish` is cut short, and no program takes it for whole.
@safe public final class PackageArchive {
    private let archive: OpaquePointer
    private let entry: OpaquePointer
    private let isZip: Bool
    private let emit: ([UInt8]) throws -> Void
    private var names = ArchiveNames()
    /// What `emit` threw: libarchive, which is between it and the caller, knows numbers only.
    private var refusal: (any Error)?
    private var stage = Stage.betweenEntries

    private enum Stage { case betweenEntries, inEntry, finished, broken }

    /// A zip file.
    ///
    /// `passphrase`: 16 printable ASCII characters or more. libarchive keeps a copy of it outside locked memory while this lives,
    /// and wipes it.
    /// `emit`: takes the file's bytes, in order and 256 KiB at a time.
    ///
    /// - Throws: `SealingError.archive(.weakPassphrase)`; `.unavailable` when libarchive has no AES.
    public convenience init(
        passphrase: borrowing SecretBytes, emit: @escaping ([UInt8]) throws -> Void
    ) throws(SealingError) {
        let secret = try Self.cString(passphrase)
        try self.init(isZip: true, emit)
        let archive = unsafe archive
        let isReady = unsafe secret.withUnsafeBytes { secret in
            unsafe archive_write_set_format_zip(archive) == ARCHIVE_OK
                && archive_write_set_options(archive, "zip:encryption=aes256") == ARCHIVE_OK
                && archive_write_set_passphrase(archive, secret.baseAddress?.assumingMemoryBound(to: CChar.self))
                    == ARCHIVE_OK
        }
        guard isReady, open() else { throw .unavailable("AES-256 in libarchive") }
    }

    /// A tar file (POSIX.1-2001). Nothing in it is encrypted: `emit` sees to that.
    ///
    /// - Throws: `SealingError.unavailable`.
    public convenience init(tarTo emit: @escaping ([UInt8]) throws -> Void) throws(SealingError) {
        try self.init(isZip: false, emit)
        let isReady = unsafe archive_write_set_format_pax_restricted(archive) == ARCHIVE_OK
        guard isReady, open() else { throw .unavailable("The tar format in libarchive") }
    }

    private init(isZip: Bool, _ emit: @escaping ([UInt8]) throws -> Void) throws(SealingError) {
        guard let archive = unsafe archive_write_new(), let entry = unsafe archive_entry_new() else {
            throw .unavailable("Memory for an archive")
        }
        unsafe (self.archive, self.entry) = (archive, entry)
        self.isZip = isZip
        self.emit = emit
    }

    private func open() -> Bool {
        unsafe archive_write_set_bytes_per_block(archive, 256 << 10) == ARCHIVE_OK
            && archive_write_set_bytes_in_last_block(archive, 1) == ARCHIVE_OK
            && archive_write_open2(archive, Unmanaged.passUnretained(self).toOpaque(), nil, handOver, nil, nil)
                == ARCHIVE_OK
    }

    deinit {
        // A file that was not finished must not be made to look finished by libarchive, which would write its end now.
        if stage != .finished { unsafe archive_write_fail(archive) }
        unsafe archive_write_free(archive)
        unsafe archive_entry_free(entry)
    }

    /// Adds one file. `content` is given a function that takes its bytes, in blocks of any length.
    ///
    /// `name`: readable without the passphrase, so it must tell nothing: letters, digits, `.`, `_` and `-`, with `/` between folders.
    /// `modified`: in seconds since 1970; from 1980 to 2037, which is what zip files can hold.
    /// `byteCount`: the length of the content, when it is known, as it must be for a tar file.
    ///
    /// - Throws: `SealingError.zip`; whatever `content` or the `emit` of `init` throws. After all but `.unsafeName`, `.takenName` and
    ///   `.timeOutOfRange` nothing more can be added.
    public func add(
        _ name: String, modified: Int64, byteCount: UInt64? = nil,
        content: (_ write: ([UInt8]) throws -> Void) throws -> Void
    ) throws {
        guard stage == .betweenEntries else { throw SealingError.archive(.outOfTurn) }
        guard (315_532_800..<2_145_916_800).contains(modified) else { throw SealingError.archive(.timeOutOfRange) }
        guard isZip || byteCount != nil else { throw SealingError.archive(.lengthDiffers) }
        try names.take(name)
        stage = .inEntry
        var written: UInt64 = 0
        do {
            try content { block in
                guard self.stage == .inEntry else { throw SealingError.archive(.outOfTurn) }
                guard !block.isEmpty else { return }
                if written == 0 { try self.begin(name, modified, byteCount) }
                written += UInt64(block.count)
                guard written <= byteCount ?? .max else { throw SealingError.archive(.lengthDiffers) }
                try self.write(block)
            }
            guard written == byteCount ?? written else { throw SealingError.archive(.lengthDiffers) }
            // libarchive encrypts no entry without content, and makes a damaged one where it was told to do so.
            if written == 0 { try begin(name, modified, 0) }
            unsafe try check(archive_write_finish_entry(archive))
        } catch {
            stage = .broken
            throw error
        }
        stage = .betweenEntries
    }

    /// Writes the directory of entries, with which the file is whole.
    ///
    /// - Throws: `SealingError.zip`; whatever `emit` throws.
    public func finish() throws {
        guard stage == .betweenEntries else { throw SealingError.archive(.outOfTurn) }
        stage = .broken
        unsafe try check(archive_write_close(archive))
        stage = .finished
    }

    private func begin(_ name: String, _ modified: Int64, _ byteCount: UInt64?) throws {
        unsafe archive_entry_clear(entry)
        unsafe archive_entry_set_pathname(entry, name)
        unsafe archive_entry_set_filetype(entry, regularFile)
        unsafe archive_entry_set_perm(entry, 0o600)
        unsafe archive_entry_set_mtime(entry, Int(modified), 0)
        if let byteCount { unsafe archive_entry_set_size(entry, Int64(clamping: byteCount)) }
        guard isZip else { return unsafe try check(archive_write_header(archive, entry)) }
        let isStored = ArchiveNames.isCompressedAlready(name)
        let compress =
            unsafe isStored ? archive_write_zip_set_compression_store : archive_write_zip_set_compression_deflate
        unsafe try check(compress(archive))
        unsafe try check(archive_write_header(archive, entry))
    }

    private func write(_ block: [UInt8]) throws {
        let taken = unsafe block.withUnsafeBytes { unsafe archive_write_data(archive, $0.baseAddress, $0.count) }
        try check(taken == block.count ? ARCHIVE_OK : ARCHIVE_FATAL)
    }

    /// A warning of libarchive's is an error here: what it warns of is something that it left out.
    private func check(_ status: CInt) throws {
        guard status != ARCHIVE_OK else { return }
        throw refusal ?? SealingError.archive(.notWritten)
    }

    fileprivate func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        do {
            unsafe try emit([UInt8](bytes))
            return true
        } catch {
            refusal = error
            return false
        }
    }

    /// That a passphrase is one that a package may be locked with, whatever its form: guessing costs little.
    ///
    /// - Throws: `SealingError.archive(.weakPassphrase)` unless it has 16 printable ASCII characters or more.
    public static func requireStrong(_ passphrase: borrowing SecretBytes) throws(SealingError) {
        let isStrong = unsafe passphrase.withUnsafeBytes { source in
            unsafe source.count >= 16 && source.allSatisfy { (0x20...0x7e).contains($0) }
        }
        guard isStrong else { throw .archive(.weakPassphrase) }
    }

    private static func cString(_ passphrase: borrowing SecretBytes) throws(SealingError) -> SecretBytes {
        try requireStrong(passphrase)
        return unsafe try passphrase.withUnsafeBytes { source throws(SealingError) in
            unsafe try SecretBytes(count: source.count + 1) { out throws(SealingError) in
                unsafe out.copyMemory(from: source)
                unsafe out[source.count] = 0
            }
        }
    }
}

/// A macro with a cast in it, which Swift does not read.
private let regularFile: UInt32 = 0o100000

/// libarchive's way to hand on what it has written.
private func handOver(
    _: OpaquePointer?, to zip: UnsafeMutableRawPointer?, _ bytes: UnsafeRawPointer?, _ count: Int
) -> Int {
    guard let zip = unsafe zip else { return -1 }
    let block = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
    return unsafe Unmanaged<PackageArchive>.fromOpaque(zip).takeUnretainedValue().take(block) ? count : -1
}
