import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Synchronization
import Testing

@testable import Vault

@Suite("How a package reaches who asked", .timeLimit(.minutes(45)))
struct PackageDeliveryTests {
    private let rights = RightsTests()
    private static let phrase = "correct horse battery"

    private func approved(
        _ ensemble: Ensemble, _ vault: DocumentVault, account: String? = "pat"
    ) async throws -> RightsRequestID {
        _ = try await ensemble.deposit("D01", by: "hana", text: "the request itself", in: vault)
        _ = try await ensemble.grant("dana", "DPO", [], categories: ["D01"], for: "rights.request", in: vault)
        let id = try await rights.received(ensemble, vault, requester: rights.requester(account: account))
        _ = try await vault.collect(id, as: vault.person("dana"))
        try await rights.releaseAll(id, in: vault)
        try await vault.approve(id, as: vault.person("mona"))
        return id
    }

    private func offered(_ id: RightsRequestID, _ vault: DocumentVault) async throws -> RightsOfferID {
        let offer = try await vault.offer(id, to: "Pat Example", days: 14, as: vault.person("dana"))
        return try #require(RightsOfferID(offer.id))
    }

    private func key() throws -> Key {
        var words = Array(Self.phrase.utf8)
        return Key(try SecretBytes(wiping: &words))
    }

    private func states(_ vault: DocumentVault, of name: String = "pat") async throws -> [OfferState] {
        try await vault.offers(as: vault.person(name)).map(\.state)
    }

    @Test("an offer is taken once, by the account of the one who asked, and the ledger says by whom")
    func takenOnce() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await approved(ensemble, vault)
        let offer = try await offered(id, vault)
        #expect(try await vault.request(id, as: vault.person("dana")).state == "disclosed")
        #expect(try await states(vault, of: "quinn") == [])
        for other in ["quinn", "dana", "mona"] {
            await #expect(throws: VaultError.notFound(.offer)) {
                _ = try await vault.take(offer, as: vault.person(other))
            }
        }
        #expect(try await states(vault) == [.open])
        let size = try await vault.ledgerSize()
        let package = try await vault.take(offer, as: vault.person("pat"))
        #expect(
            try await vault.kinds(since: size).sorted { $0.rawValue < $1.rawValue } == [
                .documentExported, .packageTaken,
            ])
        let path = try ensemble.fixture.write("package.zip", try rights.zip(package))
        #expect(
            try rights.run("7z", ["x", "-so", "-p\(Self.phrase)", path, "papers/0001.bin"]).contains(
                "the request itself"))
        let looks = try await vault.looks(
            .child(ensemble.child), since: vault.environment.today(), as: vault.person("dana"))
        #expect(looks.contains { $0.kind == "document.exported" && $0.who == "pat" })

        await #expect(throws: VaultError.rights(.offerOver(.taken))) {
            _ = try await vault.take(offer, as: vault.person("pat"))
        }
        #expect(try await states(vault) == [.taken])
        #expect(try await ensemble.findings(vault) == [])
    }

    @Test("of two who take it at once one gets it")
    func race() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let offer = try await offered(try await approved(ensemble, vault), vault)
        let pat = try await vault.person("pat")
        let got = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<6 { group.addTask { (try? await vault.take(offer, as: pat)) != nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(got == 1)
    }

    @Test("a row that says that it was not taken, put back after it was, opens nothing")
    func putBack() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let offer = try await offered(try await approved(ensemble, vault), vault)
        let old = try #require(try await vault.records.read { try $0.rightsOffer(offer) })
        _ = try await vault.take(offer, as: vault.person("pat"))
        try await vault.records.write { try $0.put(old) }
        await #expect(throws: VaultError.rights(.offerOver(.taken))) {
            _ = try await vault.take(offer, as: vault.person("pat"))
        }
    }

    @Test("an offer ends with its day, or when it is taken back")
    func ended() async throws {
        let ensemble = try await Ensemble.copy()
        let clock = TestClock(Fixture.start)
        let vault = try await ensemble.open(clock)
        let id = try await approved(ensemble, vault)
        let (late, withdrawn) = (try await offered(id, vault), try await offered(id, vault))
        await #expect(throws: VaultError.denied(.dutyNotHeld("request.answer"))) {
            try await vault.withdraw(withdrawn, as: vault.person("sam"))
        }
        try await vault.withdraw(withdrawn, as: vault.person("dana"))
        await #expect(throws: VaultError.rights(.offerOver(.withdrawn))) {
            _ = try await vault.take(withdrawn, as: vault.person("pat"))
        }
        clock.move(to: Fixture.start.adding(seconds: 14 * 86_400))
        await #expect(throws: VaultError.rights(.offerOver(.expired))) {
            _ = try await vault.take(late, as: vault.person("pat", signedIn: clock.now))
        }
        await #expect(throws: VaultError.rights(.offerOver(.withdrawn))) {
            try await vault.withdraw(withdrawn, as: vault.person("dana"))
        }
    }

    @Test("nothing is offered without approval, without an account, or to another's name")
    func notOffered() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await approved(ensemble, vault, account: nil)
        let dana = try await vault.person("dana")
        await #expect(throws: VaultError.rights(.noAccount)) {
            _ = try await vault.offer(id, to: "Pat Example", days: 14, as: dana)
        }
        await #expect(throws: VaultError.rights(.wrongRecipient)) {
            _ = try await vault.offer(id, to: "Quinn Example", days: 14, as: dana)
        }
        let unapproved = try await rights.received(ensemble, vault, requester: rights.requester())
        await #expect(throws: VaultError.self) {
            _ = try await vault.offer(unapproved, to: "Pat Example", days: 14, as: dana)
        }
        #expect(try await states(vault) == [])
    }

    @Test("what its officer may not open any more is not handed over, and the offer is still there")
    func officerGone() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let offer = try await offered(try await approved(ensemble, vault), vault)
        _ = try await vault.disablePerson("dana", as: vault.person("ada"))
        await #expect(throws: VaultError.rights(.offerStale)) {
            _ = try await vault.take(offer, as: vault.person("pat"))
        }
        #expect(try await states(vault) == [.open])
    }

    @Test("an organisation's package opens with its key, age and tar, and its signature is good")
    func age() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await approved(ensemble, vault)
        let package = try await vault.disclose(id, to: "Pat Example", by: .age, as: vault.person("dana"))
        let folder = ensemble.fixture.folder.appending(path: "unpacked")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let keyFile = ensemble.fixture.folder.appending(path: "identity.txt").path
        _ = try rights.run("age-keygen", ["-o", keyFile])
        let recipient = try rights.run("age-keygen", ["-y", keyFile]).trimmingCharacters(in: .whitespacesAndNewlines)
        var sealed: [UInt8] = []
        try package.writeAge(to: [AgeRecipient(recipient)]) { sealed += $0 }
        let path = try ensemble.fixture.write("package.age", sealed)
        let tar = ensemble.fixture.folder.appending(path: "package.tar").path
        _ = try rights.run("age", ["-d", "-i", keyFile, "-o", tar, path])
        _ = try rights.run("tar", ["-xf", tar, "-C", folder.path])
        let paper = try String(contentsOf: folder.appending(path: "papers/0001.bin"), encoding: .utf8)
        #expect(paper == "the request itself")
        try await verify(folder, vault)
    }

    @Test(
        "a bundle is one PDF that only the password opens, with the letter, every paper, and the signed files attached")
    func bundle() async throws {
        let ensemble = try await Ensemble.copy()
        let vault = try await ensemble.open()
        let id = try await approved(ensemble, vault)
        let package = try await vault.disclose(id, to: "Pat Example", by: .pdf, as: vault.person("dana"))
        let sink = Sink()
        var short = Array("fifteen letters".utf8)
        let weak = Key(try SecretBytes(wiping: &short))
        await #expect(throws: SealingError.archive(.weakPassphrase)) {
            try await package.writeBundle(password: weak, emit: sink.take)
        }
        #expect(sink.bytes.isEmpty)
        try await package.writeBundle(password: key(), emit: sink.take)
        let path = try ensemble.fixture.write("package.pdf", sink.bytes)
        _ = try rights.run("qpdf", ["--requires-password", path])
        let text = try rights.run("pdftotext", ["-upw", Self.phrase, path, "-"])
        for word in ["Information Commissioner", "papers/0001.bin", "It cannot be shown as pages"] {
            #expect(text.contains(word), "\(word)")
        }
        let folder = ensemble.fixture.folder.appending(path: "attached")
        let papers = folder.appending(path: "papers")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        _ = try rights.run("pdfdetach", ["-upw", Self.phrase, "-saveall", "-o", folder.path, path])
        // Nothing is attached under a path; the manifest has the papers in a folder.
        try FileManager.default.createDirectory(at: papers, withIntermediateDirectories: false)
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name.hasPrefix("0") {
            try FileManager.default.moveItem(at: folder.appending(path: name), to: papers.appending(path: name))
        }
        try await verify(folder, vault)
    }

    /// That the manifest is signed by the vault, and lists each file as it is.
    private func verify(_ folder: URL, _ vault: DocumentVault) async throws {
        let signer = try #require(try await vault.signerCertificate(as: vault.person("rex")))
        let certificate = folder.appending(path: "signer.pem")
        try Data(signer.utf8).write(to: certificate)
        _ = try rights.run(
            "openssl",
            [
                "cms", "-verify", "-binary", "-inform", "DER", "-in", folder.appending(path: "manifest.json.p7s").path,
                "-content", folder.appending(path: "manifest.json").path, "-CAfile", certificate.path, "-purpose",
                "any", "-out", "/dev/null",
            ])
        struct Listed: Decodable { let files: [DisclosurePackage.File] }
        let listed = try JSONDecoder().decode(
            Listed.self, from: Data(contentsOf: folder.appending(path: "manifest.json"))
        ).files
        #expect(listed.count > 4)
        for file in listed {
            let bytes = try Data(contentsOf: folder.appending(path: file.name))
            #expect(Digest.sha256([UInt8](bytes)).hex == file.sha256, "\(file.name)")
        }
    }
}

/// Keeps what it is given.
private final class Sink: Sendable {
    private let kept = Mutex<[UInt8]>([])
    var bytes: [UInt8] { kept.withLock { $0 } }
    func take(_ block: [UInt8]) { kept.withLock { $0 += block } }
}
