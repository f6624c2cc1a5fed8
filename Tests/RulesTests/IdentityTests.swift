import Rules
import Testing

@Suite("Numbers and types are checked before they are believed")
struct IdentityTests {
    @Test(
        "NHS numbers with a right check digit",
        arguments: ["9434765919", "943 476 5919", "943-476-5870", "999 000 0018"])
    func nhsNumbers(text: String) { #expect(NHSNumber(text) != nil) }

    @Test(
        "NHS numbers with a wrong check digit or shape",
        arguments: [
            "9434765918", "943476591", "94347659190", "943476591X", "", "٩٤٣٤٧٦٥٩١٩",
        ])
    func wrongNHSNumbers(text: String) { #expect(NHSNumber(text) == nil) }

    @Test("a UPN's letter follows from its digits, and no other letter will do")
    func upns() throws {
        let letters = Array("ABCDEFGHJKLMNPQRTUVWXYZ")
        for body in ["801200001001", "30133331200A", "999999999999", "000000000000"] {
            let accepted = letters.filter { UPN("\($0)\(body)") != nil }
            #expect(accepted.count == 1, "\(body)")
        }
        #expect(UPN("A80120000100") == nil)
        #expect(UPN("I801200001001") == nil)
    }

    @Test("a UPN computed by hand: 2×8+3×0+4×1+5×2 = 30, 30 mod 23 = 7, the eighth letter H")
    func upnByHand() {
        #expect(UPN("H801200000000")?.text == "H801200000000")
        #expect(UPN("h801200000000")?.text == "H801200000000")
        #expect(UPN("J801200000000") == nil)
    }

    @Test("an unknown type is refused, and a name's ending claims one")
    func endings() {
        #expect(MediaType("text/html") == nil)
        #expect(MediaType(fileName: "Report.final.PDF")?.name == "application/pdf")
        #expect(MediaType(fileName: "no ending") == nil)
    }
}
