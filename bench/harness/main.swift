import Foundation

// Figures that need the modules themselves; what the program does as a whole is timed by bench/run.sh.
// Usage: muniment-bench FOLDER [primitives|decisions|ledger|reads|list|sharing|backup|keys|reseal]...

let arguments = CommandLine.arguments.dropFirst()
guard let scratch = arguments.first else {
    print("usage: muniment-bench FOLDER [primitives|decisions|ledger|reads|list|sharing|backup|keys|reseal]...")
    exit(2)
}
let chosen = Set(arguments.dropFirst())
let all: [(String, (String) async throws -> Void)] = [
    ("primitives", { _ in measurePrimitives() }),
    ("decisions", { _ in try measureDecisions() }),
    ("ledger", { folder in try await measureProofs(in: folder) }),
    ("reads", { folder in try await measureReads(in: folder) }),
    ("list", { folder in try await measureLists(in: folder) }),
    ("sharing", { folder in try await measureSharing(in: folder) }),
    ("backup", { folder in try await measureBackup(in: folder) }),
    ("keys", { folder in try await measureKeys(in: folder) }),
    ("reseal", { folder in try await measureReseal(in: folder) }),
]
for (name, measure) in all where chosen.isEmpty || chosen.contains(name) {
    let folder = "\(scratch)/\(name)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try await measure(folder)
}

/// One figure, as a line that a person and a program can read.
func report(_ name: String, _ value: Double, _ unit: String) {
    print("\(name)\t\(String(format: value < 10 ? "%.3f" : "%.0f", value))\t\(unit)")
}

/// Seconds that `work` takes.
func seconds(_ work: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    return try clock.measure(work) / .seconds(1)
}

func seconds(_ work: () async throws -> Void) async rethrows -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    try await work()
    return (clock.now - start) / .seconds(1)
}

/// The middle one of several runs.
func median(of runs: Int, _ measure: () throws -> Double) rethrows -> Double {
    try (0..<runs).map { _ in try measure() }.sorted()[runs / 2]
}
