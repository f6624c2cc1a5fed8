internal import Ledger
internal import Rules
internal import Sealing
internal import Storage

extension DocumentVault {
    /// Everything that could stand against disposing of something, looked at now: holds first, since they beat everything.
    func checks(
        _ unit: DisposalRow.Unit, _ child: ChildID, _ document: DocumentID?, ground: DisposalGround
    ) async throws -> (checks: [DisposalCheck], rule: DisposalRule?) {
        let at = environment.now().text
        let today = environment.today()
        let holds = try await legalHolds()
        let facts = try await retentionFacts(of: child)
        let documents = facts.items.filter { document == nil || $0.document.id == document }
        var checks: [DisposalCheck] = []
        func add(_ name: String, _ found: [String], _ good: String) {
            checks.append(
                DisposalCheck(
                    name: name, passed: found.isEmpty, found: found.isEmpty ? good : found.joined(separator: "; "),
                    at: at))
        }
        let cases = Set(try await records.read { try $0.cases(of: child) }.map { "\($0.id)" })
        let ofChild = holds.filter { hold in
            hold.binds(on: today)
                && (hold.scope.children.contains("\(child)") || !hold.scope.cases.isDisjoint(with: cases))
        }
        let binding =
            documents.flatMap { holds.binding(holdFacts($0.document), on: today) }
            + (document == nil ? ofChild : [])
        add("legal holds", Set(binding.map { "held for \($0.kind.rawValue)" }).sorted(), "none binds")
        let isRestricted = document.map(facts.restricted.contains) ?? facts.hasRestriction
        add("restrictions", isRestricted ? ["its use is restricted under data protection law"] : [], "none stands")
        if unit == .version, let document {
            let versions = try await records.read { try $0.versions(of: document).count }
            add(
                "other versions", versions < 2 ? ["it is the only one left: dispose of the document"] : [],
                "there are others")
        }
        if unit == .child { add("open cases", facts.hasOpenCase ? ["a case is open"] : [], "none is open") }
        let waiting = try await records.read { try $0.unreviewedEmergencies().count { $0.child == child } }
        add("emergency accesses", waiting > 0 ? ["\(waiting) wait for a review"] : [], "none waits for a review")
        if ground == .request {
            let isAgreed = if let document { try await isErasureAgreed(of: document, about: child) } else { false }
            add(
                "erasure request", isAgreed ? [] : ["no approved request says that it may go"],
                "an approved request says that it may go")
        }
        guard ground == .retention else { return (checks, nil) }
        let (found, rule) = try await due(documents, on: today)
        add("retention schedule", found, "every document is due")
        return (checks, rule)
    }

    /// What the schedule has against it, and the rule that kept the longest of it until now.
    private func due(
        _ documents: [RetainedDocument], on today: Day
    ) async throws -> ([String], DisposalRule?) {
        guard let schedule = try await activeSchedule() else { return (["no schedule is in force"], nil) }
        let plans = documents.map { $0.plan(under: schedule) }
        let found = plans.filter { !$0.isEligible(on: today) }.map { plan in
            plan.blocks.first?.code ?? plan.keepThrough.map { "kept through \($0)" } ?? "no rule"
        }
        let ends = plans.filter { $0.keepThrough != nil }
        guard
            let last = ends.max(by: { left, right in left.keepThrough.map { $0 < right.keepThrough ?? $0 } ?? false }),
            let winner = last.winner, let rule = schedule.rule(winner), let day = last.keepThrough
        else { return (Array(Set(found)).sorted(), nil) }
        let told = DisposalRule(
            id: winner.rawValue, schedule: schedule.version, authority: rule.authority, trigger: rule.triggers,
            keepThrough: "\(day)")
        return (Array(Set(found)).sorted(), told)
    }

    func require(_ checks: [DisposalCheck]) throws {
        let failed = checks.filter { !$0.passed }
        guard failed.isEmpty else {
            throw VaultError.disposalBlocked(failed.map { "\($0.name): \($0.found)" })
        }
    }
}

extension RetentionRule {
    /// What its periods run from.
    fileprivate var triggers: String { keep.flatMap(\.from).map(\.rawValue).joined(separator: ", ") }
}
