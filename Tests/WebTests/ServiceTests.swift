import Foundation
import HTTPTypes
import Testing
import Vault

@testable import Web

@Suite("The service", .serialized)
struct ServiceTests {
    @Test("tells a stranger that it is well, and nothing else")
    func strangers() async throws {
        try await Office.open { office in
            #expect(try await office.ask("GET", "/healthz").text == "ok\n")
            #expect(try await office.ask("GET", "/readyz").status == 200)
            for route in Route.all where !route.isOpen {
                let path = route.path.replacing(/\{[a-z]+\}/, with: String(repeating: "0", count: 32))
                let answer = try await office.ask(route.method.rawValue, path)
                #expect(answer.status == 401, "\(route.method) \(route.path)")
                if route.method != .head { #expect(answer.problem == "sign-in-needed") }
                #expect(answer.headers["www-authenticate"] == "Bearer")
            }
        }
    }

    @Test("takes a session by bearer token only, and it ends when it is ended")
    func sessions() async throws {
        try await Office.open { office in
            let form = Array("username=sam&password=a+long%20password".utf8)
            let type = ["Content-Type": "application/x-www-form-urlencoded"]
            let begun = try await office.ask("POST", "/v1/session", type, body: form)
            let token = try #require(begun.json["token"] as? String)
            #expect(begun.status == 201)
            #expect(begun.headers["set-cookie"] == nil)
            let bearer = ["Authorization": "Bearer \(token)"]
            let who = try await office.ask("GET", "/v1/account", bearer)
            #expect((who.json["person"] as? [String: Any])?["username"] as? String == "sam")
            // A cookie, another scheme, a token cut short or in a query signs nobody in.
            for headers in [
                ["Cookie": "token=\(token)"], ["Authorization": "Basic \(token)"], ["Authorization": token],
                ["Authorization": "Bearer \(token.dropLast(2))"], ["Authorization": "Bearer \(token)00"],
                ["Authorization": "Bearer \(String(token.reversed()))"],
            ] {
                #expect(try await office.ask("GET", "/v1/account", headers).status == 401)
            }
            #expect(try await office.ask("GET", "/v1/account?token=\(token)").status == 401)
            #expect(try await office.ask("DELETE", "/v1/session", bearer).status == 204)
            #expect(try await office.ask("GET", "/v1/account", bearer).status == 401)
        }
    }

    @Test("answers a wrong name as it answers a wrong password")
    func wrongCredentials() async throws {
        try await Office.open { office in
            let type = ["Content-Type": "application/x-www-form-urlencoded"]
            var answers: [String] = []
            for form in ["username=sam&password=wrong", "username=nobody&password=wrong"] {
                let answer = try await office.ask("POST", "/v1/session", type, body: Array(form.utf8))
                #expect(answer.status == 401 && answer.problem == "wrong-credentials")
                answers.append(answer.json["detail"] as? String ?? "")
            }
            #expect(answers[0] == answers[1])
        }
    }

    struct BadRequest: Sendable, CustomTestStringConvertible {
        let what: String
        let method: String
        let path: String
        var headers: [String: String] = [:]
        var json: String?
        let status: Int
        let problem: String
        var testDescription: String { what }
    }

    static let bad: [BadRequest] = [
        BadRequest(
            what: "an unknown parameter", method: "GET", path: "/v1/people?x=1", status: 400, problem: "malformed"),
        BadRequest(
            what: "a parameter twice", method: "GET", path: "/v1/people?limit=1&limit=2", status: 400,
            problem: "malformed"),
        BadRequest(
            what: "a number that is none", method: "GET", path: "/v1/people?limit=many", status: 400,
            problem: "malformed"),
        BadRequest(
            what: "a number out of range", method: "GET", path: "/v1/people?limit=201", status: 400,
            problem: "malformed"),
        BadRequest(
            what: "a cursor of another list", method: "GET", path: "/v1/people?cursor=abc", status: 400,
            problem: "malformed"),
        BadRequest(what: "no address of ours", method: "GET", path: "/v2", status: 404, problem: "not-found"),
        BadRequest(
            what: "a method it has not", method: "PUT", path: "/v1/account", status: 405,
            problem: "method-not-allowed"),
        BadRequest(
            what: "text for JSON", method: "POST", path: "/v1/organisations", json: "{", status: 400,
            problem: "malformed"),
        BadRequest(
            what: "an unknown member", method: "POST", path: "/v1/organisations",
            json: #"{"name":"A","party":"health","x":1}"#, status: 400, problem: "malformed"),
        BadRequest(
            what: "a missing member", method: "POST", path: "/v1/organisations", json: #"{"name":"A"}"#, status: 400,
            problem: "malformed"),
        BadRequest(
            what: "a member of another kind", method: "POST", path: "/v1/organisations",
            json: #"{"name":1,"party":"health"}"#, status: 400, problem: "malformed"),
        BadRequest(
            what: "a party that is none", method: "POST", path: "/v1/organisations",
            json: #"{"name":"A","party":"police"}"#, status: 400, problem: "malformed"),
        BadRequest(
            what: "a body of another type", method: "POST", path: "/v1/organisations",
            headers: ["Content-Type": "text/plain", "Content-Length": "0"], status: 415, problem: "unsupported-type"),
        BadRequest(
            what: "an identifier that cannot be", method: "GET", path: "/v1/children/xyz", status: 404,
            problem: "not-found"),
        BadRequest(
            what: "a day that is none", method: "GET", path: "/v1/ledger/patterns?since=2026-02-30", status: 422,
            problem: "invalid"),
    ]

    @Test("refuses what is not as described, with a problem document that says what to do")
    func refusals() async throws {
        try await Office.open { office in
            for bad in Self.bad {
                let answer = try await office.ask(bad.method, bad.path, as: "ada", bad.headers, json: bad.json)
                #expect(answer.status == bad.status, "\(bad.what): \(answer.text)")
                #expect(answer.problem == bad.problem, "\(bad.what)")
                #expect(answer.headers["content-type"] == "application/problem+json")
                if bad.status == 405 { #expect(answer.headers["allow"] == "GET, HEAD") }
            }
        }
    }

    @Test("sends every answer so that nobody keeps it, guesses its type or frames it")
    func safeHeaders() async throws {
        try await Office.open { office in
            for path in ["/healthz", "/v1/people", "/nowhere", "/openapi.json"] {
                let answer = try await office.ask("GET", path, as: "ada")
                #expect(answer.headers["cache-control"] == "no-store")
                #expect(answer.headers["x-content-type-options"] == "nosniff")
                #expect(answer.headers["content-security-policy"]?.contains("default-src 'none'") == true)
                #expect(answer.headers["server"] == nil)
                #expect(answer.headers.keys.contains { $0.hasPrefix("access-control") } == false)
            }
        }
    }

    @Test("gives lists page by page, each item once")
    func pages() async throws {
        try await Office.open { office in
            var seen: [String] = []
            var cursor: String?
            repeat {
                let query = cursor.map { "&cursor=\($0)" } ?? ""
                let page = try await office.ask("GET", "/v1/people?limit=3\(query)", as: "ada")
                let items = try #require(page.json["items"] as? [[String: Any]])
                #expect(items.count <= 3)
                seen += items.compactMap { $0["username"] as? String }
                cursor = page.json["next"] as? String
            } while cursor != nil
            #expect(seen.sorted() == (["ada"] + (Office.team + Office.others).map(\.0)).sorted())
        }
    }

    @Test("logs what was asked and how it went, and never by whom, about whom, or with what")
    func logsHoldNoPersonalData() async throws {
        try await Office.open { office in
            let form = Array("username=sam&password=a+long+password".utf8)
            let type = ["Content-Type": "application/x-www-form-urlencoded"]
            let begun = try await office.ask("POST", "/v1/session", type, body: form)
            let token = try #require(begun.json["token"] as? String)
            _ = try await office.ask(
                "POST", "/v1/children/search", as: "sam", json: #"{"nhsNumber":"943 476 5919"}"#)
            let deposited = try await office.deposit(Array("The advice".utf8))
            let document = try #require(deposited.json["document"] as? String)
            _ = try await office.ask("GET", "/v1/documents/\(document)/content", as: "sam")
            _ = try await office.ask("GET", "/nowhere/Robin%20Example", as: "sam")
            let log = office.log.text
            #expect(log.contains("/v1/documents/{document}/content"))
            for secret in [
                "sam", "Robin", "943", "a long password", "a+long", token, document, "\(office.child)",
                try office.token("sam"), "Advice", "The advice", "nowhere",
            ] {
                #expect(!log.contains(secret), "\(secret)")
            }
            for line in log.split(separator: "\n") {
                #expect((try? JSONSerialization.jsonObject(with: Data(line.utf8))) is [String: Any])
            }
        }
    }
}
