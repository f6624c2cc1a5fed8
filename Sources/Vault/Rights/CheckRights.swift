internal import Ledger
internal import Storage

extension DocumentVault {
    /// Every request and every breach that the ledger knows of is in its register, unless its child has been erased.
    func checkRights(_ report: inout CheckReport) async throws {
        let (requests, breaches) = try await records.read { transaction in
            (
                Set(try transaction.rightsRequests().map { "\($0.id)" }),
                Set(try transaction.breaches().map { "\($0.id)" })
            )
        }
        for row in try await records.read({ try $0.entries(of: [.requestOpened, .breachRecorded]) }) {
            guard let event = try await opened(row) else { continue }
            if let request = event.object["request"], !requests.contains(request) {
                report.found("request \(request)", "it is in the ledger and not in the register")
            }
            if let breach = event.object["breach"], !breaches.contains(breach) {
                report.found("breach \(breach)", "it is in the ledger and not in the register")
            }
        }
    }
}
