internal import Rules

extension ConsentReceipt {
    /// The receipt as JSON with the fields of ISO/IEC TS 27560:2023; what the standard has no field for is in `additional`.
    ///
    /// A recipient and a giver have no address of their own here, so as not to spread it: they are reached through the
    /// controllers.
    ///
    /// - Throws: `VaultError.invalid`.
    public func json27560() throws -> [UInt8] { try SoundReceipt(self).json27560.bytes }
}

extension SoundReceipt {
    private static let giverID = "giver"
    private static let throughControllers: JSON = "Through the controllers named here"

    fileprivate var json27560: JSON {
        [
            "schema_version": "ISO/IEC TS 27560:2023",
            "receipt_id": JSON(receipt.receiptID),
            "record_id": JSON(receipt.recordID),
            "pii_principal_id": JSON(receipt.childID),
            "processing": processing,
            "parties": .list(parties),
            "events": .list(events.map(record)),
            "additional": additional,
        ]
    }

    private var processing: JSON {
        [
            "privacy_notice": JSON(receipt.notice),
            "language": JSON(receipt.language),
            "purpose": JSON(receipt.purposeTitle),
            "purpose_type": JSON(kind.rawValue),
            "lawful_basis": JSON(receipt.lawfulBasis),
            "pii_information": .list(
                receipt.categories.map { ["pii_attribute_id": JSON($0.id), "pii_type": JSON($0.title)] }),
            "pii_controllers": .list(receipt.controllers.map { JSON($0.party) }),
            "collection_method": JSON(receipt.channel),
            "processing_method": JSON(ReceiptWords(kind).method),
            "storage_locations": [JSON(receipt.storage)],
            "retention_period": JSON(receipt.retention),
            "jurisdiction": JSON(receipt.jurisdiction),
            "recipient_third_parties": .list(receipt.recipients.indices.map { JSON(Self.recipientID($0)) }),
            "withdrawal_method": JSON(receipt.withdrawal),
            "privacy_rights": JSON(receipt.rights),
        ]
    }

    private var parties: [JSON] {
        let controllers: [JSON] = receipt.controllers.map {
            [
                "party_id": JSON($0.party), "party_type": "controller", "party_name": JSON($0.name),
                "party_address": JSON($0.address), "party_contact": JSON($0.contact),
            ]
        }
        let recipients: [JSON] = receipt.recipients.enumerated().map { index, recipient in
            [
                "party_id": JSON(Self.recipientID(index)), "party_type": "third-party",
                "party_role": JSON(recipient.role), "party_name": JSON(recipient.person ?? recipient.title),
                "party_address": Self.throughControllers, "party_contact": Self.throughControllers,
            ]
        }
        let giver: JSON = [
            "party_id": JSON(Self.giverID), "party_type": capacity.isSubject ? "pii-principal" : "representative",
            "party_role": JSON(capacity.rawValue), "party_name": JSON(receipt.giver),
            "party_address": Self.throughControllers, "party_contact": Self.throughControllers,
        ]
        return controllers + recipients + [giver]
    }

    /// A yes holds from its day to the last day; nothing else holds for any time.
    private func record(_ event: Event) -> JSON {
        [
            "event_time": JSON(event.time),
            "event_type": event.state.isSaid ? "explicit" : "automatic",
            "event_state": JSON(event.state.rawValue),
            "entity_id": JSON(event.state.isSaid ? Self.giverID : receipt.controllers[0].party),
            "validity_duration": JSON(event.state == .given ? "\(event.day)/\(validUntil)" : "P0D"),
        ]
    }

    private var additional: JSON {
        [
            "issued": JSON(receipt.issued),
            "state": JSON(state.rawValue),
            "purpose_id": JSON(receipt.purpose),
            "authority": JSON(receipt.authority),
            "recorded_by": JSON(receipt.recordedBy),
            "privacy_notice_digest": JSON(receipt.noticeDigest),
            "interpreter": JSON(receipt.interpreter),
            "evidence": JSON(receipt.evidence),
            "continues_on_another_basis": .list(receipt.restsElsewhere.map { JSON($0) }),
        ]
    }

    /// A role may come more than once, with different people.
    private static func recipientID(_ index: Int) -> String { "recipient-\(index + 1)" }
}
