import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Rules
import Sealing
import Storage
import Vault

/// A request that fits its route: every part has been held against its schema.
struct Call: Sendable {
    let service: Service
    let request: Request
    let eventLoop: any EventLoop
    let route: Route
    let parameters: [String: String]
    let query: [String: String]
    let input: JSON
    let form: Form
    /// What the log calls this request.
    let reference: String

    var vault: DocumentVault { service.vault }

    /// An identifier in the path. One that cannot be is as good as one that is not there.
    ///
    /// - Throws: `Problem.notFound`.
    func id<Subject>(_ name: String) throws -> ID<Subject> {
        guard let id = parameters[name].flatMap({ ID<Subject>($0) }) else { throw Problem.notFound }
        return id
    }

    /// A member of the body that its schema requires.
    func text(_ name: String) throws -> String {
        guard let text = input[name]?.text else { throw Problem.malformed("`\(name)` is missing.") }
        return text
    }

    func optionalText(_ name: String) -> String? { input[name]?.text }

    func word<Word: PolicyWord>(_ name: String) throws -> Word { Word(rawValue: try text(name)) }

    func words<Word: PolicyWord>(_ name: String) -> [Word] {
        (input[name]?.items ?? []).compactMap { $0.text.map { Word(rawValue: $0) } }
    }

    func choice<Choice: RawRepresentable<String>>(_ name: String) throws -> Choice {
        guard let choice = Choice(rawValue: try text(name)) else {
            throw Problem.malformed("`\(name)` is not one of its values.")
        }
        return choice
    }

    /// - Throws: `VaultError.invalid` for a day that the calendar does not have.
    func day(_ name: String) throws -> Day {
        guard let day = Day(try text(name)) else {
            throw VaultError.invalid(field: name, reason: "the calendar has no such day")
        }
        return day
    }

    func optionalDay(_ name: String) throws -> Day? { try optionalText(name) == nil ? nil : day(name) }

    func id<Subject>(in name: String) throws -> ID<Subject> {
        guard let id = ID<Subject>(try text(name)) else { throw Problem.notFound }
        return id
    }

    /// That the caller has read what it changes.
    ///
    /// - Throws: `Problem.preconditionNeeded`, `.preconditionFailed`.
    func requireMatch(_ tag: String) throws {
        guard let wanted = request.headers[.ifMatch] else { throw Problem.preconditionNeeded }
        guard wanted == "*" || EntityTags(wanted).contains(tag) else { throw Problem.preconditionFailed }
    }

    /// The day in `since`; the first of all when it is not said.
    func since() throws -> Day {
        guard let day = Day(query["since"] ?? "1970-01-01") else {
            throw VaultError.invalid(field: "since", reason: "the calendar has no such day")
        }
        return day
    }

    /// The form of a document that the query names.
    func whichForm() throws -> WhichForm {
        try WhichForm(
            version: query["version"].flatMap { Int64($0) }, rendition: query["rendition"].map(Self.rendition))
    }

    static func rendition(_ text: String) throws -> Rendition {
        guard let rendition = Rendition(text) else {
            throw VaultError.invalid(field: "rendition", reason: "it is original, extract, summary or redacted:NAME")
        }
        return rendition
    }
}
