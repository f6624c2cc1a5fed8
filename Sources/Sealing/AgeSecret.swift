/// A secret as the whole content of an age file: how a share goes to its keeper.
extension Age {
    /// An age file that holds `secret`, which has one chunk's bytes at most.
    public static func seal(
        _ secret: borrowing SecretBytes, to recipients: [AgeRecipient], random: RandomSource
    ) throws(SealingError) -> [UInt8] {
        precondition(secret.count <= chunkCount, "a secret has at most one chunk")
        var start = try begin(sealingTo: recipients, random: random)
        var sealed = [UInt8](repeating: 0, count: secret.count + tagCount)
        unsafe secret.withUnsafeBytes { secret in
            var out = sealed.mutableSpan
            start.cipher.seal(unsafe secret.bindMemory(to: UInt8.self).span, index: 0, isLast: true, into: &out)
        }
        return start.preamble + sealed
    }

    /// Opens such a file straight into locked memory.
    ///
    /// - Throws: as `open(_:nonce:with:)`; `SealingError.payloadDamaged`, also for a file of more than one chunk.
    public static func openSecret(
        _ file: [UInt8], with opener: borrowing AgeOpener
    ) throws(SealingError) -> SecretBytes {
        let header = try AgeHeader(parsing: file)
        let payload = file[header.byteCount...]
        var cipher = try open(header, nonce: Array(payload.prefix(payloadNonceCount)), with: opener)
        let sealed = Array(payload.dropFirst(payloadNonceCount))
        guard (tagCount...chunkCount + tagCount).contains(sealed.count) else { throw .payloadDamaged(chunk: 0) }
        return unsafe try SecretBytes(count: sealed.count - tagCount) { (out) throws(SealingError) in
            var span = unsafe out.bindMemory(to: UInt8.self).mutableSpan
            try cipher.open(sealed.span, index: 0, isLast: true, into: &span)
        }
    }
}
