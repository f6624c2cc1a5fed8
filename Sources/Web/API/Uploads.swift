import Foundation
import HTTPTypes
import HummingbirdCore
import NIOCore
import Rules
import Sealing
import Storage
import Vault

/// Uploads in pieces that survive a broken connection: tus 1.0.0 with creation, checksum, termination and expiration.
enum Uploads {
    static let version = "1.0.0"
    /// A length, or an offset, as a header has it.
    static let byteCount = Schema.text(1...20, of: .digits)

    static func options(_ call: Call) async throws -> Answer {
        var answer = Answer.nothing
        answer.headers[.tusVersion] = version
        answer.headers[.tusExtension] = "creation,checksum,termination,expiration"
        answer.headers[.tusMaxSize] = String(call.service.options.largestDocument)
        answer.headers[.tusChecksumAlgorithm] = "sha1,sha256"
        return said(answer)
    }

    static func create(_ call: Call, _ caller: Caller) async throws -> Answer {
        try requireVersion(call)
        let headers = call.request.headers
        let length = try number(.uploadLength, headers)
        guard length <= call.service.options.largestDocument else { throw Problem.tooLarge }
        let metadata = try UploadMetadata(headers[.uploadMetadata] ?? "")
        guard let caseID = CaseID(try metadata.text("case")) else { throw Problem.notFound }
        guard let type = Rules.MediaType(try metadata.text("type")) else { throw Problem.unsupportedType }
        let labels =
            try metadata.optionalText("labels")?.split(separator: ",").map { Label(rawValue: String($0)) } ?? []
        let new = NewDocument(
            caseID: caseID, category: Category(rawValue: try metadata.text("category")),
            title: try metadata.text("title"), mediaType: type, labels: Set(labels))
        let state = try await call.vault.beginUpload(new, byteCount: length, as: caller)
        var answer = Answer(status: .created)
        answer.headers[.location] = "/v1/uploads/\(state.id)"
        tell(state, &answer)
        return said(answer)
    }

    static func state(_ call: Call, _ caller: Caller) async throws -> Answer {
        try requireVersion(call)
        let state = try await call.vault.upload(try call.id("upload"), as: caller)
        var answer = Answer(status: .ok)
        answer.headers[.uploadLength] = String(state.byteCount)
        tell(state, &answer)
        return said(answer)
    }

    static func append(_ call: Call, _ caller: Caller) async throws -> Answer {
        try requireVersion(call)
        let headers = call.request.headers
        guard headers[.contentType] == "application/offset+octet-stream" else { throw Problem.unsupportedType }
        let offset = try number(.uploadOffset, headers)
        let checksum = try UploadChecksum(headers[.uploadChecksum])
        let id: UploadID = try call.id("upload")
        let state = try await Inflow.carry({ inflow in
            try await feed(call.request, checksum, into: inflow)
        }) { try await call.vault.append(to: id, at: offset, content: $0, as: caller) }
        var answer = Answer.nothing
        tell(state, &answer)
        return said(answer)
    }

    /// What came before a connection broke is kept, unless a checksum says how it should have ended.
    private static func feed(_ request: Request, _ checksum: UploadChecksum?, into inflow: Inflow) async throws {
        do {
            for try await part in request.body {
                let bytes = [UInt8](part.readableBytesView)
                checksum?.update(bytes)
                try await inflow.send(bytes)
            }
        } catch let error as Inflow.Unwanted {
            throw error
        } catch  where checksum == nil {
            return
        }
        try checksum?.finish()
    }

    static func end(_ call: Call, _ caller: Caller) async throws -> Answer {
        try requireVersion(call)
        try await call.vault.endUpload(try call.id("upload"), as: caller)
        return said(.nothing)
    }

    /// Swift alone would take a sign too.
    private static func number(_ name: HTTPField.Name, _ headers: HTTPFields) throws -> UInt64 {
        guard let text = headers[name], byteCount.fault(in: .text(text)) == nil, let number = UInt64(text) else {
            throw Problem.malformed("The header \(name.rawName) is missing or no number.")
        }
        return number
    }

    private static func requireVersion(_ call: Call) throws {
        guard call.request.headers[.tusResumable] == version else {
            var problem = Problem(.preconditionFailed, "tus-version", "Send `Tus-Resumable: \(version)`.")
            problem.headers[.tusVersion] = version
            throw problem
        }
    }

    private static func tell(_ state: UploadState, _ answer: inout Answer) {
        answer.headers[.uploadOffset] = String(state.offset)
        answer.headers[.uploadExpires] = httpDate(state.expires)
        if let receipt = state.receipt { answer.headers[.contentLocation] = "/v1/documents/\(receipt.document)" }
    }

    private static func said(_ answer: Answer) -> Answer {
        var answer = answer
        answer.headers[.tusResumable] = version
        return answer
    }

    private static func httpDate(_ moment: Instant) -> String {
        let format = Date.VerbatimFormatStyle(
            format:
                "\(weekday: .abbreviated), \(day: .twoDigits) \(month: .abbreviated) \(year: .padded(4)) \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits) GMT",
            locale: Locale(identifier: "en_US_POSIX"), timeZone: .gmt, calendar: Calendar(identifier: .gregorian))
        return Date(timeIntervalSince1970: Double(moment.milliseconds) / 1000).formatted(format)
    }
}

/// `Upload-Metadata`: names with values in base64.
struct UploadMetadata {
    private var values: [String: String] = [:]

    /// - Throws: `Problem.malformed`.
    init(_ header: String) throws {
        for pair in header.split(separator: ",") {
            let parts = pair.split(separator: " ", omittingEmptySubsequences: true)
            guard let name = parts.first, parts.count <= 2, values[String(name)] == nil,
                let data = Data(base64Encoded: parts.count == 2 ? String(parts[1]) : ""),
                let text = String(bytes: data, encoding: .utf8)
            else { throw Problem.malformed("Upload-Metadata cannot be read.") }
            values[String(name)] = text
        }
    }

    func optionalText(_ name: String) throws -> String? { values[name] }

    func text(_ name: String) throws -> String {
        guard let text = values[name] else { throw Problem.malformed("Upload-Metadata has no \(name).") }
        return text
    }
}

/// `Upload-Checksum`: of the bytes of one request.
final class UploadChecksum {
    private let wanted: [UInt8]
    private let checksum: TransferChecksum

    /// - Returns: `nil` without a header.
    /// - Throws: `Problem.malformed` for an algorithm that is not offered.
    init?(_ header: String?) throws {
        guard let header else { return nil }
        let parts = header.split(separator: " ")
        guard parts.count == 2, let data = Data(base64Encoded: String(parts[1])),
            let checksum = TransferChecksum(String(parts[0]))
        else { throw Problem.malformed("Upload-Checksum is not one of sha1 and sha256 with base64.") }
        wanted = [UInt8](data)
        self.checksum = checksum
    }

    func update(_ bytes: [UInt8]) { checksum.update(bytes) }

    func finish() throws {
        guard checksum.finish() == wanted else {
            throw Problem(
                HTTPResponse.Status(code: 460, reasonPhrase: "Checksum Mismatch"), "checksum-mismatch",
                "The bytes are not what their checksum says. Send them again.")
        }
    }
}
