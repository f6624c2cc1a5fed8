import Foundation
import Sealing
import Storage
import Vault

/// The backup of 100,000 objects when nothing has changed, and for comparison the first, which copies them all.
func measureBackup(in folder: String) async throws {
    let bench = try await Bench(in: folder)
    let count = 100_000
    // What belongs to no record is backed up like the rest, so that the objects need not be deposited.
    for number in 0..<count {
        let bytes = Array("object \(number) of the benchmark".utf8)
        let name = Digest.sha256(bytes).hex
        try Data(bytes).write(to: URL(filePath: folder + "/vault/objects/\(name.prefix(2))/\(name)"))
    }
    let target = folder + "/backups"
    var copied = 0
    func backUp() async throws -> Double {
        try await seconds {
            copied = try await bench.vault.backUpObjects(
                to: .writing(target), as: bench.administrator, progress: { _ in }
            ).copied
        }
    }
    let first = try await backUp()
    guard copied == count else { throw BenchError(what: "\(copied) objects were copied") }
    report("backup of \(count) objects of 30 bytes: the first", first, "s")
    var times: [Double] = []
    for _ in 0..<5 {
        times.append(try await backUp())
        guard copied == 0 else { throw BenchError(what: "\(copied) objects were copied again") }
    }
    report("backup of \(count) objects, nothing changed: median of 5", times.sorted()[2], "s")
    report("backup of \(count) objects, nothing changed: slowest of 5", times.max() ?? 0, "s")
    try await bench.vault.close()
}
