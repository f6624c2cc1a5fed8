import Testing

@testable import Vault

@Suite("content that arrives in pieces")
struct InflowTests {
    struct Lost: Error {}

    /// Reads as a deposit does: on a thread of its own, to the end.
    private func readAll(_ inflow: Inflow, by count: Int) async throws -> [[UInt8]] {
        try await blocking {
            var blocks: [[UInt8]] = []
            while true {
                let block = try inflow.read(count)
                if !block.isEmpty { blocks.append(block) }
                if block.count < count { return blocks }
            }
        }
    }

    @Test("is cut into full blocks, whatever the pieces", arguments: [1, 3, 7, 64, 1000])
    func regroups(count: Int) async throws {
        let pieces = (0..<40).map { number in [UInt8](repeating: UInt8(number), count: number * 5 % 23) }
        let blocks = try await Inflow.carry({ inflow in
            for piece in pieces { try await inflow.send(piece) }
        }) { try await readAll($0, by: count) }
        #expect(blocks.flatMap { $0 } == pieces.flatMap { $0 })
        #expect(blocks.dropLast().allSatisfy { $0.count == count })
    }

    @Test("that breaks off is an error, never a shorter content")
    func breaksOff() async throws {
        await #expect(throws: Lost.self) {
            try await Inflow.carry({ inflow in
                try await inflow.send([1, 2, 3])
                throw Lost()
            }) { try await readAll($0, by: 64) }
        }
    }

    @Test("is not waited for once nobody wants it", .timeLimit(.minutes(45)))
    func unwanted() async throws {
        await #expect(throws: Lost.self) {
            try await Inflow.carry({ inflow in
                while true { try await inflow.send([1, 2, 3]) }
            }) { _ in throw Lost() }
        }
    }
}
