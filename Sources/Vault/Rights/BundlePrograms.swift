internal import Paper

extension DisclosurePackage {
    /// That the programs which make a PDF may be started here: to be known before anything is handed over.
    ///
    /// - Throws: `VaultError.paper`.
    public static func requirePrograms() async throws {
        do {
            try await Scratch.with { scratch in
                for program in ["weasyprint", "qpdf"] {
                    _ = try await Tool(program).run(["--version"], in: scratch)
                }
            }
        } catch let error as PaperError {
            throw VaultError.paper(error)
        }
    }
}
