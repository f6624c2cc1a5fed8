import Foundation
import Testing

/// Published vectors stand beside the project, in `../shared/vectors`. They are read there and copied nowhere.
enum Vectors {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../shared/vectors").standardizedFileURL

    /// Where CI is set, a missing vector is a failure; elsewhere the test is skipped.
    static var areThereOrDue: Bool {
        FileManager.default.fileExists(atPath: folder.path) || ProcessInfo.processInfo.environment["CI"] != nil
    }

    static func wycheproof(_ name: String) throws -> [[String: Any]] {
        let data = try Data(contentsOf: folder.appending(path: "wycheproof/\(name)_test.json"))
        let file = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        let groups = try #require(file["testGroups"] as? [[String: Any]])
        let tests = groups.flatMap { group in
            ((group["tests"] as? [[String: Any]]) ?? []).map { $0.merging(["group": group]) { old, _ in old } }
        }
        #expect(tests.count == file["numberOfTests"] as? Int)
        return tests
    }
}

extension [String: Any] {
    func bytes(_ field: String) throws -> [UInt8] {
        let text = try #require(self[field] as? String)
        let digits = Array(text.utf8)
        return try stride(from: 0, to: digits.count, by: 2).map { index in
            try #require(UInt8(String(decoding: digits[index..<(index + 2)], as: UTF8.self), radix: 16))
        }
    }

    var result: String { self["result"] as? String ?? "no result" }
    var group: [String: Any] { self["group"] as? [String: Any] ?? [:] }
    var label: Comment { "tcId \(self["tcId"] ?? "?") \(self["comment"] ?? "")" }
}
