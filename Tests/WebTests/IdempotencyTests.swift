import Foundation
import Sealing
import Testing

@testable import Web

@Suite("A request sent again", .serialized)
struct IdempotencyTests {
    @Test("with its key is done once and answered alike; another question with the key is refused")
    func once() async throws {
        try await Office.open { office in
            let key = ["Idempotency-Key": "a1b2c3d4-0001"]
            let json = #"{"name":"Oakfield","party":"education"}"#
            let first = try await office.ask("POST", "/v1/organisations", as: "ada", key, json: json)
            let again = try await office.ask("POST", "/v1/organisations", as: "ada", key, json: json)
            #expect(first.status == 201 && again.status == 201)
            #expect(first.body == again.body && first.headers["location"] == again.headers["location"])
            let other = try await office.ask(
                "POST", "/v1/organisations", as: "ada", key, json: #"{"name":"Other","party":"education"}"#)
            #expect(other.status == 422 && other.problem == "idempotency-key-reused")
            let list = try await office.ask("GET", "/v1/organisations?limit=200", as: "ada")
            #expect(list.text.ranges(of: "Oakfield").count == 1)
            #expect(!list.text.contains("Other"))
            // Somebody else's key of the same name is another key.
            let sams = try await office.ask(
                "POST", "/v1/children", as: "sam", key, json: #"{"name":"Ash Example","dateOfBirth":"2016-02-01"}"#)
            #expect(sams.status == 201)
        }
    }

    @Test("with its key a day later is another request")
    func runsOut() async throws {
        try await Office.open { office in
            let key = ["Idempotency-Key": "a1b2c3d4-0002"]
            let pat = try await office.ask(
                "POST", "/v1/account/tokens", as: "ada", json: #"{"name":"a","days":9}"#)
            let token = ["Authorization": "Bearer \(try #require(pat.json["token"] as? String))"]
            func add(_ name: String) async throws -> Int {
                try await office.ask(
                    "POST", "/v1/organisations", key.merging(token) { $1 },
                    json: #"{"name":"\#(name)","party":"education"}"#
                ).status
            }
            let first = try await add("First")
            office.clock.advance(seconds: 23 * 3600)
            let soon = try await add("Second")
            office.clock.advance(seconds: 2 * 3600)
            let later = try await add("Second")
            let statuses: [Int] = [first, soon, later]
            #expect(statuses == [201, 422, 201])
        }
    }

    @Test("of a deposit makes one document")
    func deposits() async throws {
        try await Office.open { office in
            let digest = Data(Digest.sha256([1, 2, 3]).bytes).base64EncodedString()
            let key = ["Idempotency-Key": "deposit-0001", "Content-Digest": "sha-256=:\(digest):"]
            let without = try await office.deposit([1, 2, 3], ["Idempotency-Key": "deposit-0000"])
            #expect(without.status == 400, "another content of the same length would be taken for it")
            let first = try await office.deposit([1, 2, 3], key)
            let again = try await office.deposit([1, 2, 3], key)
            #expect(first.status == 201 && first.body == again.body)
            let list = try await office.ask("GET", "/v1/cases/\(office.caseID)/documents", as: "sam")
            #expect((list.json["items"] as? [Any])?.count == 1)
        }
    }

    @Test("is judged anew where it shows something: no answer is kept that one might lose the right to")
    func nothingShownIsKept() async throws {
        try await Office.open { office in
            let key = ["Idempotency-Key": "search-0001"]
            let question = #"{"nhsNumber":"943 476 5919"}"#
            let found = try await office.ask("POST", "/v1/children/search", as: "sam", key, json: question)
            #expect(found.text.contains("Robin"))
            let left = try await office.ask("POST", "/v1/people/leavers", as: "ada", json: #"{"username":"sam"}"#)
            #expect(left.status == 200)
            let again = try await office.ask("POST", "/v1/children/search", as: "sam", key, json: question)
            #expect(again.status == 401)
            for route in Route.all where route.takesKey {
                switch route.answer {
                case .nothing: break
                case .json(let schema):
                    #expect(Set(schema.names).isSubset(of: ["id", "document", "version", "byteCount", "entry"]))
                case .bytes: Issue.record("\(route.path)")
                }
            }
        }
    }

    @Test("after a refusal is judged anew")
    func refusals() async throws {
        try await Office.open { office in
            let digest = Data(Digest.sha256([1]).bytes).base64EncodedString()
            let key = ["Idempotency-Key": "deposit-0002", "Content-Digest": "sha-256=:\(digest):"]
            #expect(try await office.deposit([1], as: "hana", key).status == 403)
            #expect(try await office.deposit([1], as: "priya", key).status == 201)
            let bad = try await office.deposit([1], ["Idempotency-Key": "short"])
            #expect(bad.status == 400)
        }
    }
}

extension Schema {
    /// The names of an object's members.
    fileprivate var names: [String] {
        switch self {
        case .named(_, let schema): schema.names
        case .object(let fields): fields.map(\.name)
        default: ["not an object"]
        }
    }
}
