import HTTPTypes
import Hummingbird
import NIOCore
import Rules
import Sealing
import Storage
import Vault

/// Packages on their way to whom they are for.
enum Packages {
    private static let passphrase: Form.Field = .optionalSecret("passphrase", atMost: 127)
    static let disclosure: [Form.Field] = [
        .text("recipient"), .optionalText("form", of: ["zip", "pdf", "age"]), passphrase, .optionalText("keys"),
    ]
    static let taking: [Form.Field] = [.optionalText("form", of: ["zip", "pdf"]), passphrase]

    static func disclose(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.package { delivery in
            try await call.vault.disclose(
                try call.id("request"), to: try call.form.text("recipient"), by: delivery, as: caller)
        }
    }

    static func offer(_ call: Call, _ caller: Caller) async throws -> Answer {
        let id: RightsRequestID = try call.id("request")
        let offer = try await call.vault.offer(
            id, to: try call.text("recipient"), days: Int(try call.whole("days")), as: caller)
        return try .created(Named(id: offer.id), at: "/v1/rights-requests/\(id)/offers")
    }

    static func offers(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(Page(try await call.vault.offers(of: try call.id("request"), as: caller), call, key: \.id))
    }

    static func ownOffers(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(Page(try await call.vault.offers(as: caller), call, key: \.id))
    }

    static func withdraw(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.withdraw(try call.id("offer"), as: caller)
        return .nothing
    }

    static func take(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.package { _ in try await call.vault.take(try call.id("offer"), as: caller) }
    }
}

extension Call {
    /// A package that is sealed while it goes out, at the client's pace.
    ///
    /// `make`: says that it goes out. It runs once nothing that can be known beforehand is in the way: how it is sealed, and that there is room.
    ///
    /// - Throws: `Problem`; `.busy`; whatever `make` throws. What fails behind the first block breaks the answer off: never a clean end.
    fileprivate func package(_ make: (PackageDelivery) async throws -> DisclosurePackage) async throws -> Answer {
        let seal = try PackageSeal(form)
        let place = try await Place(in: seal.isBundle ? service.limits.bundles : service.limits.packages)
        if seal.isBundle { try await DisclosurePackage.requirePrograms() }
        let package = try await make(seal.delivery)
        let outflow = Outflow { emit in try await seal.write(package, emit) }
        let first = try await outflow.next() ?? []
        var answer = Answer(status: .ok)
        answer.headers[.contentType] = seal.mediaType
        answer.headers[.contentDisposition] = #"attachment; filename="package.\#(seal.delivery.rawValue)""#
        answer.body = .stream(body(of: outflow, beginningWith: first, place))
        return answer
    }

    private func body(of outflow: Outflow, beginningWith first: [UInt8], _ place: Place) -> ResponseBody {
        ResponseBody { writer in
            defer { withExtendedLifetime(place) {} }
            var block: [UInt8]? = first
            while let bytes = block {
                // As for a document: the loop has to come round to say that the client is behind.
                try await eventLoop.submit {}.get()
                try await writer.write(ByteBuffer(bytes: bytes))
                do {
                    block = try await outflow.next()
                } catch {
                    service.log(fault: error, reference: reference, route: route)
                    throw error
                }
            }
            try await writer.finish(nil)
        }
    }
}

/// How a package is sealed.
private enum PackageSeal: Sendable {
    case zip(Key)
    case pdf(Key)
    case age([AgeRecipient])

    /// - Throws: `Problem`; `VaultError.invalid`.
    init(_ form: Form) throws {
        let (passphrase, keys) = (form.optionalSecret("passphrase"), form.optionalText("keys"))
        switch (form.optionalText("form") ?? "zip", passphrase, keys) {
        case ("zip", let passphrase?, nil): self = .zip(try Self.checked(passphrase))
        case ("pdf", let passphrase?, nil): self = .pdf(try Self.checked(passphrase))
        case ("age", nil, let keys?): self = .age(try Self.recipients(keys))
        default: throw Problem.malformed("A zip file or a PDF has `passphrase`, an age file has `keys`, and no other.")
        }
    }

    private static func checked(_ passphrase: Key) throws -> Key {
        do {
            try PackageArchive.requireStrong(passphrase.secret)
        } catch SealingError.archive(.weakPassphrase) {
            throw Problem.passphraseRefused
        }
        // The program that seals a PDF would take it for an option.
        guard passphrase.secret.exposedBytes().first != UInt8(ascii: "-") else { throw Problem.passphraseRefused }
        return passphrase
    }

    private static func recipients(_ keys: String) throws -> [AgeRecipient] {
        do {
            return try keys.split(separator: " ").map { try AgeRecipient(String($0)) }
        } catch is SealingError {
            throw VaultError.invalid(field: "keys", reason: "they are public keys (age1…) with blanks between")
        }
    }

    var isBundle: Bool { delivery == .pdf }

    var delivery: PackageDelivery {
        switch self {
        case .zip: .zip
        case .pdf: .pdf
        case .age: .age
        }
    }

    var mediaType: String {
        switch self {
        case .zip: "application/zip"
        case .pdf: "application/pdf"
        case .age: "application/octet-stream"
        }
    }

    func write(_ package: DisclosurePackage, _ emit: @escaping Outflow.Emit) async throws {
        switch self {
        case .zip(let passphrase): try package.writeZip(passphrase: passphrase, emit: emit)
        case .pdf(let password): try await package.writeBundle(password: password, emit: emit)
        case .age(let recipients): try package.writeAge(to: recipients, emit: emit)
        }
    }
}

extension Problem {
    fileprivate static let passphraseRefused = Problem(
        .unprocessableContent, "passphrase-refused",
        "The passphrase has 16 to 127 characters of plain ASCII, and does not begin with a hyphen. Choose it at random."
    )
}
