/// An item that was collected, with what was decided about it.
public struct ReviewedItem: Hashable, Sendable, Codable {
    public var item: ReviewItem
    public var decision: ItemDecision?
    /// A professional was asked for an opinion, which has not come.
    public var isOpinionOpen: Bool

    public init(item: ReviewItem, decision: ItemDecision? = nil, isOpinionOpen: Bool = false) {
        self.item = item
        self.decision = decision
        self.isOpinionOpen = isOpinionOpen
    }
}

/// A package as it lies ready, for one recipient and no other.
public struct ReleasePackage: Hashable, Sendable, Codable {
    public var request: String
    /// Whom it was made for.
    public var recipient: String
    /// The items whose content is in it.
    public var items: Set<String>
    public var approvedBy: String?
    public var approvedOn: Day?

    public init(
        request: String, recipient: String, items: Set<String>, approvedBy: String? = nil, approvedOn: Day? = nil
    ) {
        self.request = request
        self.recipient = recipient
        self.items = items
        self.approvedBy = approvedBy
        self.approvedOn = approvedOn
    }
}

/// Why a package may not be released.
public enum ReleaseFault: Hashable, Sendable {
    case request([RequesterFault])
    case madeForAnotherRequest
    case madeForAnotherRecipient
    case notApproved
    case approvedByRequester
    case approvedByDecider(item: String)
    case approvedByRedactor(item: String)
    case approvedBeforeDecision(item: String)
    case undecided(item: String)
    case opinionOpen(item: String)
    case redactorUnknown(item: String)
    case faulty(item: String, [ReviewFault])
    /// An item that is to be released is not in the package.
    case missing(item: String)
    /// An item is in the package that is withheld, separated or was never collected.
    case notToBeReleased(item: String)
    /// Two decisions on one item.
    case decidedTwice(item: String)

    /// What is wrong and what can be done about it.
    public var userMessage: String {
        switch self {
        case .request(let faults): faults.map(\.userMessage).joined(separator: " ")
        case .madeForAnotherRequest: "The package was made for another request. Make one for this."
        case .madeForAnotherRecipient: "The package was made for somebody else. It is never given to another."
        case .notApproved: "Nobody has approved the package. A second person must."
        case .approvedByRequester: "The requester cannot approve the package. Another person must."
        case .approvedByDecider(let item): "Who approved also decided on item \(item). Another person must approve."
        case .approvedByRedactor(let item): "Who approved also redacted item \(item). Another person must approve."
        case .approvedBeforeDecision(let item): "Item \(item) was decided on after the approval. Approve again."
        case .undecided(let item): "Item \(item) is undecided. Decide on it."
        case .opinionOpen(let item): "An opinion on item \(item) is awaited. Wait for it, or decide anew."
        case .redactorUnknown(let item): "Who redacted item \(item) is not recorded. Redact it."
        case .faulty(let item, let faults): "Item \(item): \(faults.map(\.userMessage).joined(separator: " "))"
        case .missing(let item): "Item \(item) is to be released and is not in the package. Make the package again."
        case .notToBeReleased(let item): "Item \(item) is in the package and must not be. Make the package again."
        case .decidedTwice(let item): "Item \(item) is listed twice. Keep one decision."
        }
    }
}

extension RightsPolicy {
    /// Judges a package on the day of its release: everything anew, since an opinion ages and a child grows up.
    ///
    /// `reviewed`: everything that was collected for the request, each item once.
    ///
    /// - Returns: All that keeps it from being released; empty if it may go.
    public func judge(
        _ package: ReleasePackage, of reviewed: [ReviewedItem], for request: ReviewRequest, on today: Day
    ) -> [ReleaseFault] {
        var faults: [ReleaseFault] = []
        let requestFaults = judge(request, on: today)
        if !requestFaults.isEmpty { faults.append(.request(requestFaults)) }
        if package.request != request.id { faults.append(.madeForAnotherRequest) }
        if package.recipient != request.recipient { faults.append(.madeForAnotherRecipient) }
        if let approver = package.approvedBy, let day = package.approvedOn, day <= today {
            if approver == request.requester { faults.append(.approvedByRequester) }
        } else {
            faults.append(.notApproved)
        }
        var seen: Set<String> = []
        for entry in reviewed {
            if !seen.insert(entry.item.id).inserted { faults.append(.decidedTwice(item: entry.item.id)) }
            faults += judge(entry, in: package, for: request, known: requestFaults, on: today)
        }
        return faults + package.items.subtracting(seen).sorted().map { .notToBeReleased(item: $0) }
    }

    private func judge(
        _ entry: ReviewedItem, in package: ReleasePackage, for request: ReviewRequest, known: [RequesterFault],
        on today: Day
    ) -> [ReleaseFault] {
        let id = entry.item.id
        var faults: [ReleaseFault] = entry.isOpinionOpen ? [.opinionOpen(item: id)] : []
        guard let decision = entry.decision else { return faults + [.undecided(item: id)] }

        let knownFaults = known.map { ReviewFault.requester($0) }
        let wrong = judge(decision, of: entry.item, for: request, on: today).filter { !knownFaults.contains($0) }
        if !wrong.isEmpty { faults.append(.faulty(item: id, wrong)) }
        if decision.outcome == .redact, decision.redactedBy == nil { faults.append(.redactorUnknown(item: id)) }
        if let approver = package.approvedBy {
            if approver == decision.decidedBy { faults.append(.approvedByDecider(item: id)) }
            if approver == decision.redactedBy { faults.append(.approvedByRedactor(item: id)) }
        }
        if let day = package.approvedOn, day < decision.decidedOn { faults.append(.approvedBeforeDecision(item: id)) }
        if decision.shows, !package.items.contains(id) { faults.append(.missing(item: id)) }
        if !decision.shows, package.items.contains(id) { faults.append(.notToBeReleased(item: id)) }
        return faults
    }
}
