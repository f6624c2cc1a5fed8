import Foundation
import Rules
import Storage
import Vault

/// The content of one child sealed anew beside its import: many small files, and a few large ones. Whole runs take turns.
func measureReseal(in folder: String) async throws {
    for (name, count, bytes) in [("files of 200 kB", 2000, 200_000), ("files of 64 MB", 8, 64_000_000)] {
        let place = "\(folder)/\(bytes)"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        let bench = try await Bench(in: place)
        let paths = try makeFiles(count, bytes: bytes, in: place)
        var (imported, resealed): ([Double], [Double]) = ([], [])
        for round in 0..<3 {
            let (child, caseID) = try await bench.makeChild(round)
            imported.append(try await seconds { try await bench.fill([caseID], paths, round: round) })
            resealed.append(
                try await seconds {
                    let done = try await bench.vault.reseal(.child(child), content: true, as: bench.administrator) {
                        _ in
                    }
                    guard done.objects == count else { throw BenchError(what: "\(done.objects) objects were resealed") }
                })
        }
        let megabytes = Double(count * bytes) / 1_000_000
        let (import3, reseal3) = (imported.sorted()[1], resealed.sorted()[1])
        report("import of \(name)", megabytes / import3, "MB/s")
        report("reseal of \(name)", megabytes / reseal3, "MB/s")
        report("reseal to import, \(name)", import3 / reseal3, "times")
        try await bench.vault.close()
        try FileManager.default.removeItem(atPath: place)
    }
}
