/// Does again in a restored vault what was done after its backup was made and must not be undone by restoring it.
///
/// A restore calls it once, before anything is served, with the vault recovered, open for changes and this process alone in it.
/// It may run twice on the same vault. What it changes is checked afterwards like everything else.
///
/// Nothing that this version keeps outlives its vault, so there is nothing to do again: acts and documents that came after the backup
/// are lost, and the report says how many entries are.
func replay(_ vault: DocumentVault) async throws {}
