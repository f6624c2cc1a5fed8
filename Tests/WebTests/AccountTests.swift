import Foundation
import Storage
import Testing

@testable import Web

@Suite("Accounts over HTTP", .serialized)
struct AccountTests {
    private static let form = ["Content-Type": "application/x-www-form-urlencoded"]

    private func signIn(_ form: String, _ office: Office) async throws -> Peer.Answer {
        try await office.ask("POST", "/v1/session", Self.form, body: Array(form.utf8))
    }

    @Test("an invitation makes an account that only its person knows the password of")
    func invitations() async throws {
        try await Office.open { office in
            let places = try await office.ask("GET", "/v1/organisations", as: "ada")
            let items = try #require(places.json["items"] as? [[String: Any]])
            let place = try #require(items.first { $0["party"] as? String == "health" }?["id"] as? String)
            let new = #"{"username":"nina","name":"Nina New","organisation":"\#(place)","roles":["HADV"]}"#
            #expect(try await office.ask("POST", "/v1/people", as: "sam", json: new).status == 403)
            let invited = try await office.ask("POST", "/v1/people", as: "ada", json: new)
            let invitation = try #require(invited.json["invitation"] as? String)
            #expect(try await signIn("username=nina&password=another+long+one", office).status == 401)
            let accept = "invitation=\(invitation)&password=another+long+one"
            let weak = "invitation=\(invitation)&password=short"
            let path = "/v1/invitations/accept"
            #expect(try await office.ask("POST", path, Self.form, body: Array(weak.utf8)).status == 422)
            #expect(try await office.ask("POST", path, Self.form, body: Array(accept.utf8)).status == 200)
            #expect(try await office.ask("POST", path, Self.form, body: Array(accept.utf8)).status == 422, "once only")
            #expect(try await signIn("username=nina&password=another+long+one", office).status == 201)
        }
    }

    @Test("guessing has to wait, for names that exist and for names that do not alike")
    func lockOut() async throws {
        try await Office.open { office in
            var statuses: [[Int]] = []
            for name in ["sam", "nobody"] {
                var own: [Int] = []
                for _ in 0..<6 { own.append(try await signIn("username=\(name)&password=wrong", office).status) }
                statuses.append(own)
            }
            #expect(statuses[0] == statuses[1])
            #expect(statuses[0].last == 429)
            let waiting = try await signIn("username=sam&password=a+long+password", office)
            #expect(waiting.status == 429 && waiting.headers["retry-after"] != nil)
            office.clock.advance(seconds: 60)
            #expect(try await signIn("username=sam&password=a+long+password", office).status == 201)
        }
    }

    @Test("a session ends after a quarter of an hour without use, after ten hours, and for a leaver at once")
    func sessionEnds() async throws {
        try await Office.open { office in
            func status(_ name: String) async throws -> Int {
                try await office.ask("GET", "/v1/account", as: name).status
            }
            for _ in 0..<3 {
                office.clock.advance(seconds: 14 * 60)
                let busy = try await status("sam")
                #expect(busy == 200)
            }
            let idle = try await status("hana")
            #expect(idle == 401, "never used")
            office.clock.advance(seconds: 16 * 60)
            let late = try await status("sam")
            #expect(late == 401)
        }
        try await Office.open { office in
            let left = try await office.ask("POST", "/v1/people/leavers", as: "ada", json: #"{"username":"priya"}"#)
            #expect(left.status == 200)
            #expect(try await office.ask("GET", "/v1/account", as: "priya").status == 401)
        }
    }

    @Test("an access token reads as its person may, and changes nothing about the account")
    func accessTokens() async throws {
        try await Office.open { office in
            let made = try await office.ask(
                "POST", "/v1/account/tokens", as: "sam", json: #"{"name":"nightly list","days":30}"#)
            let token = try #require(made.json["token"] as? String)
            let bearer = ["Authorization": "Bearer \(token)"]
            #expect(try await office.ask("GET", "/v1/cases/\(office.caseID)", bearer).status == 200)
            let more = try await office.ask(
                "POST", "/v1/account/tokens", bearer, json: #"{"name":"another","days":30}"#)
            #expect(more.status == 403 && more.problem == "needs-session")
            let cut = ["Authorization": "Bearer \(token.dropLast())"]
            #expect(try await office.ask("GET", "/v1/account", cut).problem == "token-invalid")
            let listed = try await office.ask("GET", "/v1/account/tokens", as: "sam")
            #expect(!listed.text.contains(token))
            let id = try #require((listed.json["items"] as? [[String: Any]])?.first?["id"] as? String)
            #expect(try await office.ask("DELETE", "/v1/account/tokens/\(id)", as: "hana").status == 404)
            #expect(try await office.ask("DELETE", "/v1/account/tokens/\(id)", as: "sam").status == 204)
            #expect(try await office.ask("GET", "/v1/account", bearer).status == 401)
        }
    }

    @Test("a second factor is asked for once it is there")
    func secondFactor() async throws {
        try await Office.open { office in
            let offer = try await office.ask("POST", "/v1/account/second-factor", as: "sam")
            #expect(offer.status == 201 && (offer.json["uri"] as? String)?.hasPrefix("otpauth://totp/") == true)
            let secret = try #require(offer.json["secret"] as? String)
            let code = try await totp(secret, at: office.clock.read().milliseconds / 1000)
            let confirmed = try await office.ask(
                "POST", "/v1/account/second-factor/confirm", as: "sam", Self.form, body: Array("code=\(code)".utf8))
            #expect((confirmed.json["recoveryCodes"] as? [String])?.count == 10, "\(confirmed.text)")
            let recovery = try #require((confirmed.json["recoveryCodes"] as? [String])?.first)
            let password = "username=sam&password=a+long+password"
            #expect(try await signIn(password, office).problem == "code-needed")
            #expect(try await signIn(password + "&code=000000", office).problem == "wrong-code")
            #expect(try await signIn(password + "&code=\(code)", office).problem == "wrong-code", "a code works once")
            office.clock.advance(seconds: 60)
            let next = try await totp(secret, at: office.clock.read().milliseconds / 1000)
            #expect(try await signIn(password + "&code=\(next)", office).status == 201)
            #expect(try await signIn(password + "&code=\(recovery)", office).status == 201)
            #expect(try await signIn(password + "&code=\(recovery)", office).status == 401)
        }
    }

    /// What another program makes of the secret (RFC 6238).
    private func totp(_ secret: String, at seconds: Int64) async throws -> String {
        let program = """
            import base64, hmac, struct, sys
            key = base64.b32decode(sys.argv[1] + '=' * (-len(sys.argv[1]) % 8))
            mac = hmac.new(key, struct.pack('>Q', int(sys.argv[2]) // 30), 'sha1').digest()
            at = mac[-1] & 15
            print('%06d' % ((struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000))
            """
        return try await offMain {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["python3", "-c", program, secret, String(seconds)]
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let data = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }
}
