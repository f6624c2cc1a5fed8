import Foundation

/// What a command hands out once, in bytes that never become a string: on standard output and nowhere else.
struct HandedOut {
    private enum Value {
        case text([UInt8])
        case list([[UInt8]])

        var texts: [[UInt8]] {
            switch self {
            case .text(let text): [text]
            case .list(let texts): texts
            }
        }

        /// None of what is handed out has a character that JSON escapes.
        var json: [UInt8] {
            switch self {
            case .text(let text): Array("\"".utf8) + text + Array("\"".utf8)
            case .list(let texts):
                Array("[ ".utf8) + Array(texts.map { Value.text($0).json }.joined(separator: ", ".utf8))
                    + Array(" ]".utf8)
            }
        }
    }

    private var values: [(name: String, value: Value)] = []

    func with(_ name: String, _ text: [UInt8]) -> HandedOut { adding(name, .text(text)) }

    func with(_ name: String, _ texts: [[UInt8]]) -> HandedOut { adding(name, .list(texts)) }

    private func adding(_ name: String, _ value: Value) -> HandedOut {
        var more = self
        more.values.append((name, value))
        return more
    }

    /// Each text on a line, or all as JSON.
    func show(json: Bool) {
        let output = json ? object : values.flatMap(\.value.texts).flatMap { $0 + Array("\n".utf8) }
        FileHandle.standardOutput.write(Data(output))
    }

    private var object: [UInt8] {
        let members = values.sorted { $0.name < $1.name }.map { Array("  \"\($0.name)\" : ".utf8) + $0.value.json }
        return Array("{\n".utf8) + Array(members.joined(separator: ",\n".utf8)) + Array("\n}\n".utf8)
    }
}
