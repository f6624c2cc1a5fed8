import Foundation
import Rules
import Testing

@Suite("Promises of the impact assessment")
struct ClaimsTests {
    private static func policy(_ row: String) throws -> ClaimsPolicy {
        try ClaimsPolicy.load(
            PolicyText(
                file: "claims.yaml",
                text: "version: 1\ntitle: Promises\nclaims:\n  - { id: one, statement: It is so., \(row) }\n"))
    }

    @Test("the shipped ones name nothing that the shipped agreement does not know, and hold")
    func shipped() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Policies/claims.yaml")
        let policy = try ClaimsPolicy.load(
            PolicyText(file: "claims.yaml", text: try String(contentsOf: file, encoding: .utf8)))
        #expect(policy.claims.count == 7)
        let agreement = try Shipped.agreement.get()
        var asked = 0
        for claim in policy.claims {
            guard case .nobodyReads(let roles, let parties, let categories) = claim.check else { continue }
            asked += 1
            #expect(
                agreement.readers(roles: roles, parties: parties, categories: categories, on: agreement.from) == [],
                "\(claim.id)")
        }
        #expect(asked == 3)
    }

    @Test("whoever reads breaks a promise that nobody does, and so does a name that is not known")
    func readers() throws {
        let agreement = try Shipped.agreement.get()
        let day = agreement.from
        #expect(agreement.readers(roles: ["SEND"], parties: [], categories: ["D01"], on: day) == ["SEND reads D01"])
        #expect(agreement.readers(roles: ["SEND"], parties: [.health], categories: ["D01"], on: day) == [])
        #expect(agreement.readers(roles: [], parties: [.family], categories: ["D01"], on: day).contains("P reads D01"))
        #expect(
            agreement.readers(roles: ["NOBODY"], parties: [], categories: ["D99"], on: day) == [
                "the agreement has no role NOBODY", "the agreement has no category D99",
            ])
    }

    @Test(
        "what is not known, not this check's, or twice there is refused",
        arguments: [
            "check: nobody-reads, roles: [ADM], workingDays: 1", "check: agreement-in-force, roles: [ADM]",
            "check: emergencies-reviewed", "check: everything-is-well", "check: breaches-told, colour: red",
            "check: requests-in-time, daysLate: -1", "check: nobody-reads, parties: [police]",
        ])
    func refuses(row: String) {
        #expect(throws: PolicyError.self) { try Self.policy(row) }
    }

    @Test(
        "each check is read with its own numbers",
        arguments: [
            ("check: requests-in-time, daysLate: 30", Claim.Check.requestsInTime(daysLate: 30)),
            ("check: agreement-in-force", .agreementInForce(daysLeft: 0)),
            ("check: agreement-in-force, daysLeft: 60", .agreementInForce(daysLeft: 60)),
            ("check: emergencies-reviewed, workingDays: 2", .emergenciesReviewed(workingDays: 2)),
            ("check: nobody-reads, roles: [ADM]", .nobodyReads(roles: ["ADM"], parties: [], categories: [])),
            ("check: disclosures-approved-by-another", .disclosuresApprovedByAnother),
            ("check: breaches-told", .breachesTold),
        ])
    func reads(row: String, check: Claim.Check) throws {
        #expect(try Self.policy(row).claims.map(\.check) == [check])
    }

    @Test("two promises of one name are refused")
    func twice() {
        let row = "  - { id: one, statement: It is so., check: breaches-told }\n"
        #expect(throws: PolicyError.self) {
            try ClaimsPolicy.load(
                PolicyText(file: "claims.yaml", text: "version: 1\ntitle: Promises\nclaims:\n" + row + row))
        }
    }
}
