internal import Ledger
internal import Rules
public import Sealing
public import Storage

/// Why a certificate gets no time stamp, although the authority answered as it should.
public enum StampError: Error, Hashable, Sendable {
    case alreadyStamped(Int64)
    /// The authority's clock and the vault's differ by so many seconds.
    case anotherTime(seconds: Int64)

    public var userMessage: String {
        switch self {
        case .alreadyStamped(let number): "Certificate \(number) has a time stamp already."
        case .anotherTime(let seconds):
            "The authority's clock and this machine's differ by \(seconds) seconds. Nothing was kept: see which of them is wrong."
        }
    }
}

extension DocumentVault {
    /// By how many seconds an authority's clock may differ from ours.
    private static let stampTolerance: Int64 = 300

    /// Has an authority say when the signature of a certificate existed, and keeps its word with the signature (RFC 3161).
    ///
    /// A certificate without it is as valid; the times in it are the vault's own. What fails here leaves everything as it was.
    ///
    /// `authorities`: whom to trust: the authority's own certificate, or that which issued it.
    /// `ask`: hands the request over, and gives back the answer.
    ///
    /// - Throws: `VaultError.denied`, `.notFound(.disposal)` for one without a certificate; `StampError`;
    ///   `SealingError.timeStampRefused`; what `ask` throws.
    public func stampCertificate(
        of disposal: DisposalID, trusting authorities: [Certificate], as caller: Caller,
        asking ask: (TimeStampRequest) async throws -> [UInt8]
    ) async throws -> DisposalCertificate {
        try await authorise("disposal.execute", caller)
        let (row, certificate) = try await records.read { transaction in
            (try transaction.disposal(disposal), try transaction.certificate(of: disposal))
        }
        guard let row, let certificate else { throw VaultError.notFound(.disposal) }
        guard try await records.read({ try $0.stamp(of: certificate.number) }) == nil else {
            throw StampError.alreadyStamped(certificate.number)
        }
        let signature = try CMSSignature(der: certificate.signature)
        let request = TimeStampRequest(for: signature.stampedDigest, random: environment.random)
        let asked = environment.now()
        let stamp = try request.stamp(in: try await ask(request), trusting: authorities)
        try Self.requireNear(stamp.time, from: asked, to: environment.now())
        let stamped = try signature.attaching(stamp).der
        let time = Instant(milliseconds: stamp.time * 1000)
        let log = try self.row(stampEvent(row, stamped, caller, ["at": time.text]))
        try await records.write { transaction in
            guard try transaction.stamp(of: certificate.number) == nil else {
                throw StampError.alreadyStamped(certificate.number)
            }
            let entry = try transaction.append(log)
            try transaction.insert(
                StampRow(certificate: certificate.number, time: time, entry: entry, signature: stamped))
        }
        try await keepRegister()
        return DisposalCertificate(
            number: certificate.number, text: certificate.text, signature: stamped, stamped: time)
    }

    /// Whoever could have us take an old answer, or an authority with a wrong clock, would date a certificate as they like.
    private static func requireNear(_ time: Int64, from asked: Instant, to answered: Instant) throws {
        let (first, last) = (asked.milliseconds / 1000, answered.milliseconds / 1000)
        let difference = max(first - time, time - last)
        guard difference <= stampTolerance else { throw StampError.anotherTime(seconds: difference) }
    }

    private func stampEvent(
        _ row: DisposalRow, _ signature: [UInt8], _ caller: Caller?, _ more: [String: String]
    ) -> Event {
        event(.erasureStamped, row, caller)
            .with(["sha256": Digest.sha256(signature).hex].merging(more) { own, _ in own })
    }

    /// Takes a time stamp out of a register, for a certificate that a restored vault has without it.
    func replay(_ stamp: RegisterFile.Stamp, of certificate: RegisterFile.Certificate, _ disposal: DisposalID)
        async throws
    {
        let signature = [UInt8](stamp.signature)
        guard let row = try await records.read({ try $0.disposal(disposal) }) else { return }
        let log = try self.row(stampEvent(row, signature, nil, ["kind": "restored"]))
        try await records.write { transaction in
            // Where the number is another's by now, the certificate that the stamp belongs to is not the one that stands.
            guard let there = try transaction.certificate(of: disposal),
                there.signature == [UInt8](certificate.signature),
                try transaction.stamp(of: there.number) == nil
            else { return }
            let entry = try transaction.append(log)
            try transaction.insert(
                StampRow(
                    certificate: there.number, time: Instant(milliseconds: stamp.time), entry: entry,
                    signature: signature))
        }
    }
}
