import HTTPTypes
import Hummingbird
import NIOCore
import Sealing
import Vault

/// Packages on their way to whom they are for.
enum Packages {
    static let passphrase: Form.Field = .secret("passphrase")

    static func disclose(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.package {
            try await call.vault.disclose(try call.id("request"), to: try call.form.text("recipient"), as: caller)
        }
    }
}

extension Call {
    /// A package as a zip file that is sealed while it goes out, at the client's pace.
    ///
    /// `make`: says that it goes out. It runs once nothing that can be known beforehand is in the way: the passphrase will do, and there is room.
    ///
    /// - Throws: `Problem` for a passphrase that is too weak; `.busy`; whatever `make` throws. What fails later breaks the answer off:
    ///   never a clean end.
    fileprivate func package(_ make: () async throws -> DisclosurePackage) async throws -> Answer {
        let passphrase = try form.secret(Packages.passphrase.name)
        do {
            // Made and thrown away: its rule for passphrases is the only one.
            _ = try SealedZip(passphrase: passphrase.secret) { _ in }
        } catch SealingError.zip(.weakPassphrase) {
            throw Problem(
                .unprocessableContent, "passphrase-refused",
                "The passphrase has 16 characters or more, and only those of plain ASCII. Choose it at random.")
        }
        let place = try await Place(in: service.limits.packages)
        let package = try await make()
        var answer = Answer(status: .ok)
        answer.headers[.contentType] = "application/zip"
        answer.headers[.contentDisposition] = #"attachment; filename="package.zip""#
        answer.body = .stream(body(of: package, passphrase, place))
        return answer
    }

    private func body(of package: DisclosurePackage, _ passphrase: Key, _ place: Place) -> ResponseBody {
        ResponseBody { writer in
            defer { withExtendedLifetime(place) {} }
            try await Outflow.carry { emit in
                do {
                    try package.writeZip(passphrase: passphrase, emit: emit)
                } catch {
                    // That the client has gone is no fault.
                    if !(error is Outflow.Unwanted) { service.log(fault: error, reference: reference, route: route) }
                    throw error
                }
            } to: { block in
                // As for a document: the loop has to come round to say that the client is behind.
                try await eventLoop.submit {}.get()
                try await writer.write(ByteBuffer(bytes: block))
            }
            try await writer.finish(nil)
        }
    }
}
