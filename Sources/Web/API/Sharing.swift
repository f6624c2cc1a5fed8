import HTTPTypes
import Rules
import Storage
import Vault

/// What families say, and what restrains or opens beyond the agreement: consents, restraints, the young person's choices, emergencies.
enum Sharing {
    static func consents(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(Page(try await call.vault.consents(about: try call.id("child"), as: caller), call, key: \.id))
    }

    static func consent(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(try await call.vault.consent(try call.id("consent"), as: caller))
    }

    static func recordConsent(_ call: Call, _ caller: Caller) async throws -> Answer {
        let roles: [Role] = call.words("roles")
        let isForProfessionals = roles.contains { call.vault.agreement.capacity(of: $0) == nil }
        let terms = ConsentTerms(
            kind: try call.choice("kind"),
            purpose: Purpose(
                rawValue: call.optionalText("purpose") ?? (isForProfessionals ? "ehc.assessment" : "ehc.participation")),
            categories: call.words("categories"), roles: roles, giver: call.optionalText("giver") ?? "",
            capacity: try call.optionalText("capacity") == nil ? .parent : call.choice("capacity"),
            authority: try call.text("authority"),
            evidence: try call.optionalText("evidence") == nil ? nil : call.id(in: "evidence"),
            notice: try call.text("notice"), language: call.optionalText("language") ?? "en",
            channel: try call.text("channel"), interpreter: call.optionalText("interpreter"),
            until: try call.day("until"))
        let new = NewConsent(
            isRefusal: call.input["isRefusal"]?.flag ?? false, terms: terms,
            recipient: call.optionalText("recipient"), giver: call.optionalText("account"))
        let id = try await call.vault.recordConsent(new, about: try call.id("child"), as: caller)
        return try .created(Named(id: "\(id)"), at: "/v1/consents/\(id)")
    }

    static func withdrawConsent(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.withdrawConsent(try call.id("consent"), note: call.optionalText("note"), as: caller)
        return .nothing
    }

    /// The receipt as a page, after ISO/IEC TS 27560 or as FHIR.
    static func receipt(_ call: Call, _ caller: Caller) async throws -> Answer {
        let receipt = try await call.vault.receipt(of: try call.id("consent"), as: caller)
        switch call.query["as"] {
        case "fhir": return Answer(bytes: try receipt.fhirR4(), type: "application/fhir+json")
        case "iso27560": return Answer(bytes: try receipt.json27560(), type: "application/json")
        default: return Answer(bytes: Array(try receipt.page().utf8), type: "text/html; charset=utf-8")
        }
    }

    static func restraints(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(Page(try await call.vault.restraints(about: try call.id("child"), as: caller), call, key: \.id))
    }

    static func restrain(_ call: Call, _ caller: Caller) async throws -> Answer {
        let child: ChildID = try call.id("child")
        let id = try await call.vault.restrain(
            try call.text("username"), from: child, on: try call.choice("ground"),
            categories: Set(call.words("categories")), until: try call.optionalDay("until"),
            reason: try call.text("reason"), as: caller)
        return try .created(Named(id: "\(id)"), at: "/v1/children/\(child)/restraints")
    }

    static func liftRestraint(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.liftRestraint(try call.id("restraint"), reason: try call.text("reason"), as: caller)
        return .nothing
    }

    static func rightsHolder(_ call: Call, _ caller: Caller) async throws -> Answer {
        try .json(try await call.vault.rightsHolder(of: try call.id("child"), as: caller))
    }

    static func choose(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.choose(
            try call.choice("choice"), for: try call.text("username"), of: try call.id("child"),
            note: try call.text("note"), as: caller)
        return .nothing
    }

    static func recordCapacity(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.recordCapacity(
            of: try call.id("child"), lacks: call.input["lacksCapacity"]?.flag ?? false, note: try call.text("note"),
            as: caller)
        return .nothing
    }

    static func emergencies(_ call: Call, _ caller: Caller) async throws -> Answer {
        let found = try await call.vault.emergencies(
            unreviewedOnly: call.query["unreviewed"] == "true", as: caller)
        return try .json(Page(found, call, key: \.id))
    }

    static func openEmergency(_ call: Call, _ caller: Caller) async throws -> Answer {
        let child: ChildID =
            try call.optionalText("child") == nil
            ? await call.vault.findInEmergency(try Children.query(call), as: caller) : call.id(in: "child")
        let opened = try await call.vault.openEmergency(for: child, reason: try call.text("reason"), as: caller)
        return try .created(opened, at: "/v1/emergencies")
    }

    static func reviewEmergency(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.reviewEmergency(
            try call.id("emergency"), try call.choice("outcome"), note: try call.text("note"), as: caller)
        return .nothing
    }

    static func delayEmergency(_ call: Call, _ caller: Caller) async throws -> Answer {
        try await call.vault.delayFamilyView(
            of: try call.id("emergency"), until: try call.day("until"), reason: try call.text("reason"), as: caller)
        return .nothing
    }
}
