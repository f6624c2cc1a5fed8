import Foundation
import HTTPTypes
import Rules
import Testing

@testable import Web

@Suite("Who asks for what", .serialized)
struct MatrixTests {
    /// Routes about a thing, asked by everyone about things that are not there and about things that are not theirs.
    @Test("I10: what is foreign is answered as what is absent, on every route and for every role")
    func foreignIsAbsent() async throws {
        try await Office.open({ $0.rates = .init(accountPerSecond: 1e6, networkPerSecond: 1e6) }) { office in
            let deposited = try await office.deposit(Array("private".utf8))
            let document = try #require(deposited.json["document"] as? String)
            let told = #"{"kind":"service","authority":"seen","notice":"1","channel":"meeting","until":"2026-12-31","#
            let consent = try await office.ask(
                "POST", "/v1/children/\(office.child)/consents", as: "sam", json: told + #""giver":"Pat"}"#)
            #expect(consent.status == 201, "\(consent.text)")
            let things = [
                "child": "\(office.child)", "case": "\(office.caseID)", "document": document,
                "consent": try #require(consent.json["id"] as? String),
            ]
            var count = 0
            for (name, _, _) in Office.others + [("ada", "", .education)] {
                for route in Route.all where !route.isOpen {
                    guard let parameter = route.parameters.first, let thing = things[parameter] else { continue }
                    // The rights office may explain, look and record for any child: that is its duty.
                    if name == "dana", route.path.contains(/access|explain|looks|consents|tasks/) { continue }
                    let foreign = try await ask(office, route, as: name, thing)
                    let absent = try await ask(office, route, as: name, String(repeating: "ab", count: 16))
                    #expect(!(200...299).contains(foreign.status), "\(name): \(route.method) \(route.path)")
                    #expect(foreign.status == absent.status, "\(name): \(route.method) \(route.path) \(foreign.text)")
                    #expect(neutral(foreign) == neutral(absent), "\(name): \(route.method) \(route.path)")
                    count += 1
                }
            }
            #expect(count > 50)
        }
    }

    private func ask(_ office: Office, _ route: Route, as name: String, _ thing: String) async throws -> Peer.Answer {
        var path = route.path
        for parameter in route.parameters {
            let value = parameter == route.parameters.first ? thing : parameter == "rendition" ? "extract" : thing
            path = path.replacing("{\(parameter)}", with: value)
        }
        let query = route.query.filter(\.isRequired).map { "\($0.name)=\(example($0.schema).text ?? "")" }
        if !query.isEmpty { path += "?" + query.joined(separator: "&") }
        var headers = ["If-Match": "*"]
        if case .absent = route.condition { headers = ["If-None-Match": "*"] }
        for header in route.headers where header.isRequired { headers[header.name] = "x" }
        switch route.body {
        case .none: return try await office.ask(route.method.rawValue, path, as: name, headers)
        case .json(let schema):
            let json = String(decoding: try JSON.bytes(example(schema)), as: UTF8.self)
            return try await office.ask(route.method.rawValue, path, as: name, headers, json: json)
        case .form, .content:
            headers["Content-Type"] = "application/octet-stream"
            return try await office.ask(route.method.rawValue, path, as: name, headers, body: [1, 2, 3])
        }
    }

    /// The smallest value that a schema takes.
    private func example(_ schema: Schema) -> JSON {
        switch schema {
        case .text(let rule):
            if let choice = rule.choices.first { return .text(choice) }
            if rule.format == "date" { return "2026-12-01" }
            if rule.shape == .hex { return .text(String(repeating: "ab", count: rule.length.lowerBound / 2)) }
            return .text(String(repeating: "a", count: max(rule.length.lowerBound, min(12, rule.length.upperBound))))
        case .whole(let range): return .whole(range.lowerBound)
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
