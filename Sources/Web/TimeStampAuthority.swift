import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
public import Sealing

/// A time-stamping authority that is asked by HTTP (RFC 3161, section 3.4).
///
/// The operator names it, so it may be anywhere, in the organisation's own network too. It gets a digest and a random number. What it answers
/// counts by its signature alone, so that http is as good as https; nothing that it says leads anywhere else.
public struct TimeStampAuthority: Sendable {
    private static let largestAnswer = 64 << 10

    private let address: String
    private let configuration: HTTPClient.Configuration
    /// For all of an exchange.
    private let seconds: Int64

    /// `caFile`: whose TLS certificates to believe, in place of those that the system believes.
    ///
    /// - Throws: `AuthorityFault.address`, `.certificates`.
    public init(address: String, caFile: String? = nil, seconds: Int64 = 30) throws(AuthorityFault) {
        guard Target(address) != nil else { throw .address }
        self.address = address
        self.seconds = seconds
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(seconds), read: .seconds(seconds)),
            decompression: .disabled)
        configuration.httpVersion = .http1Only
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let caFile {
            tls.trustRoots = .file(caFile)
            // Read here, so that a file that cannot be read is told as that.
            guard (try? NIOSSLContext(configuration: tls)) != nil else { throw .certificates }
        }
        configuration.tlsConfiguration = tls
        self.configuration = configuration
    }

    /// Hands the request over, and gives back the answer as it came.
    ///
    /// - Throws: `AuthorityFault`.
    public func answer(to query: TimeStampRequest) async throws -> [UInt8] {
        do {
            return try await withThrowingTaskGroup(of: [UInt8].self) { group in
                group.addTask { try await exchange(query) }
                group.addTask {
                    // The client's own limit ends with the head of an answer.
                    try await Task.sleep(for: .seconds(seconds))
                    throw AuthorityFault.unreachable
                }
                defer { group.cancelAll() }
                guard let first = try await group.next() else { throw AuthorityFault.unreachable }
                return first
            }
        } catch let fault as AuthorityFault {
            throw fault
        } catch {
            throw AuthorityFault.unreachable
        }
    }

    private func exchange(_ query: TimeStampRequest) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: address)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/timestamp-query")
        request.headers.add(name: "Accept", value: "application/timestamp-reply")
        request.headers.add(name: "User-Agent", value: "muniment")
        request.body = .bytes(query.der)
        return try await HTTPClient.withHTTPClient(configuration: configuration) { [request] client in
            let answer = try await client.execute(request, timeout: .seconds(seconds))
            guard answer.status == .ok else { throw AuthorityFault.status(Int(answer.status.code)) }
            var bytes: [UInt8] = []
            for try await part in answer.body {
                bytes += part.readableBytesView
                guard bytes.count <= Self.largestAnswer else { throw AuthorityFault.tooLong }
            }
            return bytes
        }
    }
}

/// Why an authority gave no answer.
public enum AuthorityFault: Error, Hashable, Sendable {
    case address
    case certificates
    /// Nobody there, not in time, or not by a TLS certificate that is believed.
    case unreachable
    case status(Int)
    case tooLong

    public var userMessage: String {
        switch self {
        case .address: "The authority's address is not one. It begins with http:// or https://."
        case .certificates: "The --ca-file cannot be read. It has certificates in PEM."
        case .unreachable:
            "The time-stamping authority cannot be reached, or took too long. Certificates without a time stamp stay as they are: try again."
        case .status(let code):
            "The time-stamping authority answered \(code). Certificates without a time stamp stay as they are: try again."
        case .tooLong: "The time-stamping authority's answer is too long to be one."
        }
    }
}
