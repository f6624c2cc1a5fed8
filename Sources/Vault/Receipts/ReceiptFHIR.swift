internal import Rules

extension ConsentReceipt {
    /// The receipt as a FHIR R4 Consent, for a health system to keep.
    ///
    /// It names the child only by the vault's own identifier. While the state is anything but `given` its rule is
    /// `deny`, so that a reader who looks at the rule and not at the status still does the right thing. An agreement
    /// to a service has no rule at all: it permits no sharing.
    ///
    /// - Throws: `VaultError.invalid`.
    public func fhirR4() throws -> [UInt8] { try SoundReceipt(self).fhirR4.bytes }
}

extension SoundReceipt {
    fileprivate var fhirR4: JSON {
        [
            "resourceType": "Consent",
            "meta": ["lastUpdated": JSON(receipt.issued)],
            "identifier": [identifier("consent", receipt.recordID), identifier("receipt", receipt.receiptID)],
            "status": status,
            "scope": scope,
            "category": .list(category),
            "patient": reference("Patient", "child", receipt.childID),
            "dateTime": JSON(newest.time),
            "performer": [performer],
            "organization": .list(
                receipt.controllers.map { reference("Organization", "party", $0.party, display: $0.name) }),
            "sourceReference": receipt.evidence.map { reference("DocumentReference", "document", $0) },
            "policy": [
                ["authority": "https://ico.org.uk", "uri": "https://www.legislation.gov.uk/eur/2016/679/contents"]
            ],
            "policyRule": ["text": JSON(receipt.lawfulBasis)],
            "provision": provision,
        ]
    }

    private var status: JSON {
        switch state {
        case .given: "active"
        case .refused: "rejected"
        case .withdrawn, .expired, .reconfirmRequired: "inactive"
        }
    }

    /// To a health system, a coded scope of treatment would say that medical treatment was agreed to; so a service is text.
    private var scope: JSON {
        guard kind.opensPapers else { return ["text": JSON(ReceiptWords(kind).name)] }
        let code: JSON = [
            "system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy",
        ]
        return ["coding": [code], "text": JSON(ReceiptWords(kind).name)]
    }

    private var category: [JSON] {
        let own = concept("consent-kind", kind.rawValue, ReceiptWords(kind).name)
        guard kind.opensPapers else { return [own] }
        return [
            own,
            ["coding": [["system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IDSCL"]]],
        ]
    }

    private var performer: JSON {
        capacity.isSubject
            ? reference("Patient", "child", receipt.childID, display: receipt.giver)
            : ["type": "RelatedPerson", "display": JSON(receipt.giver)]
    }

    /// R4 allows `type` in nested rules only: the root says when and what for, the rule in it says yes or no.
    private var provision: JSON {
        let purpose = coding("purpose", receipt.purpose, receipt.purposeTitle)
        return [
            "period": period,
            "purpose": [purpose],
            "provision": kind.opensPapers ? [rule(purpose)] : nil,
        ]
    }

    private func rule(_ purpose: JSON) -> JSON {
        [
            "type": state == .given ? "permit" : "deny",
            "period": period,
            "purpose": [purpose],
            "actor": .list(receipt.recipients.map(actor)),
            "action": .list(
                ["access", "disclose"].map {
                    [
                        "coding": [
                            ["system": "http://terminology.hl7.org/CodeSystem/consentaction", "code": JSON($0)]
                        ]
                    ]
                }),
            "class": [["system": "http://hl7.org/fhir/resource-types", "code": "DocumentReference"]],
            "code": .list(receipt.categories.map { concept("category", $0.id, $0.title) }),
        ]
    }

    private var period: JSON {
        guard state == .given else {
            return ["start": JSON(newest.state == state ? newest.time : receipt.issued)]
        }
        return ["start": JSON(newest.time), "end": JSON("\(validUntil)")]
    }

    /// `PRCP`: the primary recipient of the information. A person is not identified by a role: that would admit everybody
    /// who has it.
    private func actor(_ recipient: ConsentReceipt.Recipient) -> JSON {
        let role: JSON = [
            "coding": [["system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "PRCP"]],
            "text": JSON(recipient.title),
        ]
        return [
            "role": role,
            "reference": [
                "identifier": recipient.person == nil ? identifier("role", recipient.role) : nil,
                "display": JSON(recipient.person ?? recipient.title),
            ],
        ]
    }

    private func reference(_ type: JSON, _ list: String, _ value: String, display: String? = nil) -> JSON {
        ["type": type, "identifier": identifier(list, value), "display": JSON(display)]
    }

    private func concept(_ list: String, _ code: String, _ title: String) -> JSON {
        ["coding": [coding(list, code, title)], "text": JSON(title)]
    }

    private func coding(_ list: String, _ code: String, _ title: String) -> JSON {
        ["system": system(list), "code": JSON(code), "display": JSON(title)]
    }

    private func identifier(_ list: String, _ value: String) -> JSON { ["system": system(list), "value": JSON(value)] }

    private func system(_ list: String) -> JSON { JSON("urn:x-muniment:\(list)") }
}
