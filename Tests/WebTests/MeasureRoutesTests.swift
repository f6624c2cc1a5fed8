import Foundation
import Rules
import Testing

@testable import Web

@Suite("Restriction, correction, erasure, objection and portability over HTTP", .serialized)
struct MeasureRoutesTests {
    private static let reason = "It was looked into, and the council needs it for the plan."

    private func deposit(_ category: String, as name: String, _ text: String, in office: Office) async throws -> String
    {
        let answer = try await office.ask(
            "POST", "/v1/cases/\(office.caseID)/documents?category=\(category)", as: name,
            ["Content-Type": "application/octet-stream", "Document-Title": "A%20note"], body: Array(text.utf8))
        return try #require(answer.json["document"] as? String, "\(answer.text)")
    }

    private func triaged(_ kind: RequestKind, in office: Office) async throws -> RightsScene {
        let scene = try await RightsScene.received(kind, in: office)
        try await scene.done("POST", "/events", json: #"{"event":"triaged"}"#)
        return scene
    }

    @Test("a restriction is placed once, opened by leave, and lifted by somebody else after the telling")
    func restriction() async throws {
        try await Office.open { office in
            let document = try await deposit("D05", as: "priya", "born in March", in: office)
            let scene = try await RightsScene.received(.rectification, in: office)
            func read() async throws -> Int {
                try await office.ask("GET", "/v1/documents/\(document)/content", as: "sam").status
            }
            let what = #"{"document":"\#(document)","ground":"accuracy-contested","reason":"The date is contested."}"#
            var placed: [String] = []
            for _ in 0..<2 {
                let answer = try await scene.ask("POST", "/restrictions", ["Idempotency-Key": "restrict-1"], json: what)
                placed.append(try #require(answer.json["id"] as? String, "\(answer.text)"))
            }
            let id = try #require(placed.first)
            #expect(placed == [id, id])
            #expect(try await scene.ask("POST", "/restrictions", json: what).problem == "already-so")
            #expect(try await read() == 403)

            let path = "/v1/restrictions/\(id)"
            func act(_ rest: String, as name: String = "dana", _ json: String) async throws -> Peer.Answer {
                try await office.ask("POST", path + rest, as: name, json: json)
            }
            let leave = #"{"username":"sam","use":"claims","until":"2026-10-20","reason":"To defend the appeal."}"#
            let given = try await act("/leaves", leave)
            let leaveID = try #require(given.json["id"] as? String, "\(given.text)")
            #expect(try await read() == 200)
            let list = try await office.ask("GET", "/v1/restrictions?child=\(office.child)", as: "dana")
            #expect(list.text.contains(id) && list.text.contains(#""username":"sam""#), "\(list.text)")
            let others = try await office.ask(
                "GET", "/v1/restrictions?child=\(String(repeating: "ab", count: 16))", as: "dana")
            #expect(others.text == #"{"items":[]}"#)
            #expect(try await act("/leaves/\(leaveID)/end", #"{"reason":"The appeal is over."}"#).status == 204)
            #expect(try await read() == 403)

            let lift = #"{"reason":"The date was looked into."}"#
            #expect(try await act("/lift", as: "mona", lift).status == 422, "nobody has told the data subject")
            #expect(try await act("/telling", #"{"how":"By letter","day":"2026-12-01"}"#).status == 422)
            #expect(try await act("/telling", #"{"how":"By letter"}"#).status == 204)
            #expect(try await act("/lift", lift).status == 403)
            #expect(try await act("/lift", as: "mona", lift).status == 204)
            #expect(try await read() == 200)
            #expect(try await act("/lift", as: "mona", lift).status == 404)
            #expect(!office.log.text.contains(id) && !office.log.text.contains("appeal"))
        }
    }

    @Test("a restriction is of what its request gives a ground for, and is absent for whom it is not")
    func refusedRestrictions() async throws {
        try await Office.open { office in
            let scene = try await RightsScene.received(.rectification, in: office)
            let contested = #""ground":"accuracy-contested","reason":"The date is contested.""#
            let absent = String(repeating: "ab", count: 16)
            let table = [
                ("{\(contested),\"document\":\"\(absent)\",\"caseID\":\"\(absent)\"}", 400),
                ("{\(contested),\"document\":\"\(absent)\"}", 404), ("{\(contested),\"caseID\":\"\(absent)\"}", 404),
                (#"{"ground":"objection-pending","reason":"The date is contested."}"#, 422),
                (#"{"ground":"no-such","reason":"The date is contested."}"#, 400),
            ]
            for (json, status) in table {
                #expect(try await scene.ask("POST", "/restrictions", json: json).status == status, "\(json)")
            }
            #expect(try await scene.ask("POST", "/restrictions", as: "sam", json: "{\(contested)}").status == 403)
            let made = try await scene.ask("POST", "/restrictions", json: "{\(contested)}")
            let id = try #require(made.json["id"] as? String, "\(made.text)")
            for rest in ["/lift", "/telling", "/leaves/\(absent)/end"] {
                let json = rest == "/telling" ? #"{"how":"By letter"}"# : #"{"reason":"The date is right."}"#
                let foreign = try await office.ask("POST", "/v1/restrictions/\(id)\(rest)", as: "henry", json: json)
                let none = try await office.ask("POST", "/v1/restrictions/\(absent)\(rest)", as: "henry", json: json)
                #expect(foreign.status == 404 && none.status == 404, "\(rest)")
                #expect(foreign.json["detail"] as? String == none.json["detail"] as? String)
            }
            #expect(try await office.ask("GET", "/v1/restrictions", as: "henry").status == 403)
            #expect(try await office.ask("GET", "/v1/restrictions").status == 401)
        }
    }

    @Test("a correction goes to every reader, and who has had the paper is told: by a notice, or by hand")
    func correction() async throws {
        try await Office.open { office in
            let document = try await deposit("D02", as: "pat", "born in March", in: office)
            for name in ["sam", "pat"] {
                let read = try await office.ask("GET", "/v1/documents/\(document)/content", as: name)
                #expect(read.status == 200, "\(name): \(read.text)")
            }
            let scene = try await RightsScene.received(.rectification, in: office, account: nil)
            let text = #""kind":"correction","text":"Born in May, not in March.""#
            let added = try await scene.ask("POST", "/statements", json: "{\(text),\"document\":\"\(document)\"}")
            #expect(added.status == 201 && added.headers["location"] == "/v1/documents/\(document)", "\(added.text)")
            let shown = try await office.ask("GET", "/v1/documents/\(document)", as: "sam")
            #expect(shown.text.contains("Born in May"), "\(shown.text)")
            #expect(try await scene.ask("POST", "/statements", json: "{\(text)}").status == 201)
            let record = try await office.ask("GET", "/v1/children/\(office.child)", as: "sam")
            #expect(record.text.contains("Born in May"), "\(record.text)")
            let replaced = #"{"kind":"replaced","text":"It is right now.","document":"\#(document)","version":1}"#
            #expect(try await scene.ask("POST", "/statements", json: replaced).status == 422)
            #expect(try await scene.ask("POST", "/statements", as: "sam", json: "{\(text)}").status == 403)
            #expect(try await scene.ask("POST", "/statements", as: "henry", json: "{\(text)}").status == 404)

            let page = try await scene.ask("GET", "/recipients")
            let items = try #require(page.json["items"] as? [[String: Any]], "\(page.text)")
            let byNotice = items.filter { $0["organisation"] != nil }
            let byHand = try #require(items.first { $0["person"] != nil }, "\(page.text)")
            #expect((byNotice.first?["told"] as? [String: Any])?["day"] as? String == "2026-10-01", "\(page.text)")
            #expect(byHand["told"] == nil)
            let number = try #require(byHand["number"] as? Int)
            let note = #"{"number":\#(number),"how":"By letter","day":"2026-10-01"}"#
            let noted = try await scene.ask("POST", "/recipients/notes", json: note)
            #expect(noted.status == 204, "\(noted.text)")
            #expect(try await scene.ask("POST", "/recipients/notes", json: note).problem == "already-so")
            #expect(
                try await scene.ask("POST", "/recipients/notes", json: #"{"number":1000,"how":"By letter"}"#).status
                    == 404)
            #expect(try await scene.ask("GET", "/recipients").text.contains(#""note":"By letter""#))
            #expect(try await scene.ask("GET", "/recipients", as: "henry").status == 404)
        }
    }

    @Test("every paper is decided of by who has read the request, and approved by somebody else")
    func erasure() async throws {
        try await Office.open { office in
            let advice = try await deposit("D05", as: "priya", "advice", in: office)
            let form = try await deposit("D02", as: "pat", "what we want", in: office)
            let scene = try await triaged(.erasure, in: office)
            func decide(
                _ document: String, _ headers: [String: String], keeping exception: String? = nil
            ) async throws -> Int {
                let kept = exception.map { #","exception":"\#($0)""# } ?? ""
                let decision = #"{"document":"\#(document)","reasoning":"\#(Self.reason)"\#(kept)}"#
                return try await scene.ask(
                    "POST", "/erasure/decisions", headers, json: #"{"decisions":[\#(decision)]}"#
                ).status
            }
            let first = try await scene.ask("GET", "/erasure?limit=1")
            #expect(first.json["next"] != nil, "\(first.text)")
            #expect(try await decide(form, [:]) == 428)
            let read = try await scene.fresh()
            #expect(try await decide(form, read) == 204)
            #expect(try await decide(advice, read, keeping: "17-3-b") == 412, "a paper was decided of since")
            #expect(try await decide(advice, try await scene.fresh()) == 409, "it is kept for a duty")
            #expect(try await decide(String(repeating: "ab", count: 16), try await scene.fresh()) == 404)
            let early = try await scene.ask("POST", "/approval", as: "mona", try await scene.fresh(as: "mona"))
            #expect(early.problem == "faults", "\(early.text)")
            let open = try await scene.ask("GET", "/faults", as: "mona")
            #expect(open.text == #"{"items":["Document \#(advice) is undecided."]}"#, "\(open.text)")
            #expect(try await decide(advice, try await scene.fresh(), keeping: "17-3-b") == 204)
            let lines = try await scene.ask("GET", "/erasure", as: "mona")
            #expect(lines.text.contains(#""exception":"17-3-b""#), "\(lines.text)")
            let approval = try await scene.ask("POST", "/approval", as: "mona", try await scene.fresh(as: "mona"))
            #expect(approval.status == 204, "\(approval.text)")
            #expect(try await scene.ask("POST", "/erasure/notices").text == #"{"notices":0}"#)
            #expect(try await scene.ask("POST", "/erasure/notices", as: "sam").status == 403)
            #expect(try await scene.ask("GET", "/erasure", as: "henry").status == 404)
            let other = try await RightsScene.received(in: office)
            #expect(try await other.ask("GET", "/erasure").status == 422, "it asks for no erasure")
        }
    }

    @Test("an objection is weighed while what it is about is restricted")
    func objection() async throws {
        try await Office.open { office in
            let scene = try await triaged(.objection, in: office)
            let json = #"{"outcome":"rejected","ground":"compelling","reasoning":"\#(Self.reason)"}"#
            #expect(try await scene.ask("PUT", "/objection", json: json).status == 428)
            let open = try await scene.ask("PUT", "/objection", try await scene.fresh(), json: json)
            #expect(open.status == 409 && open.problem == "faults", "nothing is restricted yet")
            let restricted = try await scene.ask(
                "POST", "/restrictions", json: #"{"ground":"objection-pending","reason":"An objection."}"#)
            #expect(restricted.status == 201, "\(restricted.text)")
            let read = try await scene.fresh()
            let decided = try await scene.ask("PUT", "/objection", read, json: json)
            #expect(decided.status == 204, "\(decided.text)")
            #expect(try await scene.ask("PUT", "/objection", read, json: json).status == 412)
            #expect(try await scene.ask("PUT", "/objection", as: "henry", ["If-Match": "*"], json: json).status == 404)
            let own = try await scene.ask("POST", "/approval", try await scene.fresh())
            #expect(own.status == 403, "\(own.text)")
            let approval = try await scene.ask("POST", "/approval", as: "mona", try await scene.fresh(as: "mona"))
            #expect(approval.status == 204, "\(approval.text)")
        }
    }

    @Test("a copy has what was chosen and approved, and goes out like every package")
    func portability() async throws {
        try await Office.open { office in
            let form = try await deposit("D02", as: "pat", "what we want", in: office)
            let scene = try await triaged(.portability, in: office)
            let json = #"{"documents":["\#(form)"]}"#
            #expect(try await scene.ask("PUT", "/copy", json: json).status == 428)
            let closed = try await scene.ask("PUT", "/copy", try await scene.fresh(), json: json)
            #expect(closed.status == 403, "she has no task for it: \(closed.text)")
            try await office.task(for: "D02")
            let none = try await scene.ask("PUT", "/copy", try await scene.fresh(), json: #"{"documents":[]}"#)
            #expect(none.status == 422, "\(none.text)")
            let chosen = try await scene.ask("PUT", "/copy", try await scene.fresh(), json: json)
            #expect(chosen.status == 200 && chosen.text.contains(#""isCourtesy":false"#), "\(chosen.text)")
            #expect(try await scene.ask("PUT", "/copy", as: "henry", ["If-Match": "*"], json: json).status == 404)
            let approval = try await scene.ask("POST", "/approval", as: "mona", try await scene.fresh(as: "mona"))
            #expect(approval.status == 204, "\(approval.text)")
            let package = try await scene.disclose()
            #expect(package.status == 200 && package.isWhole, "\(package.status)")
            let opened = try RightsTests.unzip(package.body, in: office)
            #expect(try String(contentsOfFile: opened + "/papers/0001.bin", encoding: .utf8) == "what we want")
            #expect(try String(contentsOfFile: opened + "/data.json", encoding: .utf8).contains("Robin Example"))
        }
    }
}
