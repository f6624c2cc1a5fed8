import Foundation
import Rules
import Testing

@testable import Web

/// A partner's system at the address for systems, by way of curl: another program's TLS.
struct SystemScene: Sendable {
    let office: Office
    let port: Int

    static func run(_ work: @Sendable (SystemScene) async throws -> Void) async throws {
        let port = try Receiver.freePort()
        try await Office.open(yaml: { office in
            try certificate("server", from: "2026-09-01", in: office)
            return """
                systems:
                  address: 127.0.0.1
                  port: \(port)
                  certificate: \(path("server.pem", in: office))
                  key: \(path("server.key", in: office))
                """
        }) { try await work(SystemScene(office: $0, port: port)) }
    }

    static func path(_ name: String, in office: Office) -> String { office.folder.appending(path: name).path }

    /// Makes a key and a certificate of its own, for 60 days.
    static func certificate(_ name: String, from day: String, in office: Office) throws {
        let made = try Python.run([
            "faketime", day, "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout", path("\(name).key", in: office), "-out", path("\(name).pem", in: office), "-days", "60", "-subj",
            "/CN=\(name)", "-addext", "subjectAltName=DNS:localhost",
        ])
        try #require(made.status == 0, "\(made.output)")
    }

    func certificate(_ name: String, from day: String = "2026-09-01") async throws {
        let office = office
        try await offMain { try Self.certificate(name, from: day, in: office) }
    }

    /// What registering a system sends.
    func registration(
        _ certificate: String, username: String = "letters", purpose: String = "ehc.assessment",
        category: String = "D05"
    ) async throws -> [String: Any] {
        let places = try await office.ask("GET", "/v1/organisations", as: "ada").json["items"] as? [[String: Any]]
        let place = try #require(places?.first { $0["name"] as? String == "priya's office" })
        return [
            "username": username, "name": "Letters of the trust", "organisation": try #require(place["id"]),
            "role": "HADV", "purposes": [purpose], "categories": [category], "certificate": try pem(certificate),
            "days": 30,
        ]
    }

    func pem(_ name: String) throws -> String {
        try String(contentsOfFile: Self.path("\(name).pem", in: office), encoding: .utf8)
    }

    func post(_ path: String, _ fields: [String: Any], as name: String = "ada") async throws -> Peer.Answer {
        let json = String(decoding: try JSONSerialization.data(withJSONObject: fields), as: UTF8.self)
        return try await office.ask("POST", path, as: name, json: json)
    }

    /// Registers a system with the certificate of that name, and puts it on the team.
    func register(_ certificate: String, _ fields: [String: Any]? = nil) async throws {
        try await self.certificate(certificate)
        let fields = if let fields { fields } else { try await registration(certificate) }
        let made = try await post("/v1/systems", fields)
        try #require(made.status == 201, "\(made.text)")
        let team = try await post(
            "/v1/cases/\(office.caseID)/team", ["username": "letters", "role": "HADV"], as: "sam")
        try #require(team.status == 201, "\(team.text)")
    }

    struct Reply: Sendable {
        let status: String
        let body: String
    }

    /// `certificate`: none when `nil`.
    func ask(_ path: String, with certificate: String?, _ more: [String] = []) async throws -> Reply {
        let (office, port) = (office, port)
        return try await offMain {
            let own = certificate.map {
                [
                    "--cert", Self.path("\($0).pem", in: office), "--key", Self.path("\($0).key", in: office),
                ]
            }
            let reply = try Python.run(
                [
                    "faketime", "2026-10-01", "curl", "--silent", "--cacert", Self.path("server.pem", in: office),
                    "--write-out", "\n%{http_code}", "https://localhost:\(port)\(path)",
                ] + (own ?? []) + more)
            let lines = reply.output.split(separator: "\n", omittingEmptySubsequences: false)
            return Reply(status: String(lines.last ?? ""), body: lines.dropLast().joined(separator: "\n"))
        }
    }

    func deposit(_ content: String, category: String = "D05", with certificate: String) async throws -> Reply {
        try await ask(
            "/v1/cases/\(office.caseID)/documents?category=\(category)", with: certificate,
            ["--data-binary", content, "-H", "Content-Type: text/plain", "-H", "Document-Title: letter"])
    }
}

@Suite("Partners' systems", .serialized)
struct SystemTests {
    @Test("deposit and read by their certificate what they are registered for, on the cases they were put on")
    func works() async throws {
        try await SystemScene.run { scene in
            try await scene.register("trust")
            let made = try await scene.deposit("Advice.", with: "trust")
            #expect(made.status == "201", "\(made.body)")
            let receipt = try JSONSerialization.jsonObject(with: Data(made.body.utf8)) as? [String: Any]
            let document = try #require(receipt?["document"] as? String)
            let read = try await scene.ask("/v1/documents/\(document)/content", with: "trust")
            #expect(read.status == "200" && read.body == "Advice.")
            // Its own organisation's, but of another category; and on another purpose.
            let other = try await scene.deposit("Advice.", category: "D06", with: "trust")
            #expect(other.status == "403" && other.body.contains("not registered for"), "\(other.body)")
            let purpose = try await scene.ask(
                "/v1/documents/\(document)/content?purpose=safeguarding", with: "trust")
            #expect(purpose.status == "404", "\(purpose.body)")
            let entries = try await scene.office.ask("GET", "/v1/ledger/entries?limit=2", as: "dana")
            #expect(entries.text.contains("outside-scope"))
        }
    }

    @Test("reach nothing but papers and cases at their address, and nobody signs in there")
    func address() async throws {
        try await SystemScene.run { scene in
            try await scene.register("trust")
            for path in [
                "/v1/people", "/v1/systems", "/v1/cases/\(scene.office.caseID)", "/v1/ledger/entries",
                "/v1/children/\(scene.office.child)", "/v1/session",
                "/v1/children/\(scene.office.child)/consents", "/openapi.json",
            ] {
                #expect(try await scene.ask(path, with: "trust").status == "404", "\(path)")
            }
            let token = ["-H", "Authorization: Bearer \(try scene.office.token("sam"))"]
            try await scene.certificate("stranger")
            let path = "/v1/cases/\(scene.office.caseID)/documents"
            #expect(try await scene.ask(path, with: "trust").status == "200")
            #expect(try await scene.ask(path, with: "stranger", token).status == "401")
            // The handshake ends before anything is asked.
            #expect(try await scene.ask(path, with: nil, token).status == "000")
        }
    }

    @Test("are let in by the newest certificate only, while it and the registration run, and not once they are ended")
    func ends() async throws {
        try await SystemScene.run { scene in
            try await scene.register("first")
            let path = "/v1/cases/\(scene.office.caseID)/documents"
            #expect(try await scene.ask(path, with: "first").status == "200")

            try await scene.certificate("second")
            let changed = try await scene.post(
                "/v1/systems/certificates",
                ["username": "letters", "certificate": try scene.pem("second"), "days": 10])
            #expect(changed.status == 204, "\(changed.text)")
            #expect(try await scene.ask(path, with: "first").status == "401")
            #expect(try await scene.ask(path, with: "second").status == "200")
            // Another key under the same name.
            try await scene.certificate("second")
            #expect(try await scene.ask(path, with: "second").status == "401")

            try await scene.certificate("old", from: "2026-07-01")
            let old = try await scene.post(
                "/v1/systems/certificates", ["username": "letters", "certificate": try scene.pem("old"), "days": 10])
            #expect(old.status == 204)
            #expect(try await scene.ask(path, with: "old").status == "401", "the certificate has run out")

            try await scene.certificate("third")
            _ = try await scene.post(
                "/v1/systems/certificates", ["username": "letters", "certificate": try scene.pem("third"), "days": 10])
            #expect(try await scene.ask(path, with: "third").status == "200")
            let left = try await scene.post("/v1/people/leavers", ["username": "letters"])
            #expect(left.status == 200, "\(left.text)")
            #expect(try await scene.ask(path, with: "third").status == "401")
        }
    }

    @Test("a registration that says too little, too much or somebody else's is refused")
    func registration() async throws {
        try await SystemScene.run { scene in
            try await scene.register("trust")
            try await scene.certificate("other")
            let good = try await scene.registration("other", username: "other")
            let wrong: [(String, Any, Int)] = [
                ("certificate", try scene.pem("trust"), 409), ("certificate", "no certificate", 422),
                ("certificate", try scene.pem("trust") + (try scene.pem("other")), 422), ("purposes", [String](), 422),
                ("categories", [String](), 422), ("purposes", ["no.such"], 403), ("categories", ["D99"], 403),
                ("days", 401, 400), ("username", "priya", 409), ("role", "P", 422),
            ]
            for (name, value, status) in wrong {
                let answer = try await scene.post("/v1/systems", good.merging([name: value]) { $1 })
                #expect(answer.status == status, "\(name): \(answer.text)")
            }
            #expect(try await scene.post("/v1/systems", good, as: "sam").status == 403)
            for path in ["/v1/people/resets", "/v1/people/identities"] {
                let more = path.hasSuffix("resets") ? [:] : ["issuer": "https://login.example", "subject": "1"]
                let answer = try await scene.post(path, ["username": "letters"].merging(more) { $1 })
                #expect(answer.status == 422 && answer.text.contains("system"), "\(path): \(answer.text)")
            }
            #expect(try await scene.post("/v1/systems", good).status == 201)
        }
    }
}
