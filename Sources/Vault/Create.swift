internal import Ledger
internal import Rules
public import Sealing
internal import Storage

/// What a new vault is made from.
public struct NewVault: Sendable {
    /// The ledger's identity for ever: a schema-less URL such as `vault.wealdshire.example/ledger`.
    public let origin: String
    /// Where the anchor is kept: another disk than the vault's, if possible. From the vault's folder when it does not begin with `/`.
    public let anchorPath: String
    public let custody: Custody
    public let administrator: Administrator
    /// `categories.yaml` and `agreement.yaml`.
    public let policies: [PolicyFile: [UInt8]]

    public struct Administrator: Sendable {
        public let username: String
        public let name: String
        public let organisation: String

        public init(username: String, name: String, organisation: String) {
            self.username = username
            self.name = name
            self.organisation = organisation
        }
    }

    public init(
        origin: String, anchorPath: String, custody: Custody, administrator: Administrator,
        policies: [PolicyFile: [UInt8]]
    ) {
        self.origin = origin
        self.anchorPath = anchorPath
        self.custody = custody
        self.administrator = administrator
        self.policies = policies
    }
}

extension DocumentVault {
    /// The party that runs the vault: the council, whose administrator has no content.
    private static let operatingParty = Party.education
    private static let administratorRole: Role = "ADM"

    /// Makes a vault, whole or not at all: it is built aside and renamed.
    ///
    /// `folder`: must not exist, or be empty.
    /// `secret`: the passphrase, or the key file's bytes.
    /// `password`: the first administrator's.
    ///
    /// - Throws: `StorageError.alreadyExists`, `.notWritable`; `VaultError.policy`, `.invalid`.
    public static func create(
        _ new: NewVault, in folder: String, unlockedBy secret: Key,
        password: Key, environment: VaultEnvironment
    ) async throws {
        let anchorPath = VaultMarker.resolve(new.anchorPath, beforeThereIs: folder)
        guard try isFree(folder), !Folder.exists(anchorPath) else { throw StorageError.alreadyExists }
        guard KeyName(new.origin) != nil else {
            throw VaultError.invalid(field: "origin", reason: "use a name such as vault.county.example/ledger")
        }
        let agreement = try loadAgreement { new.policies[$0] }
        let aside = folder + ".new-" + Hex.encode(environment.random.bytes(4))
        do {
            try Folder.create(aside)
            let keys = try await makeKeyring(aside, new.custody, secret, environment)
            try ObjectStore.create(vaultFolder: aside)
            try await makeRecords(aside, new, agreement, keys, password, environment)
            try Folder.write(
                VaultMarker(id: keys.vault, anchorPath: new.anchorPath).bytes, to: aside + "/" + VaultMarker.name)
            try Folder.rename(aside, to: folder)
        } catch {
            // Harmless when these fail: what is left is no vault, and its name says what it is.
            try? Folder.removeTree(aside)
            try? Folder.remove(anchorPath)
            throw error
        }
        try Folder.syncParent(of: folder)
    }

    static func isFree(_ folder: String) throws -> Bool {
        guard Folder.exists(folder) else { return true }
        return try Folder.names(in: folder).isEmpty
    }

    private static func makeKeyring(
        _ folder: String, _ custody: Custody, _ secret: Key, _ environment: VaultEnvironment
    ) async throws -> Keychain {
        let random = environment.random
        let vault = VaultID(from: random)
        let root = try Key(from: random)
        let row = CustodyRow(
            kind: CustodyRow.kind(of: custody), custody: custody,
            sealed: try custody.wrap(root, with: secret.secret, vault: vault.bytes, random: random))
        let owners =
            Party.allCases.map { (WrappedKey.Kind.party, $0.rawValue) }
            + Keychain.Service.allCases.map { (WrappedKey.Kind.service, $0.rawValue) }
        let rootKey = Keychain.VersionedKey(version: row.version, key: root)
        let now = environment.now()
        let wrapped = try owners.map { kind, owner in
            Keychain.wrap(
                try Key(from: random), kind, Array(owner.utf8), under: rootKey, vault: vault, created: now,
                random: random)
        }
        let keyring = try KeyringStore(vaultFolder: folder, isNew: true)
        try await keyring.write { writing in
            try writing.insert(vault: vault)
            try writing.put(row)
            for key in wrapped { try writing.insert(key) }
        }
        let keys = try await Keychain.unlock(root: rootKey, vault: vault, keyring: keyring)
        try await keyring.close()
        return keys
    }

    private static func makeRecords(
        _ folder: String, _ new: NewVault, _ agreement: Agreement, _ keys: Keychain,
        _ password: Key, _ environment: VaultEnvironment
    ) async throws {
        let keyring = try KeyringStore(vaultFolder: folder)
        let records = try RecordsStore(vaultFolder: folder, integrity: try keys.integrity, isNew: true)
        let anchor = try Anchor(
            path: VaultMarker.resolve(new.anchorPath, in: folder), origin: new.origin,
            keys: keys)
        let vault = DocumentVault(
            id: keys.vault, origin: new.origin, readOnlyReason: nil, records: records, keyring: keyring,
            objects: try ObjectStore(vaultFolder: folder), keys: keys, environment: environment, anchor: anchor,
            hold: try VaultHold(folder: folder), folder: folder,
            policies: Policies(Policy(entry: 0, agreement: agreement)))
        try await vault.writeFirstEntries(new, password)
        try await anchor.advance(to: records, isNew: true)
        try await vault.close()
    }

    private func writeFirstEntries(_ new: NewVault, _ password: Key) async throws {
        let organisation = try organisationRow(
            try PlainText.line(new.administrator.organisation, field: "organisation"), party: Self.operatingParty)
        let person = try await personRow(
            NewPerson(
                username: new.administrator.username, name: new.administrator.name, organisation: organisation.id,
                roles: [Self.administratorRole]), password: password)
        let administrator = Caller(
            person: person.id,
            memberships: [
                .init(organisation: organisation.id, party: Self.operatingParty, role: Self.administratorRole)
            ])
        let now = environment.now()
        let created = try row(Event(.vaultCreated, by: administrator).on(["vault": "\(id)", "origin": origin]))
        let added = [
            try row(Event(.organisationAdded, by: administrator).on(["organisation": "\(organisation.id)"])),
            try row(Event(.personAdded, by: administrator).on(["person": "\(person.id)", "roles": "ADM"])),
        ]
        let policies = try PolicyFile.allCases.map { file in
            let text = new.policies[file] ?? []
            let object = ["policy": file.rawValue, "sha256": Digest.sha256(text).hex]
            return (file, text, try row(Event(.agreementActivated, by: administrator).on(object)))
        }
        let vault = VaultRow(id: id, origin: origin, created: now)
        let isInForce = agreement.covers(environment.today())
        try await records.write { transaction in
            try transaction.insert(vault)
            try transaction.insert(organisation)
            try transaction.insert(person, in: organisation.id, as: [Self.administratorRole])
            _ = try transaction.append(created)
            for row in added { _ = try transaction.append(row) }
            for (file, text, row) in policies {
                let entry = try transaction.append(row)
                try transaction.insert(PolicyRow(name: file.rawValue, text: text, activated: now, entry: entry))
            }
            // There is nothing to wrap yet, so the keyring mirrors the agreement from the start.
            try transaction.put(
                AlignmentRow(policy: try transaction.activePolicy(), isInForce: isInForce, isFinished: true))
        }
    }
}
