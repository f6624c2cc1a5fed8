import Foundation
import Rules
import Testing

@Suite("What is recorded about a request")
struct RightsCodingTests {
    private static func back<Value: Codable>(_ value: Value) throws -> (value: Value, text: String) {
        let data = try JSONEncoder().encode(value)
        return (try JSONDecoder().decode(Value.self, from: data), String(decoding: data, as: UTF8.self))
    }

    @Test("is read back as it was written")
    func roundTrip() throws {
        let events: [RequestEvent] = [
            .triaged, .identityAsked(doubt: "A new address", wasSignedIn: false), .feeCharged(.manifestlyExcessive),
            .extensionNoticed(.severalRequests), .answered(.inPart), .closed(.noReply),
        ]
        #expect(try Self.back(events).value == events)
        let request = RightsReleaseTests.request()
        #expect(try Self.back(request).value == request)
        let items = [RightsReleaseTests.release("a"), RightsReleaseTests.redact("b"), RightsReleaseTests.withhold("c")]
        #expect(try Self.back(items).value == items)
        let reading = try Clock.read(try Clock.facts("2026-09-03", pauses: ["2026-09-08"]))
        #expect(try Self.back(reading).value == reading)
        let backlog = Backlog([reading], on: RightsReleaseTests.today)
        #expect(try Self.back(backlog).value == backlog)
    }

    @Test("is written by the names that people use")
    func names() throws {
        let citation = Citation(
            "S3-P5-21", reasoning: RightsReleaseTests.reason, grounds: [.bestInterests: RightsReleaseTests.reason])
        #expect(try Self.back(citation).text.contains(#""grounds":{"best-interests":"#))
        #expect(try Self.back(citation).text.contains(#""exemption":"S3-P5-21""#))
        let backlog = Backlog([], on: RightsReleaseTests.today)
        #expect(try Self.back(backlog).text.contains(#""31-90":0"#))
    }
}
