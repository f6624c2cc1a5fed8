internal import Foundation
internal import Rules
public import Sealing
internal import Storage

/// What one recipient is given for one request: made of what was approved, for nobody else, and not yet read.
///
/// See docs/FORMATS.md, "Disclosure packages".
public struct DisclosurePackage: Sendable {
    /// A file of the package that is held in memory: letters, lists and the records.
    struct Page: Sendable {
        let name: String
        let text: [UInt8]
    }

    /// A document, which is opened only while it is written: there may be thousands.
    struct Paper: Sendable {
        let name: String
        let mediaType: String
        let byteCount: UInt64
        let open: @Sendable () throws -> OpenContent
    }

    /// One file, as the manifest has it.
    public struct File: Hashable, Sendable, Codable {
        public let name: String
        public let byteCount: UInt64
        public let sha256: String
    }

    struct Manifest: Codable {
        var format = "muniment disclosure manifest v1"
        let request: String
        let vault: String
        let made: String
        /// Of the ledger's entry with which it was disclosed.
        let entry: UInt64
        let files: [File]
    }

    public let request: String
    let vault: String
    let made: Instant
    /// The ledger entry that says that this is being handed over.
    public let entry: UInt64
    let pages: [Page]
    let papers: [Paper]
    let signer: CMSSigner
    let random: RandomSource

    /// Every file with its length in bytes; the manifest and its signature come on top.
    public var fileCount: Int { pages.count + papers.count }
    public var byteCount: UInt64 {
        papers.reduce(0) { $0 + $1.byteCount } + pages.reduce(0) { $0 + UInt64($1.text.count) }
    }

    /// Writes a zip file (AES-256): the pages, the papers, and last the manifest with its signature.
    ///
    /// `progress`: told the bytes of content written so far.
    ///
    /// It blocks its thread until all is written.
    ///
    /// - Throws: `StorageError.objectDamaged`: what was written is not whole then, and no program takes it for whole; whatever `emit` throws.
    public func writeZip(
        passphrase: Key, progress: (UInt64) -> Void = { _ in }, emit: @escaping ([UInt8]) throws -> Void
    ) throws {
        try write(PackageArchive(passphrase: passphrase.secret, emit: emit), progress)
    }

    /// Writes the same files as a tar file in an age file, for an organisation that has told us its key.
    ///
    /// It blocks its thread until all is written.
    ///
    /// - Throws: as `writeZip`; `SealingError.malformedKey` for a recipient that cannot be one.
    public func writeAge(
        to recipients: [AgeRecipient], progress: (UInt64) -> Void = { _ in },
        emit: @escaping ([UInt8]) throws -> Void
    ) throws {
        let age = try AgeWriter(to: recipients, random: random, emit: emit)
        try write(PackageArchive(tarTo: age.write), progress)
        try age.finish()
    }

    private func write(_ archive: PackageArchive, _ progress: (UInt64) -> Void) throws {
        var files: [File] = []
        var done: UInt64 = 0
        for page in pages {
            files.append(File(name: page.name, text: page.text))
            try archive.add(page.name, modified: seconds, byteCount: UInt64(page.text.count)) {
                try $0(page.text)
            }
        }
        for paper in papers {
            var digest = DigestStream()
            try archive.add(paper.name, modified: seconds, byteCount: paper.byteCount) { write in
                try paper.open().read { block in
                    digest.update(block.span)
                    try write(block)
                    done += UInt64(block.count)
                    progress(done)
                }
            }
            files.append(File(name: paper.name, byteCount: paper.byteCount, sha256: digest.finish().hex))
        }
        let (manifest, signature) = try signedManifest(of: files)
        for (name, text) in [("manifest.json", manifest), ("manifest.json.p7s", signature)] {
            try archive.add(name, modified: seconds, byteCount: UInt64(text.count)) { try $0(text) }
        }
        try archive.finish()
    }

    /// When it was made, in seconds since 1970.
    private var seconds: Int64 { made.milliseconds / 1000 }

    /// The manifest and its detached signature (CMS, DER).
    func signedManifest(of files: [File]) throws -> (manifest: [UInt8], signature: [UInt8]) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let manifest =
            try [UInt8](
                encoder.encode(Manifest(request: request, vault: vault, made: made.text, entry: entry, files: files)))
            + [0x0a]
        return (manifest, try signer.sign(manifest, at: seconds).der)
    }
}

extension DisclosurePackage.File {
    init(name: String, text: [UInt8]) {
        self.init(name: name, byteCount: UInt64(text.count), sha256: Digest.sha256(text).hex)
    }
}
