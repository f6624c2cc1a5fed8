import Foundation
import Testing

@testable import Web

@Suite("Packages in their other forms, and on offer", .serialized)
struct OfferTests {
    private static let absent = String(repeating: "ab", count: 16)

    @Test("a package is fetched once, by the requester's own account and nobody else")
    func once() async throws {
        try await Office.open { office in
            let scene = try await RightsScene.searched([Array("Robin swims.".utf8)], in: office)
            let new = #"{"recipient":"Pat Example","days":14}"#
            #expect(try await scene.ask("POST", "/offers", json: new).status == 409, "it is not approved")
            try await scene.approved()
            let other = try await scene.ask("POST", "/offers", json: #"{"recipient":"Quinn Example","days":14}"#)
            #expect(other.status == 403 && other.problem == "wrong-recipient")
            for days in [0, 31] {
                let answer = try await scene.ask(
                    "POST", "/offers", json: #"{"recipient":"Pat Example","days":\#(days)}"#)
                #expect(answer.status == 400, "\(days)")
            }
            let offer = try await scene.offered()
            #expect(try await scene.ask("GET", "/offers").text.contains(offer))
            #expect(try await office.ask("GET", "/v1/offers", as: "pat").text.contains(#""state":"open""#))
            for name in ["sam", "dana", "henry"] {
                #expect(try await office.ask("GET", "/v1/offers", as: name).text == #"{"items":[]}"#)
                let foreign = try await scene.take(offer, as: name)
                let absent = try await scene.take(Self.absent, as: name)
                #expect(foreign.status == 404 && absent.status == 404, "\(name)")
            }
            let weak = try await scene.take(offer, passphrase: "too short")
            #expect(weak.status == 422 && weak.problem == "passphrase-refused")
            #expect(try await scene.take(offer, form: "&form=age").status == 400)
            let package = try await scene.take(offer)
            #expect(package.status == 200 && package.isWhole, "\(package.text.prefix(300))")
            let opened = try RightsTests.unzip(package.body, in: office)
            #expect(try String(contentsOfFile: opened + "/papers/0001.bin", encoding: .utf8) == "Robin swims.")
            let again = try await scene.take(offer)
            #expect(again.status == 410 && again.problem == "offer-over")
            #expect(try await office.ask("DELETE", "/v1/offers/\(offer)", as: "dana").status == 410)
            #expect(try await office.ask("GET", "/v1/offers", as: "pat").text.contains(#""state":"taken""#))
            #expect(!office.log.text.contains(offer) && !office.log.text.contains("Pat"))
        }
    }

    @Test("an offer ends when it is taken back, or with its day")
    func ends() async throws {
        try await Office.open { office in
            let scene = try await RightsScene.searched([Array("Robin swims.".utf8)], in: office)
            try await scene.approved()
            let (withdrawn, late) = (try await scene.offered(), try await scene.offered(days: 1))
            #expect(try await office.ask("DELETE", "/v1/offers/\(withdrawn)", as: "pat").status != 204)
            #expect(try await office.ask("DELETE", "/v1/offers/\(withdrawn)", as: "dana").status == 204)
            #expect(try await scene.take(withdrawn).status == 410)
            office.clock.advance(seconds: 25 * 3600)
            let session = try await office.ask(
                "POST", "/v1/session", ["Content-Type": "application/x-www-form-urlencoded"],
                body: Array("username=pat&password=a+long+password".utf8))
            let token = try #require(session.json["token"] as? String, "\(session.text)")
            let expired = try await scene.take(late, as: nil, ["Authorization": "Bearer \(token)"])
            #expect(expired.status == 410 && expired.problem == "offer-over", "\(expired.text)")
        }
    }

    @Test("for an organisation's key it is an age file, and with a passphrase one PDF")
    func forms() async throws {
        try await Office.open { office in
            let scene = try await RightsScene.searched([Array("Robin swims.".utf8)], type: "text/plain", in: office)
            #expect(try await scene.ask("POST", "/inspections", json: #"{"items":[1]}"#).status == 200)
            try await scene.approved()
            let key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
            for form in [
                "recipient=Pat+Example&form=age", "recipient=Pat+Example&form=pdf&keys=\(key)",
                "recipient=Pat+Example&form=age&keys=\(key)&passphrase=correct+horse+battery",
                "recipient=Pat+Example&form=tar&passphrase=correct+horse+battery",
            ] {
                #expect(try await scene.disclose(form).status == 400, "\(form)")
            }
            let wrong = try await scene.disclose("recipient=Pat+Example&form=age&keys=age1nobody")
            #expect(wrong.status == 422 && wrong.problem == "invalid")
            let hyphen = try await scene.disclose("recipient=Pat+Example&form=pdf&passphrase=-correct+horse+battery")
            #expect(hyphen.status == 422 && hyphen.problem == "passphrase-refused")
            #expect(try await scene.state() == "approved")

            let pdf = try await scene.disclose("recipient=Pat+Example&form=pdf&passphrase=correct+horse+battery")
            if pdf.status == 503 {
                #expect(pdf.problem == "paper-unavailable" && !Python.isRequired)
                #expect(try await scene.state() == "approved", "nothing is handed over that cannot be made")
            } else {
                #expect(pdf.status == 200 && pdf.isWhole && pdf.headers["content-type"] == "application/pdf")
                #expect(pdf.body.prefix(5) == ArraySlice("%PDF-".utf8))
            }
            let age = try await scene.disclose("recipient=Pat+Example&form=age&keys=\(key)")
            #expect(age.status == 200 && age.isWhole)
            #expect(age.headers["content-disposition"]?.contains("package.age") == true)
            #expect(age.body.prefix(21) == ArraySlice("age-encryption.org/v1".utf8))
        }
    }
}
