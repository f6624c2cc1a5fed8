/// A MAC that tells under which version of its key it was made, so that what needs an old key is found without trying.
///
/// Version 1 is the 32 bytes of the MAC, as before keys had versions. From version 2 on the version stands in the first 8 bytes and the first
/// 24 of the MAC behind it.
public enum KeyedMark {
    private static let macByteCount = 24
    /// So that a bare MAC is taken for a mark of a later version once in 2^48 times only.
    private static let versions: Range<UInt64> = 2..<1 << 16

    public static func make(_ mac: Digest, version: UInt32) -> Digest {
        guard version > 1, let mark = Digest(prefix(version) + mac.bytes.prefix(macByteCount)) else { return mac }
        return mark
    }

    /// What every mark of a later version than 1 begins with.
    public static func prefix(_ version: UInt32) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: UInt64(version) >> (56 - 8 * UInt64($0))) }
    }

    public static func version(of mark: [UInt8]) -> UInt32 {
        let number = mark.prefix(Digest.byteCount - macByteCount).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return versions.contains(number) ? UInt32(number) : 1
    }
}
