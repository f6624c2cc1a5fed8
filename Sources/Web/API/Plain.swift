import HTTPTypes
import Vault

/// What is asked before signing in, by programs: the description, and whether the service is well.
extension Route {
    static let plain: [Route] = [
        Route(
            method: .get, path: "/openapi.json", summary: "This description",
            access: .anyone { _ in Answer(bytes: try OpenAPI.bytes.get(), type: "application/json") },
            answer: .bytes("application/json")),
        Route(
            method: .get, path: "/healthz", summary: "The process runs", access: .anyone { _ in .text("ok\n") },
            answer: .bytes("text/plain")),
        Route(
            method: .get, path: "/readyz", summary: "The vault answers and may be changed",
            access: .anyone { call in
                guard call.vault.readOnlyReason == nil, try await call.vault.isReady() else {
                    throw Problem.busy(afterSeconds: 5)
                }
                return .text("ready\n")
            }, answer: .bytes("text/plain")),
        Route(
            method: .get, path: "/ledger/checkpoint", summary: "The ledger's newest published checkpoint (C2SP)",
            access: .anyone(LedgerReading.published), answer: .bytes("text/plain")),
        Route(
            method: .get, path: "/ledger/tile/**", summary: "The ledger's published tiles (C2SP tlog-tiles)",
            access: .anyone(LedgerReading.tile), answer: .bytes("application/octet-stream")),
    ]
}

extension Answer {
    fileprivate static func text(_ text: String) -> Answer {
        Answer(bytes: Array(text.utf8), type: "text/plain; charset=utf-8")
    }
}
