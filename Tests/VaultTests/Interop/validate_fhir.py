"""Checks that files are FHIR R4 Consent resources, with the models of fhir.resources.

    validate_fhir.py FILE...

The models are those of R4B, in which Consent is as in R4. They check names, cardinality and data types; the codes of
required bindings, the targets of references and the rules of the resource are checked here, from what the models state.
Prints a line for each fault, beginning with the file's name. Exit status: 0 all are sound, 1 some are not.
"""

import pathlib
import sys

from fhir_core.fhirabstractmodel import FHIRAbstractModel
from fhir.resources.R4B.consent import Consent
from pydantic import ValidationError


def faults_of(path):
    try:
        consent = Consent.model_validate_json(path.read_bytes())
    except (ValidationError, ValueError) as error:
        return [f"not a Consent: {error}"]
    return [*binding_faults(consent, "Consent"), *rule_faults(consent)]


def binding_faults(element, place):
    """Codes and reference targets that the element's own definition does not list."""
    for name, field in type(element).model_fields.items():
        stated = field.json_schema_extra or {}
        value = getattr(element, name, None)
        for item in value if isinstance(value, list) else [value]:
            if item is None:
                continue
            here = f"{place}.{field.alias or name}"
            if "enum_values" in stated and item not in stated["enum_values"]:
                yield f"{here}: no such code: {item}"
            targets = stated.get("enum_reference_types")
            if targets and getattr(item, "type", None) not in [None, *targets]:
                yield f"{here}: no such target: {item.type}"
            if isinstance(item, FHIRAbstractModel):
                yield from binding_faults(item, here)


def rule_faults(consent):
    if not (consent.policy or consent.policyRule):
        yield "ppc-1: there is neither a policy nor a policyRule"
    if not consent.patient:
        yield "ppc-2: there is no patient"
    root = consent.provision
    if root and root.type:
        yield "Consent.provision.type: not permitted in the root rule"
    for rule in (root and root.provision) or []:
        if not rule.type:
            yield "Consent.provision.provision.type: required in a nested rule"


def main():
    faults = [f"{path.name}: {fault}" for path in map(pathlib.Path, sys.argv[1:]) for fault in faults_of(path)]
    print("\n".join(faults))
    return 1 if faults else 0


sys.exit(main())
