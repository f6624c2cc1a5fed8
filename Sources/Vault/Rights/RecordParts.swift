internal import Ledger
internal import Rules
internal import Sealing
internal import Storage

/// A part of what the vault keeps about a child besides documents, as it can be shown to somebody: names and values.
public struct RecordPart: Hashable, Sendable, Codable {
    public struct Line: Hashable, Sendable, Codable {
        public let name: String
        public let value: String
        /// The document that it is about. Whoever gets the part learns of it only by the number that the document has in the package.
        var document: String?

        init(_ name: String, _ value: String?, document: String? = nil) {
            self.name = name
            self.value = value ?? ""
            self.document = document
        }
    }

    public enum Kind: String, CaseIterable, Hashable, Sendable, Codable {
        case profile, looks
        case theCase = "case"
        case consent, release, task, restraint, emergency
        case choices = "young-person"
        case retention, disposal, restriction, statement
        case request
    }

    public let kind: Kind
    /// Of the case, consent or act; of the child, where there is one such part only.
    public let id: String
    public let title: String
    public let lines: [Line]
}

extension DocumentVault {
    /// Everything that the records say of a child, but for the documents: each part can be released, redacted or withheld by itself.
    ///
    /// `request`: the request that this is for, which is not a part of its own answer.
    func recordParts(of snapshot: ChildSnapshot, butFor request: RightsRequestID?) async throws -> [RecordPart] {
        let reader = try await partReader()
        let standing = try standing(snapshot)
        var parts = [try await profilePart(snapshot)]
        parts += try await caseParts(snapshot.child, reader)
        parts += reader.consents(standing, on: environment.today())
        parts += try reader.acts(snapshot, standing)
        parts += try await retentionParts(snapshot)
        parts += try await disposalParts(snapshot.child)
        parts += try await requestParts(snapshot, butFor: request)
        parts.append(try await looksPart(snapshot.child, reader))
        return parts
    }

    private func profilePart(_ snapshot: ChildSnapshot) async throws -> RecordPart {
        guard let row = try await records.read({ try $0.child(snapshot.child) }) else {
            throw VaultError.notFound(.child)
        }
        let profile = try Self.open(row, snapshot.key)
        return RecordPart(
            kind: .profile, id: "\(snapshot.child)", title: "The child",
            lines: [
                .init("Name", profile.name), .init("Date of birth", "\(profile.dateOfBirth)"),
                .init("NHS number", profile.nhsNumber), .init("Unique pupil number", profile.upn),
                .init("Record begun", row.added.text),
            ].filter { !$0.value.isEmpty })
    }

    private func caseParts(_ child: ChildID, _ reader: PartReader) async throws -> [RecordPart] {
        try await records.read { transaction in
            try transaction.cases(of: child).map { ($0, try transaction.team(of: $0.id)) }
        }.map { row, team in
            let members = team.map { member in
                RecordPart.Line(
                    reader.agreement.title(of: member.role) ?? member.role.rawValue,
                    "\(reader.name(of: "\(member.person)", in: member.role)), from \(member.added.text)"
                        + (member.removed.map { " to \($0.text)" } ?? ""))
            }
            return RecordPart(
                kind: .theCase, id: "\(row.id)", title: "Case",
                lines: [
                    .init("What for", reader.agreement.title(of: row.purpose) ?? row.purpose.rawValue),
                    .init("Opened", row.opened.text), .init("Closed", row.closed?.text ?? "open"),
                ] + members)
        }
    }

    private func retentionParts(_ snapshot: ChildSnapshot) async throws -> [RecordPart] {
        let notes = try snapshot.acts.filter { $0.kind == .fact }.map { act in
            let note = try act.body(as: RetentionNote.self, with: snapshot.key.fields)
            return RecordPart.Line(
                "\(act.added.text) \(note.name)",
                [note.day.map { "\($0)" }, note.note]
                    .compactMap { $0 }.joined(separator: ", "))
        }
        guard !notes.isEmpty else { return [] }
        return [
            RecordPart(
                kind: .retention, id: "\(snapshot.child)", title: "What decides how long the record is kept",
                lines: notes)
        ]
    }

    private func disposalParts(_ child: ChildID) async throws -> [RecordPart] {
        let rows = try await records.read { transaction in
            try transaction.disposals().filter { $0.child == child }.map {
                ($0, try transaction.certificate(of: $0.id)?.number)
            }
        }
        return try rows.map { row, certificate in
            let body = try body(of: row)
            return RecordPart(
                kind: .disposal, id: "\(row.id)", title: "Disposal of a \(row.unit.rawValue)",
                lines: [
                    .init("State", row.state.rawValue), .init("Ground", body.ground.rawValue),
                    .init("Reason", body.reason), .init("Listed", body.listed.at.text),
                    .init("Certificate", certificate.map(String.init) ?? "none"),
                ])
        }
    }

    private func requestParts(_ snapshot: ChildSnapshot, butFor own: RightsRequestID?) async throws -> [RecordPart] {
        let rows = try await records.read { try $0.rightsRequests(about: snapshot.child) }
        return try rows.filter { $0.id != own }.map { row in
            let body = try body(of: row, snapshot.key)
            return RecordPart(
                kind: .request, id: "\(row.id)", title: "Request under data protection law",
                lines: [
                    .init("Kind", row.kind), .init("Received", "\(row.received)"), .init("State", row.state),
                    .init("From", "\(body.requester.name), \(body.requester.capacity.rawValue)"),
                    .init("Asked for", body.asked),
                ])
        }
    }

    private func looksPart(_ child: ChildID, _ reader: PartReader) async throws -> RecordPart {
        var lines: [RecordPart.Line] = []
        try await forEachEntry(of: Self.lookKinds, about: child) { entry in
            let (row, event) = (entry.row, entry.event)
            let role = Role(rawValue: event.detail["role"] ?? "")
            let who = [
                reader.name(of: event.actor["person"] ?? "", in: role), reader.agreement.title(of: role),
                Party(number: row.leaf.party)?.rawValue, event.detail["purpose"],
            ].compactMap { $0 }.filter { !$0.isEmpty }
            lines.append(
                .init(
                    entry.time.text,
                    "\(row.leaf.kind.description) · \(who.joined(separator: ", "))", document: event.object["document"])
            )
        }
        return RecordPart(kind: .looks, id: "\(child)", title: "Who has looked", lines: lines)
    }

    /// What turns identifiers into words.
    private func partReader() async throws -> PartReader {
        let people = try await records.read { try $0.people() }
        return PartReader(
            agreement: agreement,
            names: try people.reduce(into: [:]) { $0["\($1.id)"] = try names(of: $1).name })
    }
}

private struct PartReader {
    let agreement: Agreement
    let names: [String: String]

    /// Members of the family are told by their role alone: two parents may not know of each other.
    func name(of person: String, in role: Role) -> String {
        agreement.capacity(of: role) == nil ? names[person] ?? "" : ""
    }

    func consents(_ standing: Standing, on day: Day) -> [RecordPart] {
        standing.consents.sorted { $0.value.givenOn < $1.value.givenOn }.map { id, record in
            let terms = record.terms
            return RecordPart(
                kind: .consent, id: "\(id)", title: "Consent",
                lines: [
                    .init("State", record.state(on: day, in: standing).rawValue), .init("Kind", terms.kind.rawValue),
                    .init("What for", agreement.title(of: Purpose(rawValue: terms.purpose)) ?? terms.purpose),
                    .init("Categories", terms.categories.joined(separator: ", ")),
                    .init(
                        "For",
                        terms.roles.map { agreement.title(of: Role(rawValue: $0)) ?? $0 }
                            .joined(separator: ", ")),
                    .init("Given by", "\(terms.giver), \(terms.capacity.rawValue)"),
                    .init("Authority", terms.authority), .init("Notice shown", terms.notice),
                    .init("Channel and language", "\(terms.channel), \(terms.language)"),
                    .init("Recorded by", record.recordedBy), .init("Until", "\(terms.until)"),
                ]
                    + record.events.map { event in
                        .init(
                            event.time.text,
                            [event.state.rawValue, event.note].compactMap { $0 }.joined(separator: ": "))
                    })
        }
    }

    /// Releases, tasks, restraints, emergencies and a young person's choices, each as it was written down.
    func acts(_ snapshot: ChildSnapshot, _ standing: Standing) throws -> [RecordPart] {
        let fields = snapshot.key.fields
        return try snapshot.acts.compactMap { act in
            func part(_ kind: RecordPart.Kind, _ title: String, _ lines: [(String, String?)]) -> RecordPart {
                RecordPart(
                    kind: kind, id: "\(act.id)", title: title,
                    lines: [.init("When", act.added.text)]
                        + lines.map { .init($0.0, $0.1) }.filter { !$0.value.isEmpty })
            }
            switch act.kind {
            case .consent, .end, .fact, .leave, .telling: return nil
            case .restriction, .statement: return try Self.measure(act, fields)
            case .release:
                let body = try act.body(as: ReleaseBody.self, with: fields)
                return part(
                    .release, "Release to the family",
                    [
                        ("Serious harm", body.check?.seriousHarm),
                        ("Other people", body.check?.thirdParties),
                    ])
            case .grant:
                let body = try act.body(as: GrantBody.self, with: fields)
                return part(
                    .task, "Task",
                    [
                        ("Who", act.person.map { name(of: "\($0)", in: Role(rawValue: body.role)) }),
                        ("Role", agreement.title(of: Role(rawValue: body.role))), ("What for", body.purpose),
                        ("What", (body.categories + body.documents).joined(separator: ", ")),
                        ("Until", act.until?.text),
                    ])
            case .restraint:
                let body = try act.body(as: RestraintBody.self, with: fields)
                return part(
                    .restraint, "Restraint on a person",
                    [
                        ("Ground", body.ground.rawValue), ("Categories", body.categories.joined(separator: ", ")),
                        ("Reason", body.reason), ("Until", act.until?.text),
                    ])
            case .emergency:
                let body = try act.body(as: EmergencyBody.self, with: fields)
                return part(
                    .emergency, "Emergency access",
                    [
                        ("Who", act.person.map { name(of: "\($0)", in: Role(rawValue: body.role)) }),
                        ("Role", agreement.title(of: Role(rawValue: body.role))), ("Reason", body.reason),
                        ("Review", standing.emergencies[act.id]?.review.map { "\($0.outcome.rawValue): \($0.note)" }),
                    ])
            case .review, .delay: return nil
            case .choice:
                let body = try act.body(as: ChoiceBody.self, with: fields)
                return part(
                    .choices, "The young person's choice", [("Choice", body.choice.rawValue), ("Note", body.note)])
            case .capacity:
                let body = try act.body(as: CapacityBody.self, with: fields)
                return part(
                    .choices, "Capacity", [("Lacks capacity", body.lacksCapacity ? "yes" : "no"), ("Note", body.note)])
            }
        }
    }

    /// What has followed from another request.
    private static func measure(_ act: ActRow, _ fields: Key) throws -> RecordPart {
        guard act.kind == .statement else {
            let body = try act.body(as: RestrictionBody.self, with: fields)
            return RecordPart(
                kind: .restriction, id: "\(act.id)", title: "Restriction of use",
                lines: [
                    .init("When", act.added.text), .init("Ground", body.ground.title), .init("Reason", body.reason),
                ])
        }
        let body = try act.body(as: StatementBody.self, with: fields)
        return RecordPart(
            kind: .statement, id: "\(act.id)", title: "Statement",
            lines: [
                .init("When", act.added.text), .init("Kind", body.kind.rawValue),
                .init("Text", body.text, document: act.document.map { "\($0)" }),
            ])
    }
}
