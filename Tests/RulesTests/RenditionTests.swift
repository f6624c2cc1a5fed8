import Rules
import Testing

@Suite("A rendition")
struct RenditionTests {
    @Test(
        "is the same after its name",
        arguments: [Rendition.original, .extract, .summary, .redacted("health-sections"), .redacted("2")])
    func roundTrip(rendition: Rendition) {
        #expect(Rendition(rendition.description) == rendition)
    }

    @Test(
        "has no other name", arguments: ["", "Original", "redacted", "redacted:", "redacted:a b", "redacted:../x", "x"])
    func others(name: String) {
        #expect(Rendition(name) == nil)
    }
}
