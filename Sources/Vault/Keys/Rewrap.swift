internal import Rules
internal import Sealing
internal import Storage

extension DocumentVault {
    /// A wrap under the newest key of its party and a child's key, which may be a new one.
    ///
    /// - Throws: `VaultError.partySealed`; `SealingError.notAuthentic`.
    func rewrapped(_ wrap: WrapRow, _ old: ChildKey, to new: ChildKey) throws -> WrapRow {
        let open = keys.current
        guard let party = Party(rawValue: wrap.party), let oldKey = open.parties[party]?[wrap.partyKeyVersion],
            let newest = open.newest(party)
        else { throw VaultError.partySealed(wrap.party) }
        let sealed = try WrapKeys(party: oldKey, child: old.key).rewrap(
            wrap.sealed, binding(of: wrap, old.child, wrap.partyKeyVersion, old.version),
            under: WrapKeys(party: newest.key, child: new.key),
            binding(of: wrap, new.child, newest.version, new.version),
            random: environment.random)
        return WrapRow(
            rendition: wrap.rendition, party: wrap.party, partyKeyVersion: newest.version,
            childKeyVersion: new.version, isOverride: wrap.isOverride, sealed: sealed)
    }

    private func binding(of wrap: WrapRow, _ child: ChildID, _ party: UInt32, _ version: UInt32) -> WrapBinding {
        WrapBinding(
            rendition: wrap.rendition.bytes, child: child.bytes, party: wrap.party, partyKeyVersion: party,
            childKeyVersion: version, isOverride: wrap.isOverride)
    }
}
