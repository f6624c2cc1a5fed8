import Foundation
import Storage
import Testing

@Suite("Reading small files")
struct FilesTests {
    @Test(
        "a file takes the memory of its own length, whatever the limit is", arguments: [0, 1, 65_535, 65_536, 65_537])
    func lengths(count: Int) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "muniment-file-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
        try Data(bytes).write(to: URL(filePath: path))
        // There is no machine with this much: whoever sets it aside beforehand ends here.
        #expect(try Folder.read(path, limit: .max - 1) == bytes)
        #expect(try Folder.read(path, limit: count) == bytes)
        if count > 0 { #expect(throws: StorageError.self) { try Folder.read(path, limit: count - 1) } }
    }
}
