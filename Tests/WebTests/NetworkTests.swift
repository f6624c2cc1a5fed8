import NIOCore
import Testing

@testable import Web

@Suite("Where a request comes from, as far as limits go")
struct NetworkTests {
    private func network(_ text: String) throws -> Network { Network(try SocketAddress(ipAddress: text, port: 9)) }

    @Test("is an IPv4 address however it is written, or the /64 of an IPv6 one")
    func networks() throws {
        #expect(try network("192.0.2.1") == network("::ffff:192.0.2.1"))
        #expect(try network("192.0.2.1") != network("192.0.2.2"))
        #expect(try network("::ffff:192.0.2.1") != network("::ffff:192.0.2.2"))
        #expect(try network("2001:db8:1:2::1") == network("2001:db8:1:2:ffff:ffff:ffff:ffff"))
        #expect(try network("2001:db8:1:2::1") != network("2001:db8:1:3::1"))
        #expect(Network(nil) == .local)
    }

    @Test("is what the proxy says last where there is one, and never what a client says where there is none")
    func forwarded() async throws {
        let rates = ServiceOptions.Rates(accountPerSecond: 1e6, networkPerSecond: 1)
        @Sendable func last(_ addresses: [String], _ office: Office) async throws -> Int {
            var status = 0
            for address in addresses {
                status = try await office.ask("GET", "/healthz", ["X-Forwarded-For": address]).status
            }
            return status
        }
        let one = (0..<11).map { "198.51.100.\($0), 192.0.2.1" }
        try await Office.open({
            $0.rates = rates
            $0.isBehindProxy = true
        }) { office in
            let same = try await last(one, office)
            let other = try await last(["192.0.2.1, 192.0.2.9"], office)
            #expect([same, other] == [429, 200])
        }
        try await Office.open({ $0.rates = rates }) { office in
            let each = try await last((0..<11).map { "192.0.2.\($0)" }, office)
            #expect(each == 429)
        }
    }
}
