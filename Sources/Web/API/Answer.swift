import HTTPTypes
import Hummingbird
import NIOCore
import Sealing

/// What a route answers.
struct Answer: Sendable {
    var status: HTTPResponse.Status
    var headers = HTTPFields()
    var body = Body.none

    enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// A document's content.
        case stream(ResponseBody)
    }

    /// 204.
    static let nothing = Answer(status: .noContent)

    /// JSON, with a strong ETag over its bytes.
    static func json(_ value: some Encodable, _ status: HTTPResponse.Status = .ok) throws -> Answer {
        let bytes = try JSON.bytes(value)
        var answer = Answer(bytes: bytes, type: "application/json", status)
        answer.headers[.eTag] = tag(of: bytes)
        return answer
    }

    /// 201, with where the new thing is.
    static func created(_ value: some Encodable, at path: String) throws -> Answer {
        var answer = try json(value, .created)
        // The tag is of the answer; the new thing's own comes with reading it.
        answer.headers[.eTag] = nil
        answer.headers[.location] = path
        return answer
    }

    init(bytes: [UInt8], type: String, _ status: HTTPResponse.Status = .ok) {
        self.status = status
        body = .bytes(bytes)
        headers[.contentType] = type
        headers[.contentLength] = String(bytes.count)
    }

    init(status: HTTPResponse.Status) { self.status = status }

    var response: Response {
        let written: ResponseBody =
            switch body {
            case .none: ResponseBody()
            case .bytes(let bytes): ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
            case .stream(let stream): stream
            }
        return Response(status: status, headers: headers, body: written)
    }

    /// The strong ETag of bytes: half of their SHA-256.
    static func tag(of bytes: [UInt8]) -> String { "\"\(Digest.sha256(bytes).hex.prefix(32))\"" }

    static func tag(ofJSON value: some Encodable) throws -> String { tag(of: try JSON.bytes(value)) }
}

extension Problem {
    func answer(reference: String) -> Answer {
        // A problem document is JSON of texts and a number: it always encodes.
        let bytes = (try? JSON.bytes(document(reference: reference))) ?? []
        var answer = Answer(bytes: bytes, type: "application/problem+json", status)
        for field in headers { answer.headers[field.name] = field.value }
        return answer
    }
}
