import Foundation
import Testing

/// Plays the prologue once, before all scripts of a suite, and clears it away after them.
struct Prologue: SuiteTrait, TestScoping {
    @TaskLocal static var scene: Scene?

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        var scene = try Scene()
        do {
            try scene.play(Script(Script.folder.appending(path: "prologue.txt")))
            try await Self.$scene.withValue(scene, operation: function)
        } catch let broken as Scene.Broken {
            broken.record()
        }
        try scene.remove()
    }
}

@Suite("The built program does what the scripts say", Prologue())
struct ScriptTests {
    @Test("a script is played to its end", arguments: try Script.all.get())
    func plays(script: Script) throws {
        var scene = try Scene(copying: try #require(Prologue.scene))
        defer { try? scene.remove() }
        do {
            try scene.play(script)
        } catch let broken as Scene.Broken {
            broken.record()
        }
    }
}

extension Script: CustomTestStringConvertible {
    var testDescription: String { title }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Scripts")

    static let all = Result<[Script], any Error> {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".txt") }
        return try names.sorted().filter { $0 != "prologue.txt" }.map { try Script(folder.appending(path: $0)) }
    }
}
