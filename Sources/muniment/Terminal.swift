import Foundation
import Glibc

/// Standard output for results, standard error for everything else.
enum Terminal {
    static func note(_ text: String) {
        FileHandle.standardError.write(Data((printable(text, keeping: "\n") + "\n").utf8))
    }

    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Columns with two spaces between them; the last is left ragged.
    static func table(_ heads: [String], _ rows: [[String]]) -> [String] {
        let all = [heads] + rows.map { $0.map { printable($0) } }
        let widths = heads.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            return cells.joined(separator: "  ").trimmingCharacters(in: .whitespaces)
        }
    }

    /// Text that cannot move the cursor, change colours or turn the direction of writing.
    static func printable(_ text: String, keeping kept: Unicode.Scalar? = nil) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator: scalar == kept ? scalar : "\u{fffd}"
                    default: scalar
                    }
                }))
    }

    static let showsProgress = isatty(STDERR_FILENO) == 1

    /// Overwrites the current line of a terminal.
    static func progress(_ text: String) {
        FileHandle.standardError.write(Data("\r\u{1b}[K\(text)".utf8))
    }

    static func endProgress() { if showsProgress { progress("") } }

    static func size(_ bytes: UInt64) -> String {
        let units = ["bytes", "kB", "MB", "GB", "TB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1000, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return unit == 0 ? "\(bytes) bytes" : String(format: "%.1f %@", value, units[unit])
    }
}
