import Foundation
import Ledger
import Rules
import Sealing
import Storage
import Synchronization
import Testing

@testable import Vault

/// A larger cast than `Fixture`'s, and a second child, whose rights pass to her within the agreement's term.
struct Ensemble: Sendable {
    struct Member: Sendable {
        let name: String
        let roles: [Role]
        let party: Party
        /// Whose office the person works in; an office of one's own when `nil`.
        var office: String?
    }

    let fixture: Fixture
    let teen: ChildID
    let teenCase: CaseID

    var child: ChildID { fixture.child }
    var caseID: CaseID { fixture.caseID }

    static let cast = [
        Member(name: "quinn", roles: ["P"], party: .family, office: "pat"),
        Member(name: "rhea", roles: ["REP"], party: .family), Member(name: "rob", roles: ["REP"], party: .family),
        Member(name: "tess", roles: ["YP"], party: .family), Member(name: "wendy", roles: ["SW"], party: .socialCare),
        Member(name: "mona", roles: ["SMGR"], party: .education),
        Member(name: "erin", roles: ["EP"], party: .education),
        Member(name: "leo", roles: ["LEG"], party: .education), Member(name: "deb", roles: ["DSL"], party: .education),
        Member(name: "dee", roles: ["DSL", "IGO"], party: .education),
        Member(name: "lena", roles: ["LEAD"], party: .education, office: "hana"),
        Member(name: "sue", roles: ["SCH"], party: .education, office: "hana"),
        Member(name: "dora", roles: ["EP"], party: .education, office: "hana"),
        Member(name: "otto", roles: ["SCH"], party: .education),
        Member(name: "luca", roles: ["LEAD"], party: .education, office: "otto"),
        Member(name: "connie", roles: ["CON"], party: .education), Member(name: "dico", roles: ["DCO"], party: .health),
        Member(name: "ina", roles: ["IGO"], party: .education), Member(name: "igor", roles: ["IGO"], party: .health),
        Member(name: "ivy", roles: ["IGO"], party: .youthJustice), Member(name: "rex", roles: ["REC"], party: .rights),
        Member(name: "mia", roles: ["MED"], party: .rights),
    ]

    /// On the first child's case besides `Fixture.team`, and on the second child's.
    static let team: [(String, Role)] = [
        ("quinn", "P"), ("rhea", "REP"), ("rob", "REP"), ("wendy", "SW"), ("mona", "SMGR"), ("erin", "EP"),
        ("dico", "DCO"),
    ]
    static let teenTeam: [(String, Role)] = [
        ("priya", "HADV"), ("yusuf", "YJS"), ("pat", "P"), ("quinn", "P"), ("rhea", "REP"), ("wendy", "SW"),
    ]

    /// The last Friday of June 2027 is the 25th.
    static let teenBirth = "2011-03-02"

    static let prepared = Task { try await prepare() }

    static func copy() async throws -> Ensemble {
        let original = try await prepared.value
        let folder = try Fixture.scratchFolder()
        try FileManager.default.removeItem(at: folder)
        try FileManager.default.copyItem(at: original.fixture.folder, to: folder)
        let marker = folder.appending(path: "vault/muniment-vault")
        try String(contentsOf: marker, encoding: .utf8)
            .replacingOccurrences(of: original.fixture.folder.path, with: folder.path)
            .write(to: marker, atomically: true, encoding: .utf8)
        let copy = Fixture(
            folder: folder, people: original.fixture.people, caseID: original.caseID, child: original.child)
        return Ensemble(fixture: copy, teen: original.teen, teenCase: original.teenCase)
    }

    private static func prepare() async throws -> Ensemble {
        let fixture = try await Fixture.copy()
        let vault = try await fixture.open()
        let ada = try await fixture.caller("ada", in: vault)
        for member in cast {
            let office: OrganisationID
            if let shared = member.office {
                office = try #require(try await vault.person(shared).memberships.first?.organisation)
            } else {
                office = try await vault.addOrganisation("\(member.name)'s office", party: member.party, as: ada)
            }
            _ = try await vault.addPerson(
                NewPerson(
                    username: member.name, name: "\(member.name) Example", organisation: office, roles: member.roles),
                password: Fixture.password(), as: ada)
        }
        let sam = try await fixture.caller("sam", in: vault)
        let birth = try #require(Day(teenBirth))
        let teen = try await vault.addChild(
            ChildProfile(name: "Sasha Example", dateOfBirth: birth, nhsNumber: nil, upn: nil), as: sam)
        let teenCase = try await vault.openCase(for: teen, purpose: "ehc.assessment", as: sam)
        for (name, role) in team { try await vault.addToTeam(name, role: role, of: fixture.caseID, as: sam) }
        for (name, role) in teenTeam { try await vault.addToTeam(name, role: role, of: teenCase, as: sam) }
        try await vault.close()
        return Ensemble(fixture: fixture, teen: teen, teenCase: teenCase)
    }
}

/// A clock that a test moves.
final class TestClock: Sendable {
    private let state: Mutex<Instant>

    init(_ now: Instant = Fixture.start) { state = Mutex(now) }

    var now: Instant { state.withLock { $0 } }
    func move(to instant: Instant) { state.withLock { $0 = instant } }
}

extension Instant {
    /// So many seconds into a day.
    static func on(_ day: String, seconds: Int64 = 32_400) throws -> Instant {
        Instant(milliseconds: Int64(try #require(Day(day)).number) * 86_400_000).adding(seconds: seconds)
    }
}

extension DocumentVault {
    /// As somebody who has signed in just now: the tests look at many days, and a session lasts hours.
    func person(_ name: String, signedIn: Instant? = nil) async throws -> Caller {
        let id = try await person(named: name)
        var caller = try await records.read { try $0.caller(id) }
        caller.signedIn = signedIn ?? environment.now()
        caller.session = SessionID(from: .system)
        return caller
    }

    func ledgerSize() async throws -> UInt64 { try await records.read { try $0.logSize() } }

    func kinds(since index: UInt64) async throws -> [EventKind] {
        try await records.read { try $0.entries(in: index..<$0.logSize()).map(\.leaf.kind) }
    }
}

extension Ensemble {
    func open(at now: Instant = Fixture.start) async throws -> DocumentVault { try await fixture.open(now: now) }

    func open(_ clock: TestClock, schools: SchoolTerms? = nil) async throws -> DocumentVault {
        let environment = VaultEnvironment(
            now: { clock.now }, day: { $0.dayInUTC }, random: .system, rights: try Fixture.shippedRights(),
            claims: try Fixture.shippedClaims(), schools: schools)
        return try await DocumentVault.open(fixture.vaultPath, unlockedWith: Fixture.secret(), in: environment)
    }

    func day(_ text: String) throws -> Day { try #require(Day(text)) }

    /// `text`: the content; the category's name when `nil`.
    func deposit(
        _ category: Rules.Category, by name: String, labels: Set<Label> = [], on theCase: CaseID? = nil,
        text: String? = nil, in vault: DocumentVault
    ) async throws -> DocumentID {
        let new = NewDocument(
            caseID: theCase ?? caseID, category: category, title: "Title of \(category)", mediaType: .unknown,
            labels: labels)
        let receipt = try await vault.deposit(
            new, content: try content(text ?? "original of \(category)"), as: try await vault.person(name))
        return try #require(DocumentID(receipt.document))
    }

    func add(
        _ kind: Rendition, to document: DocumentID, version: Int64? = nil, by name: String, text: String? = nil,
        in vault: DocumentVault
    ) async throws {
        _ = try await vault.addRendition(
            kind, of: document, version: version, mediaType: .unknown, content: try content(text ?? "\(kind)"),
            as: try await vault.person(name))
    }

    func content(_ text: String) throws -> FileDescriptor {
        try fixture.file("content-\(Hex.encode(RandomSource.system.bytes(8)))", Array(text.utf8))
    }

    func read(
        _ document: DocumentID, _ kind: Rendition? = nil, version: Int64? = nil, purpose: Purpose? = nil,
        as name: String, in vault: DocumentVault
    ) async throws -> String {
        let content = try await vault.open(
            document, WhichForm(version: version, rendition: kind), purpose: purpose, as: try await vault.person(name))
        var bytes: [UInt8] = []
        try content.read { bytes += $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// How a read is refused; `nil` when it is not.
    func refusal(
        _ document: DocumentID, _ kind: Rendition? = nil, version: Int64? = nil, purpose: Purpose? = nil,
        as name: String, in vault: DocumentVault
    ) async -> VaultError? {
        await refusal { _ = try await read(document, kind, version: version, purpose: purpose, as: name, in: vault) }
    }

    func refusal(of work: () async throws -> Void) async -> VaultError? {
        do {
            try await work()
            return nil
        } catch let error as VaultError {
            return error
        } catch {
            Issue.record(error)
            return nil
        }
    }

    /// The documents of a case as somebody sees them; `nil` when there is no such case for the person.
    func list(_ name: String, of theCase: CaseID? = nil, in vault: DocumentVault) async throws -> [DocumentSummary]? {
        do {
            return try await vault.documents(of: theCase ?? caseID, as: try await vault.person(name))
        } catch VaultError.notFound(.theCase) {
            return nil
        }
    }

    func sees(_ name: String, _ document: DocumentID, of theCase: CaseID? = nil, in vault: DocumentVault) async throws
        -> Bool
    {
        try await list(name, of: theCase, in: vault)?.contains { $0.id == "\(document)" } ?? false
    }

    func rendition(_ kind: Rendition, of document: DocumentID, in vault: DocumentVault) async throws -> RenditionRow {
        try #require(try await vault.records.read { try $0.renditions(of: document) }.last { $0.kind == kind })
    }

    /// The parties that have a wrap of the newest such rendition.
    func wraps(_ document: DocumentID, _ kind: Rendition = .original, in vault: DocumentVault) async throws
        -> Set<String>
    {
        let rendition = try await rendition(kind, of: document, in: vault)
        return try await vault.keyring.read { Set(try $0.wraps(of: rendition.key).map(\.party)) }
    }

    func findings(_ vault: DocumentVault) async throws -> [Finding] {
        try await vault.check(readPercent: 100, as: try await vault.person("ada")) { _ in }.findings
    }
}

extension Ensemble {
    static let harmCheck = Result {
        try HarmCheck(seriousHarm: "None was found in it.", thirdParties: "Nobody else is named.")
    }

    func terms(
        _ kind: ConsentKind = .lawfulBasis, categories: [String] = ["D05"], roles: [String] = ["REP"],
        purpose: String = "ehc.participation", until: String = "2027-03-31", capacity: Capacity = .parent
    ) throws -> ConsentTerms {
        ConsentTerms(
            kind: kind, purpose: Purpose(rawValue: purpose), categories: categories.map(Category.init(rawValue:)),
            roles: roles.map(Role.init(rawValue:)), giver: "A Parent", capacity: capacity,
            authority: "Birth certificate seen", notice: "Notice 3", language: "en", channel: "meeting",
            until: try day(until))
    }

    func consent(
        _ terms: ConsentTerms, isRefusal: Bool = false, recipient: String? = nil, giver: String? = nil,
        by name: String = "sam", about child: ChildID? = nil, in vault: DocumentVault
    ) async throws -> ActID {
        try await vault.recordConsent(
            NewConsent(isRefusal: isRefusal, terms: terms, recipient: recipient, giver: giver),
            about: child ?? self.child, as: try await vault.person(name))
    }

    func states(_ consent: ActID, in vault: DocumentVault) async throws -> [ConsentState] {
        try await vault.consent(consent, as: try await vault.person("sam")).events.map(\.state)
    }

    func restrain(
        _ name: String, from child: ChildID? = nil, categories: Set<Rules.Category> = [], until: String? = nil,
        by officer: String = "wendy", in vault: DocumentVault
    ) async throws -> ActID {
        try await vault.restrain(
            name, from: child ?? self.child, on: .courtOrder, categories: categories, until: until.map { try day($0) },
            reason: "Order of the court of 1 October", as: try await vault.person(officer))
    }

    func emergency(
        _ name: String = "deb", for child: ChildID? = nil, signedIn: Instant? = nil, in vault: DocumentVault
    ) async throws -> ActID {
        let opened = try await vault.openEmergency(
            for: child ?? self.child, reason: Self.emergencyReason,
            as: try await vault.person(name, signedIn: signedIn))
        return try #require(ActID(opened.id))
    }

    /// Exactly as long as the agreement asks.
    static let emergencyReason = String(repeating: "!", count: 40)

    func grant(
        _ username: String, _ role: Role, _ documents: Set<DocumentID>, categories: Set<Rules.Category> = [],
        for purpose: Purpose = "ehc.appeal", on theCase: CaseID? = nil, until: String = "2026-10-31",
        by name: String = "sam", in vault: DocumentVault
    ) async throws -> ActID {
        try await vault.grantTask(
            NewTask(
                username: username, role: role, caseID: theCase ?? caseID, documents: documents,
                categories: categories, purpose: purpose, until: try day(until)), as: try await vault.person(name))
    }
}

extension DocumentVault {
    /// A disposal that three people have listed, reviewed and approved.
    func approvedDisposal(
        of target: DisposalTarget, coolingDays: Int = DocumentVault.coolingDays
    ) async throws -> DisposalID {
        let id = try await list(target, ground: .mistake, reason: "Filed by mistake", as: person("rex"))
        try await review(id, as: person("mona"))
        try await approve(id, coolingDays: coolingDays, as: person("dana"))
        return id
    }
}

/// A number that counts down.
final class TestCounter: Sendable {
    private let state: Mutex<Int>

    init(_ start: Int) { state = Mutex(start) }

    func countDown() -> Int {
        state.withLock {
            $0 -= 1
            return $0
        }
    }
}
