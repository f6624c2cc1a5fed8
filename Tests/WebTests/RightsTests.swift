import Foundation
import HTTPTypes
import Paper
import Rules
import Storage
import Testing
import Vault

@testable import Web

@Suite("Requests under data protection law over HTTP", .serialized)
struct RightsTests {
    @Test("from receipt to package: two people, and each change only by who has read what it changes")
    func wholeWay() async throws {
        try await Office.open { office in
            let scene = try await RightsScene.searched([Array("Robin swims.".utf8)], in: office)
            let list = try await office.ask("GET", "/v1/rights-requests", as: "dana")
            #expect(list.text.contains(scene.id))
            let backlog = try await office.ask("GET", "/v1/rights-requests/backlog", as: "dana")
            #expect(backlog.json["inTime"] as? Int == 1, "\(backlog.text)")
            let shown = try await scene.ask("GET", "")
            let clock = try #require(shown.json["clock"] as? [String: Any])
            #expect(clock["due"] as? String == "2026-11-02")
            #expect(shown.text.contains(#""holders":[{"blocked":{},"documents":1,"party":"education","readable":1"#))

            let numbers = try await scene.numbers()
            let first = try await scene.ask("GET", "/items?limit=1&undecided=true")
            let cursor = try #require(first.json["next"] as? String)
            let second = try await scene.ask("GET", "/items?limit=1&undecided=true&cursor=\(cursor)")
            #expect(first.text != second.text)
            let item = try await scene.ask("GET", "/items/1")
            #expect(item.json["category"] as? String == "D01")
            #expect(try await scene.ask("GET", "/items/1000").status == 404)
            #expect(try await scene.ask("GET", "/items/x").status == 404)

            let stale = try await scene.fresh()
            #expect(try await scene.decide([1], stale).status == 200)
            #expect(try await scene.decide([1], stale).status == 412, "an item was decided since")
            #expect(try await scene.decide([1], [:]).status == 428)
            let open = try await scene.ask("GET", "/faults")
            #expect(open.text.contains("is undecided"), "\(open.text)")
            let early = try await scene.ask("POST", "/approval", as: "mona", try await scene.fresh(as: "mona"))
            #expect(early.status == 409 && early.problem == "faults")
            #expect(!early.text.contains("undecided"), "what stands against it is not for problem documents")
            #expect(try await scene.decide(numbers).status == 200)
            #expect(try await scene.ask("GET", "/faults").text == #"{"items":[]}"#)
            #expect(try await scene.ask("GET", "/items?undecided=true").text == #"{"items":[]}"#)
            let own = try await scene.ask("POST", "/approval", try await scene.fresh())
            #expect([403, 409].contains(own.status), "\(own.text)")
            let read = try await scene.fresh(as: "mona")
            #expect(try await scene.decide([1]).status == 200)
            #expect(
                try await scene.ask("POST", "/approval", as: "mona", read).status == 412, "it was decided anew since")
            #expect(try await scene.ask("POST", "/approval", as: "mona", try await scene.fresh()).status == 204)
            let late = try await scene.decide([1])
            #expect(late.status == 409 && late.problem == "not-now")

            let package = try await scene.disclose()
            #expect(package.status == 200 && package.isWhole)
            #expect(package.headers["content-type"] == "application/zip")
            #expect(try await scene.state() == "disclosed")
            let opened = try Self.unzip(package.body, in: office)
            #expect(try String(contentsOfFile: opened + "/papers/0001.bin", encoding: .utf8) == "Robin swims.")
            #expect(try String(contentsOfFile: opened + "/letter.html", encoding: .utf8).contains("Pat Example"))
            for personal in ["Pat Example", "correct", "Robin", scene.id] {
                #expect(!office.log.text.contains(personal), "\(personal)")
            }
        }
    }

    /// Opens a package with a stock program.
    static func unzip(_ bytes: [UInt8], in office: Office) throws -> String {
        let file = office.folder.appending(path: "package.zip")
        let folder = office.folder.appending(path: "opened").path
        try Data(bytes).write(to: file)
        let (status, output) = try Python.run(["7z", "x", "-p\(RightsScene.passphrase)", "-o\(folder)", file.path])
        try #require(status == 0 && output.contains("Everything is Ok"), "\(output)")
        return folder
    }

    @Test("a package goes to nobody else, under no weak passphrase, and nothing is written down that did not go")
    func refusedPackages() async throws {
        try await Office.open { office in
            let scene = try await RightsScene.searched([Array("Robin swims.".utf8)], in: office)
            #expect(try await scene.disclose().status == 409, "it is not approved")
            try await scene.approved()
            let other = try await scene.disclose(to: "Quinn Example")
            #expect(other.status == 403 && other.problem == "wrong-recipient")
            #expect(!other.text.contains("Quinn") && !other.text.contains("Pat"))
            for weak in ["too short", "fifteen charact", "sixteen charact%C3%A9rs"] {
                let answer = try await scene.disclose(passphrase: weak)
                #expect(answer.status == 422 && answer.problem == "passphrase-refused", "\(weak)")
            }
            for name in ["mona", "priya", "pat"] {
                #expect([403, 404].contains(try await scene.disclose(as: name).status), "\(name)")
            }
            #expect(try await scene.state() == "approved")
            let query = try await scene.ask(
                "POST", "/disclosures?passphrase=\(String(repeating: "a", count: 20))",
                ["Content-Type": "application/x-www-form-urlencoded"], body: Array("recipient=Pat+Example".utf8))
            #expect(query.status == 400, "a passphrase has no place in an address")
            #expect(try await scene.disclose().status == 200)
        }
    }

    @Test("a request of one's own is answered by somebody else, and is nobody's who has no duty")
    func notYours() async throws {
        try await Office.open { office in
            let scene = try await RightsScene.received(in: office, account: "dana")
            let own = try await scene.ask("GET", "")
            #expect(own.status == 403 && own.problem == "needs-another")
            let foreign = try await scene.ask("GET", "", as: "henry")
            let absent = try await office.ask(
                "GET", "/v1/rights-requests/\(String(repeating: "ab", count: 16))", as: "henry")
            #expect(foreign.status == 404 && absent.status == 404)
            #expect(try await office.ask("GET", "/v1/rights-requests", as: "henry").status == 403)
            #expect(try await office.ask("GET", "/v1/rights-requests").status == 401)
        }
    }

    @Test("events, and what the vault says to those that cannot be")
    func events() async throws {
        try await Office.open { office in
            let scene = try await RightsScene.received(in: office)
            let key = ["Idempotency-Key": "event-0001"]
            for _ in 0..<2 {
                #expect(
                    try await scene.ask("POST", "/events", key, json: #"{"event":"triaged"}"#).status == 204)
            }
            try await scene.done("POST", "/events", json: #"{"event":"clarification-asked","day":"2026-10-01"}"#)
            let paused = try await scene.ask("GET", "")
            let clock = try #require(paused.json["clock"] as? [String: Any])
            #expect(clock["pausedSince"] as? String == "2026-10-01" && clock["due"] == nil)
            #expect((paused.json["events"] as? [Any])?.count == 2)
            let table = [
                (#"{"event":"closed"}"#, 422), (#"{"event":"closed","reason":"bored"}"#, 422),
                (#"{"event":"closed","reason":"answered"}"#, 409), (#"{"event":"approved"}"#, 400),
                (#"{"event":"chased","day":"2026-10-02"}"#, 409), (#"{"event":"chased","day":"2026-02-30"}"#, 422),
            ]
            for (json, status) in table {
                #expect(try await scene.ask("POST", "/events", json: json).status == status, "\(json)")
            }
            try await scene.done("POST", "/events", json: #"{"event":"clarification-answered"}"#)
            try await scene.done(
                "POST", "/events", json: #"{"event":"identity-asked","reason":"Another address","wasSignedIn":true}"#)
            let asked = try await scene.ask("GET", "")
            #expect(asked.text.contains(#""reason":"Another address","wasSignedIn":true"#), "\(asked.text)")
        }
    }

    @Test("what has no order of its own is shown in one, so that the same has the same ETag")
    func order() {
        let facts = ItemView.Facts(
            ReviewItem(
                id: "1", data: Set(DataKind.allCases), about: ["requester", "child"],
                thirdParties: [
                    ThirdParty(
                        id: "aunt", kind: .family, consent: .refused,
                        reasonableness: Reasonableness(
                            considered: Set(Reasonableness.Factor.allCases), isReasonable: false,
                            judgement: Judgement(
                                by: "dana", on: Office.start.dayInUTC, reasoning: "Said in confidence.")))
                ]))
        #expect(facts.data == DataKind.allCases.map(\.rawValue).sorted())
        #expect(facts.about == ["child", "requester"])
        #expect(
            facts.thirdParties.first?.reasonableness?.considered
                == Reasonableness.Factor.allCases.map(\.rawValue).sorted())
    }

    @Test("each word for an event is one that the vault knows")
    func words() {
        let reasons = ["", "manifestly-unfounded", "complex", "refused", "no-reply"]
        guard case .text(let rule) = Schema.requestEvent[0].schema else { return #expect(Bool(false)) }
        for word in rule.choices {
            #expect(reasons.contains { RequestEvent(word: word, reason: $0) != nil }, "\(word)")
        }
    }

    @Test("a professional is asked, sees it, and answers; nobody else does")
    func opinions() async throws {
        try await Office.open { office in
            #expect(try await office.deposit(Array("Robin hears well.".utf8)).status == 201)
            try await office.task(for: "D05")
            let scene = try await RightsScene.searched([], in: office)
            try await scene.done("POST", "/opinions", json: #"{"item":1,"username":"priya"}"#)
            let wanted = try await office.ask("GET", "/v1/opinions", as: "priya")
            #expect(wanted.text.contains(scene.id))
            #expect(try await office.ask("GET", "/v1/opinions", as: "henry").text == #"{"items":[]}"#)
            let given =
                #"{"item":1,"profession":"nurse","findsSeriousHarm":false,"reasoning":"It is what the family told me."}"#
            #expect(try await scene.ask("POST", "/opinions/given", as: "henry", json: given).status == 404)
            #expect(try await scene.ask("POST", "/opinions/given", as: "priya", json: given).status == 204)
            #expect(try await scene.ask("POST", "/opinions/given", as: "priya", json: given).status == 404)
            let item = try await scene.ask("GET", "/items/1")
            #expect(item.text.contains(#""profession":"nurse""#), "\(item.text)")
        }
    }

    @Test("an item is looked into and redacted, and what the machine cannot do is said as that")
    func redaction() async throws {
        try await Office.open { office in
            let note = "Robin likes swimming.\nThe neighbour, Jo Sample, told us so.\n"
            let scene = try await RightsScene.searched([Array(note.utf8)], type: "text/plain", in: office)
            let none = try await scene.ask("POST", "/inspections", json: #"{"items":[1000]}"#)
            #expect(none.status == 404)
            let looked = try await scene.ask("POST", "/inspections", json: #"{"items":[1]}"#)
            let plan = #"{"item":1,"terms":[{"text":"Jo Sample","kind":"name","exemption":"S2-P3-16"}]}"#
            let answer = try await scene.ask("POST", "/redactions", json: plan)
            if answer.status == 503 {
                #expect(answer.problem == "paper-unavailable" && !Python.isRequired)
                return
            }
            #expect(looked.status == 200 && answer.status == 200, "\(looked.text) \(answer.text)")
            #expect((answer.json["boxes"] as? Int ?? 0) > 0)
            #expect(try await scene.ask("GET", "/items/1").json["isRedacted"] as? Bool == true)
            let search = #"{"reach":"family","most":10,"minutes":1,"names":["Bobby"]}"#
            let mentions = try await scene.ask("POST", "/mentions", json: search)
            #expect(mentions.status == 200 && mentions.json["files"] as? Int == 0, "\(mentions.text)")
            #expect(try await scene.ask("GET", "").text.contains(#""other-name""#))
            let clean = try await scene.ask("POST", "/redactions", json: #"{"item":1,"clean":true}"#)
            #expect(clean.status == 200 && clean.json["boxes"] as? Int == 0, "\(clean.text)")
            let noMail = try await scene.ask("POST", "/attachments", json: #"{"item":1000}"#)
            #expect(noMail.status == 404)
            let nothing = try await scene.ask(
                "POST", "/redactions",
                json: #"{"item":1,"terms":[{"text":"Nobody Else","kind":"name","exemption":"S2-P3-16"}]}"#)
            #expect(nothing.status == 422 && nothing.problem == "invalid")
            let area = #"{"item":1,"areas":[{"page":9,"x":0.5,"y":1,"width":10,"height":10,"code":"S2-P3-16"}]}"#
            let outside = try await scene.ask("POST", "/redactions", json: area)
            #expect(outside.status == 422 && outside.problem == "not-for-paper")
            #expect(!office.log.text.contains("Sample") && !office.log.text.contains(#""level":"error""#))
        }
    }

    @Test(
        "where programs may not be started it is not the document's fault, nor one of ours",
        arguments: [PaperError.notConfined, .toolMissing("ocrmypdf"), .noMemoryFolder])
    func noPrograms(error: PaperError) {
        let problem = Problem(VaultError.paper(error))
        #expect(problem.status == .serviceUnavailable && problem.type == "paper-unavailable" && problem.cause == nil)
    }

    @Test("without its rules the register is closed, and says so")
    func noRules() async throws {
        try await Office.open(hasRules: false) { office in
            let made = try await office.ask(
                "POST", "/v1/rights-requests", as: "sam", json: RightsScene.newRequest(about: office.child))
            #expect(made.status == 503 && made.problem == "no-rights-rules")
            let list = try await office.ask("GET", "/v1/rights-requests", as: "dana")
            #expect(list.status == 503 && list.problem == "no-rights-rules")
        }
    }

    @Test("two answers about one child are compared, and those about two children are not")
    func comparison() async throws {
        try await Office.open { office in
            let one = try await RightsScene.searched([Array("Robin swims.".utf8)], in: office)
            let two = try await RightsScene.searched([], in: office)
            #expect(try await one.decide([1]).status == 200)
            let found = try await one.ask("GET", "/comparison/\(two.id)")
            #expect(found.status == 200 && found.text.contains(#""here":"release""#), "\(found.text)")
            #expect(try await one.ask("GET", "/comparison/\(String(repeating: "ab", count: 16))").status == 404)
            let child = try await office.ask(
                "POST", "/v1/children", as: "sam", json: #"{"name":"Ash Example","dateOfBirth":"2016-02-01"}"#)
            let id = try #require((child.json["id"] as? String).flatMap { ChildID($0) })
            _ = try await office.ask("POST", "/v1/children/\(id)/cases", as: "sam", json: "{}")
            let made = try await office.ask(
                "POST", "/v1/rights-requests", as: "sam", json: RightsScene.newRequest(about: id))
            let other = try #require(made.json["id"] as? String, "\(made.text)")
            #expect(try await one.ask("GET", "/comparison/\(other)").status == 422)
        }
    }

    @Test("breaches are entered, noted and listed by those whose duty it is")
    func breaches() async throws {
        try await Office.open { office in
            let json = #"{"category":"misdirected","facts":"A letter went astray.","endangersSomebody":true"#
            #expect(try await office.ask("POST", "/v1/breaches", as: "sam", json: json + "}").status == 403)
            for aware in ["soon", "2026-10-01", "9999-99-99T00:00:00Z", "2027-01-01T00:00:00Z"] {
                let answer = try await office.ask(
                    "POST", "/v1/breaches", as: "dana", json: json + #","aware":"\#(aware)"}"#)
                #expect(answer.status == 422, "\(aware)")
            }
            let made = try await office.ask(
                "POST", "/v1/breaches", as: "dana", ["Idempotency-Key": "breach-0001"],
                json: json + #","aware":"2026-10-01T08:00:00Z"}"#)
            let id = try #require(made.json["id"] as? String, "\(made.text)")
            let list = try await office.ask("GET", "/v1/breaches", as: "dana")
            #expect(list.text.contains(#""hoursLeft":71"#), "\(list.text)")
            func note(_ step: String) async throws -> Int {
                try await office.ask(
                    "POST", "/v1/breaches/\(id)/steps", as: "dana",
                    json: #"{"step":"\#(step)","note":"The social worker has seen to it."}"#
                ).status
            }
            let reach = try await office.ask("POST", "/v1/breaches/\(id)/affected", as: "dana")
            #expect(reach.status == 200 && reach.text.contains(#""records":0"#), "\(reach.text)")
            #expect(try await office.ask("POST", "/v1/breaches/\(id)/affected", as: "sam").status == 403)
            #expect(try await note("subjects-told") == 422)
            #expect(try await note("safeguarding") == 204)
            #expect(try await note("decision") == 204)
            #expect(try await note("closed") == 204)
            #expect(try await note("lesson") == 409)
        }
    }

    @Test("what a data protection officer is asked to show is shown to those whose duty it is")
    func accountability() async throws {
        try await Office.open { office in
            let page = try await office.ask("GET", "/v1/accountability/processing?limit=2", as: "dana")
            let next = try #require(page.json["next"] as? String, "\(page.text)")
            #expect(
                try await office.ask("GET", "/v1/accountability/processing?cursor=\(next)", as: "dana").status == 200)
            _ = try await RightsScene.searched([Array("Robin swims.".utf8)], in: office)
            let files = try await office.ask("GET", "/v1/accountability/evidence/files", as: "dana")
            #expect(files.text.contains("manifest.json.p7s"), "\(files.text.prefix(300))")
            for path in ["claims", "evidence", "processing", "evidence/files"] {
                let answer = try await office.ask("GET", "/v1/accountability/\(path)", as: "dana")
                #expect(answer.status == 200, "\(answer.text)")
                #expect(try await office.ask("GET", "/v1/accountability/\(path)", as: "pat").status == 403)
            }
        }
    }
}
