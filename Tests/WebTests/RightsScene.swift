import Foundation
import Rules
import Storage
import Testing

@testable import Web

/// A parent's request for the file of the office's child, over HTTP. Dana answers it, Mona approves.
struct RightsScene: Sendable {
    static let recipient = "Pat Example"
    static let passphrase = "correct horse battery"
    let office: Office
    let id: String

    var path: String { "/v1/rights-requests/\(id)" }

    static func newRequest(
        _ kind: RequestKind = .subjectAccess, about child: ChildID, account: String? = "pat"
    ) -> String {
        let own = account.map { #","account":"\#($0)""# } ?? ""
        return #"{"kind":"\#(kind.rawValue)","child":"\#(child)","channel":"letter","asked":"All that you have","#
            + #""requester":{"name":"\#(recipient)","capacity":"parent-with-responsibility","#
            + #""authority":"Birth certificate seen","contact":"By post"\#(own)}}"#
    }

    static func received(
        _ kind: RequestKind = .subjectAccess, in office: Office, account: String? = "pat"
    ) async throws -> RightsScene {
        let made = try await office.ask(
            "POST", "/v1/rights-requests", as: "sam", json: newRequest(kind, about: office.child, account: account))
        let id = try #require(made.json["id"] as? String, "\(made.text)")
        #expect(made.headers["location"] == "/v1/rights-requests/\(id)")
        return RightsScene(office: office, id: id)
    }

    /// Judged, triaged and searched, with these papers that Dana may read.
    static func searched(_ papers: [[UInt8]], type: String = "application/octet-stream", in office: Office) async throws
        -> RightsScene
    {
        for paper in papers {
            let answer = try await office.ask(
                "POST", "/v1/cases/\(office.caseID)/documents?category=D01", as: "hana",
                ["Content-Type": type, "Document-Title": "A%20note"], body: paper)
            try #require(answer.status == 201, "\(answer.text)")
        }
        try await office.task(for: "D01")
        let scene = try await received(in: office)
        try await scene.done("PUT", "/standing", try await scene.fresh(), json: standing)
        try await scene.done("POST", "/events", json: #"{"event":"triaged"}"#)
        let search = try await scene.ask("POST", "/search")
        try #require(search.status == 200, "\(search.text)")
        return scene
    }

    static let standing: String = {
        let judged = #"{"by":"dana","on":"2026-10-01","reasoning":"Looked at the file and spoke to the school."}"#
        return #"{"authority":{"evidence":["birth-certificate"],"isGivenBySubject":false,"isGivenByHolder":false,"#
            + #""hasCare":true,"subjectObjects":false},"competence":{"isCompetent":false,"judgement":\#(judged)},"#
            + #""bestInterests":\#(judged),"orders":{"checked":\#(judged),"restrainsContact":false}}"#
    }()

    /// Everything is released, and approved.
    func approved() async throws {
        #expect(try await decide(try await numbers()).status == 200)
        let approval = try await ask("POST", "/approval", as: "mona", try await fresh(as: "mona"))
        try #require(approval.status == 204, "\(approval.text)")
    }

    /// Of the items that can be decided about.
    func numbers() async throws -> [Int] {
        let page = try await ask("GET", "/items?limit=200")
        let items = try #require(page.json["items"] as? [[String: Any]])
        return items.filter { $0["blocked"] == nil }.compactMap { $0["number"] as? Int }
    }

    func decide(_ numbers: [Int], _ headers: [String: String]? = nil) async throws -> Peer.Answer {
        let headers = if let headers { headers } else { try await fresh() }
        let reasoning = "Nothing in it is about anybody but the child."
        return try await ask(
            "POST", "/decisions", headers,
            json: #"{"decisions":[{"items":\#(numbers),"outcome":"release","reasoning":"\#(reasoning)"}]}"#)
    }

    func disclose(to recipient: String = recipient, passphrase: String = passphrase, as name: String = "dana")
        async throws -> Peer.Answer
    {
        try await disclose(Self.form(recipient, passphrase), as: name)
    }

    func disclose(_ form: String, as name: String = "dana") async throws -> Peer.Answer {
        try await ask(
            "POST", "/disclosures", as: name, ["Content-Type": "application/x-www-form-urlencoded"],
            body: Array(form.utf8))
    }

    static func form(_ recipient: String, _ passphrase: String) -> String {
        "recipient=\(recipient)&passphrase=\(passphrase)".replacingOccurrences(of: " ", with: "+")
    }

    /// A package that waits for Pat.
    static func offered(in office: Office) async throws -> String {
        let scene = try await searched([], in: office)
        try await scene.approved()
        return try await scene.offered()
    }

    func offered(days: Int = 14) async throws -> String {
        let made = try await ask("POST", "/offers", json: #"{"recipient":"\#(Self.recipient)","days":\#(days)}"#)
        return try #require(made.json["id"] as? String, "\(made.text)")
    }

    /// Takes an offer; `form`: what else the form has than the passphrase.
    func take(
        _ offer: String, as name: String? = "pat", _ headers: [String: String] = [:],
        passphrase: String = passphrase, form: String = ""
    ) async throws -> Peer.Answer {
        let type = ["Content-Type": "application/x-www-form-urlencoded"]
        let body = "passphrase=\(passphrase)\(form)".replacingOccurrences(of: " ", with: "+")
        return try await office.ask(
            "POST", "/v1/offers/\(offer)/take", as: name, type.merging(headers) { $1 }, body: Array(body.utf8))
    }

    /// If-Match with the request as it is now.
    func fresh(as name: String = "dana") async throws -> [String: String] {
        ["If-Match": try #require(try await ask("GET", "", as: name).headers["etag"])]
    }

    func state() async throws -> String? { try await ask("GET", "").json["state"] as? String }

    func done(_ method: String, _ rest: String, _ headers: [String: String] = [:], json: String) async throws {
        let answer = try await ask(method, rest, headers, json: json)
        try #require(answer.status == 204, "\(answer.text)")
    }

    func ask(
        _ method: String, _ rest: String, as name: String = "dana", _ headers: [String: String] = [:],
        json: String? = nil, body: [UInt8]? = nil
    ) async throws -> Peer.Answer {
        try await office.ask(method, path + rest, as: name, headers, json: json, body: body)
    }
}

extension Office {
    /// The holder's agreement that Dana reads papers of a category for a request.
    func task(for category: String) async throws {
        let task = try await ask(
            "POST", "/v1/cases/\(caseID)/tasks", as: "sam",
            json:
                #"{"username":"dana","role":"DPO","purpose":"rights.request","until":"2026-12-01","categories":["\#(category)"]}"#
        )
        try #require(task.status == 201, "\(task.text)")
    }
}
