import Rules

/// Every question that the exhaustive tests put.
struct Space {
    let agreement: Agreement

    static let renditions: [Rendition] = [
        .original, .extract, .summary, .redacted("consultation"), .redacted("health-sections"), .redacted("elsewhere"),
    ]
    /// How many combinations the yes-or-no facts of a caller have.
    static let flagSets = 0..<64
    /// Those of one to whom all is given, released and owned: on the case or not, with a task or an emergency or not.
    static let standings = flagSets.filter { $0 & 50 == 50 }

    /// Each role in each of its parties, with each category and each of its holders.
    func eachCell(_ body: (AccessFacts) throws -> Void) rethrows {
        for role in agreement.roles {
            for caller in agreement.parties(of: role) {
                for category in agreement.categories {
                    for holder in agreement.holders(of: category) {
                        try body(
                            AccessFacts(
                                .read, category: category, holder: holder, caller: caller, role: role,
                                purpose: "curiosity"))
                    }
                }
            }
        }
    }
}

extension AccessFacts {
    /// The same question with the yes-or-no facts set by the bits of a number.
    func with(flags: Int) -> AccessFacts {
        var facts = self
        facts.isOnCase = flags & 1 != 0
        facts.isOwn = flags & 2 != 0
        facts.hasTaskGrant = flags & 4 != 0
        facts.hasEmergency = flags & 8 != 0
        facts.consents = flags & 16 != 0 ? [.service, .confidentiality, .lawfulBasis] : []
        facts.isReleased = flags & 32 != 0
        return facts
    }

    func with(_ action: AccessAction, _ rendition: Rendition = .original, for purpose: Purpose) -> AccessFacts {
        var facts = self
        facts.action = action
        facts.rendition = rendition
        facts.purpose = purpose
        return facts
    }

    func labelled(_ labels: Set<Label>) -> AccessFacts {
        var facts = self
        facts.labels = labels
        return facts
    }
}

extension AccessDecision {
    var permit: Permit? {
        guard case .permit(let permit) = self else { return nil }
        return permit
    }

    var reason: DenialReason? {
        guard case .deny(let reason) = self else { return nil }
        return reason
    }
}
