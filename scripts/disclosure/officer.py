"""What a data protection officer makes of make_case.py's manifest: plans of redaction, and decisions."""

import datetime
import unicodedata

# The manifest's grounds, each with what may be cited for it, the best first; what does not cover the data, or does not
# hold against the requester, is passed over.
GROUNDS = {
    "third-party": ["S2-P3-16"],
    "not-personal": ["S2-P3-16"],
    "privilege": ["S2-P4-19", "S2-P3-16"],
    "crime": ["S2-P1-2"],
    "social-work-harm": ["S3-P3-11", "S2-P3-16"],
    "health-harm": ["S3-P2-5", "S2-P3-16"],
    "child-abuse": ["S3-P5-21", "S3-P3-11", "S3-P2-5", "S2-P3-16"],
}
COVERS = {"S2-P4-19": "legal-advice", "S3-P3-11": "social-work", "S3-P2-5": "health", "S3-P5-21": "child-abuse"}
PARENTS_ONLY = {"S3-P5-21"}
# What documents are made of, as the vault takes them to be by their category; anything else it leaves to the reviewer.
DATA = {
    "D03": ["education"],
    "D05": ["health"],
    "D07": ["social-work"],
    "D08": ["social-work", "child-abuse"],
    "D12": ["ehc-plan"],
    "D13": ["education"],
    "D14b": ["legal-advice"],
    "D18": ["social-work", "child-abuse"],
}
# By the beginning of a secret's identifier: whom it tells of.
PERSONS = {
    "mother": "family",
    "father": "family",
    "sibling": "other-child",
    "informant": "informant",
    "pupil": "other-child",
    "suspicion": "other",
    "author": "staff-in-role",
    "case": "staff-in-role",
    "keyword": "staff-in-role",
}
NAMES = {"mother-surname", "father-partner", "sibling-name", "informant-name", "pupil-one", "pupil-two"}
NAMES |= {"suspicion", "legal-counsel"}
NUMBERS = ("phone", "postcode", "number", "network", "place")
FACTORS = ["type-of-information", "confidentiality", "steps-to-seek-consent", "capacity", "express-refusal"]
OWN_NAMES = ["Juniper", "Quillfeather"]


def judgement(reasoning):
    return {"by": "dana", "on": str(datetime.date.today()), "reasoning": reasoning}


def standing(recipient):
    """By what right each of the three asks. An order restrains the father, who may have the file all the same."""
    competence = {"isCompetent": True, "judgement": judgement("She is fourteen, and explained it in her own words.")}
    if recipient == "child":
        return {"competence": competence}
    orders = {
        "checked": judgement("Legal services found one order, and it is about the father."),
        "restrainsContact": False,
    }
    if recipient == "parent-b":
        orders["restrainsContact"] = True
        orders["permits"] = judgement("The order is silent on papers; where she lives is blacked out.")
    return {
        "authority": {
            "evidence": ["birth-certificate"],
            "isGivenBySubject": False,
            "isGivenByHolder": False,
            "hasCare": recipient == "parent-a",
            "subjectObjects": False,
        },
        "competence": competence,
        "bestInterests": judgement("She wants both her parents to come to her review prepared."),
        "orders": orders,
    }


def plain(text):
    letters = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in letters if c.isalnum())


def kind(identifier):
    if identifier in NAMES:
        return "name"
    return "number" if identifier.endswith(NUMBERS) else "words"


class Officer:
    """Decides for one recipient as the manifest does."""

    def __init__(self, manifest, recipient):
        self.recipient = recipient
        self.ids = {secret["terms"][0]: secret["id"] for secret in manifest["secrets"]}
        self.hidden = [secret for secret in manifest["secrets"] if recipient in secret["hidden_from"]]

    def data(self, paper):
        """A paper that tells of abuse is of that kind as well."""
        found = list(DATA.get(paper["category"], []))
        decision = paper["decisions"][self.recipient]
        grounds = [redaction["exemption"] for redaction in decision.get("redactions", [])]
        return found if "child-abuse" in found or "child-abuse" not in grounds else [*found, "child-abuse"]

    def exemption(self, ground, data):
        # Health and education come first: what is either is no social work data.
        covered = set(data) - ({"social-work"} if {"health", "education"} & set(data) else set())
        for exemption in GROUNDS[ground]:
            if exemption in PARENTS_ONLY and self.recipient == "child":
                continue
            if COVERS.get(exemption) in (None, *covered):
                return exemption
        raise ValueError(f"nothing can be cited for {ground}")

    def persons(self, redactions):
        """Everybody whom the redactions hide."""
        ids = {self.ids[redaction["terms"][0]] for redaction in redactions}
        return sorted(person for person in PERSONS if any(identifier.startswith(person) for identifier in ids))

    def plan(self, paper, item):
        data = self.data(paper)
        terms = []
        for redaction in paper["decisions"][self.recipient]["redactions"]:
            exemption = self.exemption(redaction["exemption"], data)
            word = kind(self.ids[redaction["terms"][0]])
            terms += [{"text": term, "kind": word, "exemption": exemption} for term in redaction["terms"]]
        return {"item": item, "terms": terms, "keeping": OWN_NAMES}

    def decision(self, paper, item):
        """What the manifest decides of a paper, with the exemptions of the rules and the facts that they ask for."""
        decided = paper["decisions"][self.recipient]
        if paper["category"] == "D10b":
            return {"items": [item], "outcome": "separate", "facts": {"isLawEnforcement": True}}
        if decided["decision"] == "release":
            return {"items": [item], "outcome": "release"}
        data = self.data(paper)
        redactions = decided.get("redactions", [])
        grounds = {redaction["exemption"] for redaction in redactions} or {decided["exemption"]}
        cited = {self.exemption(ground, data) for ground in grounds}
        persons = self.persons(redactions) if redactions else self.withheld(paper)
        if "S2-P3-16" not in cited and decided["decision"] == "redact":
            persons = []
        made = {
            "items": [item],
            "outcome": decided["decision"],
            "citations": [self.citation(exemption, decided.get("reason")) for exemption in sorted(cited)],
            "hides": persons,
            "facts": {"data": data, "thirdParties": [self.third_party(person) for person in persons]},
        }
        if self.recipient == "parent-b" and any(term.startswith("mother") for term in self.secrets(redactions)):
            made["hidesWhereabouts"] = made["facts"]["revealsWhereabouts"] = True
        return made

    def secrets(self, redactions):
        return [self.ids[redaction["terms"][0]] for redaction in redactions]

    def withheld(self, paper):
        """Whose paper it is that is withheld as another's."""
        return {"statement": ["mother"], "photo": ["mother"], "views": ["father"], "sibling": ["sibling"]}.get(
            paper["id"], []
        )

    def citation(self, exemption, reason):
        why = f"{reason or 'Weighed term by term with the holder.'} Seen by two people."
        made = {"exemption": exemption, "reasoning": why, "grounds": {}}
        if exemption == "S3-P5-21":
            made["grounds"] = {"best-interests": "She is safer while those whom it names do not know of it."}
        return made

    def third_party(self, person):
        word = PERSONS[person]
        if word == "staff-in-role":
            why = "An account's name tells nothing of the child, and helps whoever attacks the service."
            return {"id": person, "kind": word, "consent": "not-sought", "whyHidden": why}
        weighed = judgement("It was said in confidence, and to show it would put them in fear.")
        reasonable = {"considered": FACTORS, "isReasonable": False, "judgement": weighed}
        return {"id": person, "kind": word, "consent": "refused", "reasonableness": reasonable}

    # The records

    def part(self, item):
        """Of a part of the records: a decision, and a plan where it holds a secret."""
        number, part = item["number"], item["part"]
        if part["kind"] == "request":
            why = "Who else has asked is that person's own affair."
            return self.hiding(number, "withhold", why, [self.third_party("mother") | {"id": "who-asked"}]), None
        said = plain(" ".join(line["name"] + line["value"] for line in part["lines"]) + part["title"])
        found = [secret for secret in self.hidden if any(plain(term) in said for term in secret["terms"])]
        # Of a restraint the reviewer says why its ground may be known: the family was in court.
        reasoning = "The family was in court when the order was made." if part["kind"] == "restraint" else ""
        if not found:
            return {"items": [number], "outcome": "release", "reasoning": reasoning}, None
        terms = [
            {"text": term, "kind": kind(secret["id"]), "exemption": "S2-P3-16"}
            for secret in found
            for term in secret["terms"]
        ]
        persons = sorted(person for person in PERSONS if any(secret["id"].startswith(person) for secret in found))
        hidden = [self.third_party(person) for person in persons]
        decided = self.hiding(number, "redact", "Another person's affairs are told in it.", hidden)
        return decided | {"reasoning": reasoning}, {"item": number, "terms": terms, "keeping": OWN_NAMES}

    def hiding(self, number, outcome, why, persons):
        return {
            "items": [number],
            "outcome": outcome,
            "citations": [self.citation("S2-P3-16", why)],
            "hides": [person["id"] for person in persons],
            "facts": {"thirdParties": persons},
        }
