import Foundation
import HTTPTypes
import Rules
import Testing
import Vault

@testable import Web

@Suite("Who asks for what", .serialized)
struct MatrixTests {
    /// Routes about a thing, asked by everyone about things that are not there and about things that are not theirs.
    @Test("I10: what is foreign is answered as what is absent, on every route and for every role")
    func foreignIsAbsent() async throws {
        try await Office.open({ $0.rates = .init(accountPerSecond: 1e6, networkPerSecond: 1e6) }) { office in
            // While there is nothing yet that would need a reason.
            let offer = try await RightsScene.offered(in: office)
            let deposited = try await office.deposit(Array("private".utf8))
            let document = try #require(deposited.json["document"] as? String)
            let told = #"{"kind":"service","authority":"seen","notice":"1","channel":"meeting","until":"2026-12-31","#
            let consent = try await office.ask(
                "POST", "/v1/children/\(office.child)/consents", as: "sam", json: told + #""giver":"Pat"}"#)
            #expect(consent.status == 201, "\(consent.text)")
            let things = [
                "child": "\(office.child)", "case": "\(office.caseID)", "document": document,
                "consent": try #require(consent.json["id"] as? String),
                "task": try await made(
                    office, "/v1/cases/\(office.caseID)/tasks",
                    #"{"username":"hana","role":"SCH","purpose":"ehc.assessment","until":"2026-12-01","categories":["D05"]}"#
                ),
                "restraint": try await made(
                    office, "/v1/children/\(office.child)/restraints",
                    #"{"username":"yusuf","ground":"risk-flag","reason":"A reason that is long enough."}"#),
                "token": try await first("/v1/account/tokens", office),
                "session": try await first("/v1/account/sessions", office),
                "request": try await made(
                    office, "/v1/rights-requests", RightsScene.newRequest(about: office.child)),
                "upload": try await upload(office),
                "emergency": try await made(
                    office, "/v1/emergencies",
                    #"{"child":"\#(office.child)","reason":"The child is at the station alone and nobody answers."}"#,
                    as: "priya"),
                "offer": offer, "restriction": try await restriction(of: document, office),
                "breach": try await made(
                    office, "/v1/breaches",
                    #"{"category":"lost","facts":"A file was left on a train.","endangersSomebody":false}"#, as: "dana"),
            ]
            // Of entries of the ledger there is none that is one person's.
            let about = Set(Route.all.filter { !$0.isOpen }.compactMap(\.parameters.first))
            #expect(about.symmetricDifference(things.keys) == ["index"], "every kind of thing is asked about")
            var count = 0
            for (role, token) in try await outsiders(office) {
                for route in Route.all where !route.isOpen {
                    guard let parameter = route.parameters.first, let thing = things[parameter],
                        !Self.isDuty(route, parameter, of: role)
                    else { continue }
                    let foreign = try await ask(office, route, token, thing)
                    let absent = try await ask(office, route, token, String(repeating: "ab", count: 16))
                    #expect(!(200...299).contains(foreign.status), "\(role): \(route.method) \(route.path)")
                    #expect(foreign.status == absent.status, "\(role): \(route.method) \(route.path) \(foreign.text)")
                    #expect(neutral(foreign) == neutral(absent), "\(role): \(route.method) \(route.path)")
                    count += 1
                }
            }
            #expect(count > 800)
        }
    }

    /// What the agreement gives a role about every child, on whose case or not: docs/THREATS.md, section 2.
    private static func isDuty(_ route: Route, _ parameter: String, of role: String) -> Bool {
        switch role {
        case "SEND":
            ["child", "case", "task", "restraint"].contains(parameter) || route.path.contains(/access|explain|looks/)
        case "SMGR":
            ["child", "case", "task", "restraint", "request", "restriction"].contains(parameter)
                || route.path.contains(/access|explain|looks/)
        case "DPO":
            ["request", "restriction", "breach", "emergency"].contains(parameter)
                || parameter == "offer" && route.method == .delete
                || route.path.contains(/access|explain|looks|consents|tasks/)
        case "IGO":
            ["request", "restriction", "breach", "emergency"].contains(parameter) || route.path.contains(/looks/)
        default: false
        }
    }

    /// Somebody of each role, in an organisation of their own and on no case.
    private func outsiders(_ office: Office) async throws -> [(role: String, token: String)] {
        let policies = try Office.shippedPolicies()
        func text(_ file: PolicyFile) -> PolicyText {
            PolicyText(file: file.rawValue, text: String(decoding: policies[file] ?? [], as: UTF8.self))
        }
        let agreement = try Agreement.load(categories: text(.categories), agreement: text(.agreement))
        try #require(agreement.roles.count == 27)
        var people: [(String, String)] = []
        for role in agreement.roles.map(\.rawValue) {
            let party = try #require(agreement.parties(of: Role(rawValue: role)).first).rawValue
            let place = try await office.ask(
                "POST", "/v1/organisations", as: "ada", json: #"{"name":"Elsewhere","party":"\#(party)"}"#)
            let id = try #require(place.json["id"] as? String)
            let username = "outside-\(role.lowercased())"
            let invited = try await office.ask(
                "POST", "/v1/people", as: "ada",
                json: #"{"username":"\#(username)","name":"A","organisation":"\#(id)","roles":["\#(role)"]}"#)
            let invitation = try #require(invited.json["invitation"] as? String)
            let type = ["Content-Type": "application/x-www-form-urlencoded"]
            _ = try await office.ask(
                "POST", "/v1/invitations/accept", type,
                body: Array("invitation=\(invitation)&password=a+long+password+of+theirs".utf8))
            let session = try await office.ask(
                "POST", "/v1/session", type,
                body: Array("username=\(username)&password=a+long+password+of+theirs".utf8))
            people.append((role, try #require(session.json["token"] as? String, "\(session.text)")))
            // So that the limit for the passwords of one network is not met.
            office.clock.advance(seconds: 3)
        }
        return people
    }

    /// One that Priya has begun.
    private func upload(_ office: Office) async throws -> String {
        let metadata = [
            ("case", "\(office.caseID)"), ("category", "D05"), ("title", "Film"), ("type", "application/octet-stream"),
        ].map { "\($0) \(Data($1.utf8).base64EncodedString())" }.joined(separator: ",")
        let begun = try await office.ask(
            "POST", "/v1/uploads", as: "priya",
            ["Tus-Resumable": "1.0.0", "Upload-Length": "9", "Upload-Metadata": metadata, "Content-Length": "0"])
        return try String(#require(begun.headers["location"], "\(begun.text)").dropFirst("/v1/uploads/".count))
    }

    /// One that Dana has placed on a document.
    private func restriction(of document: String, _ office: Office) async throws -> String {
        let request = try await made(
            office, "/v1/rights-requests", RightsScene.newRequest(.rectification, about: office.child))
        return try await made(
            office, "/v1/rights-requests/\(request)/restrictions",
            #"{"document":"\#(document)","ground":"accuracy-contested","reason":"The date is contested."}"#, as: "dana")
    }

    private func made(_ office: Office, _ path: String, _ json: String, as name: String = "sam") async throws -> String
    {
        let answer = try await office.ask("POST", path, as: name, json: json)
        return try #require(answer.json["id"] as? String, "\(answer.text)")
    }

    /// The number of the first of the asker's own.
    private func first(_ path: String, _ office: Office) async throws -> String {
        if path.hasSuffix("tokens") {
            _ = try await office.ask("POST", path, as: "sam", json: #"{"name":"a","days":1}"#)
        }
        let items = try await office.ask("GET", path, as: "sam").json["items"] as? [[String: Any]]
        return try #require(items?.first?["id"] as? String)
    }

    private func ask(_ office: Office, _ route: Route, _ token: String, _ thing: String) async throws -> Peer.Answer {
        var path = route.path
        for parameter in route.parameters {
            let second = ["rendition": "extract", "item": "1"][parameter] ?? thing
            let value = parameter == route.parameters.first ? thing : second
            path = path.replacing("{\(parameter)}", with: value)
        }
        let query = route.query.filter(\.isRequired).map { "\($0.name)=\(example($0.schema).text ?? "")" }
        if !query.isEmpty { path += "?" + query.joined(separator: "&") }
        var headers = ["If-Match": "*", "Authorization": "Bearer \(token)"]
        if case .absent = route.condition { headers["If-Match"] = nil; headers["If-None-Match"] = "*" }
        for header in route.headers where header.isRequired { headers[header.name] = example(header.schema).text }
        switch route.body {
        case .none: return try await office.ask(route.method.rawValue, path, headers)
        case .json(let schema):
            let json = String(decoding: try JSON.bytes(example(schema)), as: UTF8.self)
            return try await office.ask(route.method.rawValue, path, headers, json: json)
        case .form(let fields):
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            let form = fields.map { "\($0.name)=" + String(repeating: "a", count: 20) }.joined(separator: "&")
            return try await office.ask(route.method.rawValue, path, headers, body: Array(form.utf8))
        case .content(let type):
            headers["Content-Type"] = type ?? "application/octet-stream"
            return try await office.ask(route.method.rawValue, path, headers, body: [1, 2, 3])
        }
    }

    /// The smallest value that a schema takes.
    private func example(_ schema: Schema) -> JSON {
        switch schema {
        case .text(let rule):
            if let choice = rule.choices.first { return .text(choice) }
            if rule.format == "date" { return "2026-12-01" }
            if rule.shape == .digits { return "0" }
            if rule.shape == .hex { return .text(String(repeating: "ab", count: rule.length.lowerBound / 2)) }
            return .text(String(repeating: "a", count: max(rule.length.lowerBound, min(12, rule.length.upperBound))))
        case .whole(let range), .number(let range): return .whole(range.lowerBound)
        case .flag: return false
        case .list: return []
        case .map: return [:]
        case .named(_, let schema): return example(schema)
        case .object(let fields):
            return .object(fields.filter(\.isRequired).reduce(into: [:]) { $0[$1.name] = example($1.schema) })
        }
    }

    /// An answer without what is another at every request.
    private func neutral(_ answer: Peer.Answer) -> [String] {
        var headers = answer.headers
        headers["date"] = nil
        headers["content-length"] = nil
        let body = answer.text.replacing(/"reference":"[0-9a-f]+"/, with: "")
        return headers.map { "\($0): \($1)" }.sorted() + [body]
    }
}
