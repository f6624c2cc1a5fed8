import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Rules
import Sealing
import Storage
import Vault

/// Documents: what is known of them, and their content in and out.
enum Documents {
    static func list(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(Page(try await call.vault.documents(of: try call.id("case"), as: caller), call, key: \.id))
    }

    static func show(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(try await call.vault.show(try call.id("document"), as: caller))
    }

    static func history(_ call: Call, _ caller: Caller) async throws -> Answer {
        let versions = try await call.vault.history(of: try call.id("document"), as: caller)
        return try .json(Page(versions, call) { String($0.number) })
    }

    static func deposit(_ call: Call, _ caller: Caller) async throws -> Answer {
        guard let category = call.query["category"] else { throw Problem.malformed("`category` is missing.") }
        let labels = call.query["labels"]?.split(separator: ",").map { Label(rawValue: String($0)) } ?? []
        let new = NewDocument(
            caseID: try call.id("case"), category: Category(rawValue: category), title: try title(call),
            mediaType: try mediaType(call), labels: Set(labels))
        let receipt = try await call.receive { try await call.vault.deposit(new, content: $0, as: caller) }
        return try .created(receipt, at: "/v1/documents/\(receipt.document)")
    }

    static func replace(_ call: Call, _ caller: Caller) async throws -> Answer {
        let id: DocumentID = try call.id("document")
        let known = try await call.vault.show(id, as: caller)
        try call.requireMatch(try Answer.tag(ofJSON: known))
        let type = try mediaType(call)
        let receipt: Receipt
        do {
            receipt = try await call.receive {
                try await call.vault.replace(id, after: known.version, mediaType: type, content: $0, as: caller)
            }
        } catch VaultError.changedMeanwhile {
            throw Problem.preconditionFailed
        }
        return try .created(receipt, at: "/v1/documents/\(id)/content?version=\(receipt.version)")
    }

    static func addRendition(_ call: Call, _ caller: Caller) async throws -> Answer {
        let id: DocumentID = try call.id("document")
        let kind = try Call.rendition(call.parameters["rendition"]?.removingPercentEncoding ?? "")
        let type = try mediaType(call)
        let version = call.query["version"].flatMap { Int64($0) }
        let receipt = try await call.receive {
            try await call.vault.addRendition(
                kind, of: id, version: version, mediaType: type, content: $0, as: caller)
        }
        return try .created(
            receipt, at: "/v1/documents/\(id)/content?rendition=\(kind)&version=\(receipt.version)")
    }

    /// The title, percent-encoded UTF-8 in a header: an address would be written into logs on its way.
    private static func title(_ call: Call) throws -> String {
        guard let title = call.request.headers[.documentTitle]?.removingPercentEncoding else {
            throw Problem.malformed("The header Document-Title is missing or not percent-encoded UTF-8.")
        }
        return title
    }

    private static func mediaType(_ call: Call) throws -> Rules.MediaType {
        let name = call.request.headers[.contentType]?.split(separator: ";").first.map { $0.lowercased() } ?? ""
        guard let type = Rules.MediaType(name.trimmingCharacters(in: .whitespaces)) else {
            throw Problem.unsupportedType
        }
        return type
    }

    static func release(_ call: Call, _ caller: Caller) async throws -> Answer {
        let id: DocumentID = try call.id("document")
        let check = try call.input["harmCheck"].map {
            try HarmCheck(seriousHarm: $0["seriousHarm"]?.text ?? "", thirdParties: $0["thirdParties"]?.text ?? "")
        }
        let act = try await call.vault.release(id, try call.formInBody(), check: check, as: caller)
        return try .created(Named(id: "\(act)"), at: "/v1/documents/\(id)")
    }

    static func endRelease(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.endRelease(
            try call.id("document"), try call.formInBody(), reason: try call.text("reason"), as: caller)
        return .nothing
    }
}

extension Documents {
    /// Content, whole or a range of it (RFC 9110, section 14). The read is in the ledger before this returns.
    static func content(_ call: Call, _ caller: Caller) async throws -> Answer {
        let headers = call.request.headers
        let range = ContentRange(headers[.range])
        let content = try await call.vault.open(
            try call.id("document"), try call.whichForm(), range: range?.bytes ?? .whole, ofTag: headers[.ifRange],
            purpose: call.query["purpose"].map { Purpose(rawValue: $0) }, as: caller)
        let isPart = range != nil && [nil, content.tag].contains(headers[.ifRange])
        // The first block before the status: what is damaged there is a clean answer, not a broken one.
        let first = try content.block(from: content.range.lowerBound)
        var answer = Answer(status: isPart ? .partialContent : .ok)
        answer.headers = try headersOf(content, isPart: isPart)
        if let digest = try await digest(content, call.request) { answer.headers[.reprDigest] = digest }
        answer.body = .stream(body(content, beginningWith: first, on: call.eventLoop))
        return answer
    }

    private static func headersOf(_ content: OpenContent, isPart: Bool) throws -> HTTPFields {
        var headers = HTTPFields()
        headers[.contentType] = content.mediaType
        headers[.contentLength] = String(content.range.count)
        headers[.acceptRanges] = "bytes"
        headers[.eTag] = content.tag
        headers[.contentDisposition] = "attachment"
        headers[.documentVersion] = String(content.version)
        headers[.documentRendition] = content.rendition.description
        if !content.obligations.isEmpty {
            headers[.documentObligations] = content.obligations.map(\.rawValue).sorted().joined(separator: ", ")
        }
        if isPart {
            headers[.contentRange] =
                "bytes \(content.range.lowerBound)-\(content.range.upperBound - 1)/\(content.byteCount)"
        }
        return headers
    }

    /// Opens block after block as fast as the client takes them. What is damaged breaks the answer off: never a clean end.
    private static func body(
        _ content: OpenContent, beginningWith first: [UInt8], on loop: any EventLoop
    ) -> ResponseBody {
        if first.count == content.range.count { return ResponseBody(byteBuffer: ByteBuffer(bytes: first)) }
        let rest = content.range.lowerBound + UInt64(first.count)
        let beginning = ByteBuffer(bytes: first)
        return ResponseBody(contentLength: content.range.count) { writer in
            try await writer.write(beginning)
            var offset = rest
            while offset < content.range.upperBound {
                // The framework takes one write after the other until its loop comes round to say that the client is behind: wait for that.
                try await loop.submit {}.get()
                let block = try content.block(from: offset)
                offset += UInt64(block.count)
                try await writer.write(ByteBuffer(bytes: block))
            }
            try await writer.finish(nil)
        }
    }

    /// SHA-256 of the whole content, for who asks for it (RFC 9530): it has to be read for that, before the first byte goes out.
    private static func digest(_ content: OpenContent, _ request: Request) async throws -> String? {
        guard request.method == .get, request.headers[.wantReprDigest]?.contains("sha-256") == true else { return nil }
        let digest = try await content.digest()
        return "sha-256=:\(Data(digest.bytes).base64EncodedString()):"
    }
}

/// One range of bytes, as `Range` asks for it. More than one, or what is no range, is as if nothing was asked.
struct ContentRange {
    let bytes: ByteRange

    init?(_ header: String?) {
        guard let header, header.hasPrefix("bytes="), !header.contains(",") else { return nil }
        let ends = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false).map { text in
            text.filter { $0 != " " }
        }
        guard ends.count == 2, ends.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }) else { return nil }
        switch (UInt64(ends[0]), UInt64(ends[1])) {
        case (let from?, nil) where ends[1].isEmpty: bytes = .bytes(from: from, through: nil)
        case (let from?, let last?) where from <= last: bytes = .bytes(from: from, through: last)
        case (nil, let count?) where ends[0].isEmpty: bytes = .last(count)
        default: return nil
        }
    }
}

extension Call {
    /// The form of a document that the body names.
    fileprivate func formInBody() throws -> WhichForm {
        var version: Int64?
        if case .whole(let number) = input["version"] { version = Int64(number) }
        return WhichForm(version: version, rendition: try optionalText("rendition").map(Call.rendition))
    }

    /// Runs `work` on the request's body as it comes in, at the pace at which it is sealed.
    ///
    /// - Throws: `Problem.tooLarge`; `Problem.malformed` for a body that broke off or is not what its Content-Digest says.
    func receive<Result: Sendable>(
        _ work: @escaping @Sendable (Inflow) async throws -> Result
    ) async throws -> Result {
        let most = service.options.largestDocument
        let declared = request.headers[.contentLength].flatMap { UInt64($0) }
        guard declared ?? 0 <= most else { throw Problem.tooLarge }
        let wanted = try ContentDigest.wanted(request.headers)
        return try await Inflow.carry(
            { inflow in
                let digest = ContentDigest.Check(wanted)
                var count: UInt64 = 0
                for try await part in request.body {
                    count += UInt64(part.readableBytes)
                    guard count <= most else { throw Problem.tooLarge }
                    let bytes = [UInt8](part.readableBytesView)
                    digest.update(bytes)
                    try await inflow.send(bytes)
                }
                try request.requireWhole(Int(count))
                try digest.finish()
            }, into: work)
    }
}
