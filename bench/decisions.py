#!/usr/bin/env python3
"""Times two policy engines on a rule set equal in kind to the sharing agreement: one process, one core.

    python3 -m venv .venv && .venv/bin/pip install cedarpy casbin
    .venv/bin/python bench/decisions.py RULES.json REQUESTS.json [--seconds 5]

RULES is a list of {"role", "category", "grant"}, the grant being one of the agreement's: M metadata, X extract,
R released, F full, A author, A/F. REQUESTS is a list of {"role", "category", "action"} and, where it is not true,
"onCase": false; the action is see, read or deposit. A permit needs a rule for the role and category that grants the
action, and the caller on the case. Policies are parsed once, beforehand. Each engine must first answer every request
as the rules say; then it answers them over and over. Prints a JSON line for each engine.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import casbin
import cedarpy
from casbin.model import FastModel, Model

ACTIONS = {
    "M": {"see"}, "X": {"see", "read"}, "R": {"see", "read"}, "F": {"see", "read"},
    "A": {"see", "deposit"}, "A/F": {"see", "read", "deposit"},
}
CASBIN_MODEL = """
[request_definition]
r = role, category, action, onCase
[policy_definition]
p = role, category, action
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.onCase && r.role == p.role && r.category == p.category && r.action == p.action
"""
Round = Callable[[], list[bool]]  # answers every request once
Prepare = Callable[[list[dict], list[dict]], Round]


def expected(rules: list[dict], requests: list[dict]) -> list[bool]:
    permitted = {(rule["role"], rule["category"], action) for rule in rules for action in ACTIONS[rule["grant"]]}
    return [r["onCase"] and (r["role"], r["category"], r["action"]) in permitted for r in requests]


def cedar_request(request: dict) -> dict:
    return {
        "principal": f'User::"{request["role"]}"', "action": f'Action::"{request["action"]}"',
        "resource": f'Document::"{request["category"]}"', "context": {"onCase": request["onCase"]},
    }


def cedar(rules: list[dict], requests: list[dict]) -> tuple[object, object, list[dict]]:
    def permit(rule: dict) -> str:
        actions = ", ".join(f'Action::"{action}"' for action in sorted(ACTIONS[rule["grant"]]))
        return (f'permit (principal in Role::"{rule["role"]}", action in [{actions}], '
                f'resource in Category::"{rule["category"]}") when {{ context.onCase }};')

    def entity(kind: str, name: str, parents: list[dict]) -> dict:
        return {"uid": {"type": kind, "id": name}, "attrs": {}, "parents": parents}

    entities = []
    for thing, group, key in (("User", "Role", "role"), ("Document", "Category", "category")):
        for name in sorted({item[key] for item in [*rules, *requests]}):
            entities += [entity(group, name, []), entity(thing, name, [{"type": group, "id": name}])]
    policies = cedarpy.PolicySet.from_str("\n".join(permit(rule) for rule in rules))
    asked = [cedar_request(request) for request in requests]
    return policies, cedarpy.Entities.from_json_str(json.dumps(entities)), asked


def cedar_single(rules: list[dict], requests: list[dict]) -> Round:
    policies, entities, asked = cedar(rules, requests)
    return lambda: [cedarpy.is_authorized(request, policies, entities).allowed for request in asked]


def cedar_batch(rules: list[dict], requests: list[dict]) -> Round:
    policies, entities, asked = cedar(rules, requests)
    return lambda: [result.allowed for result in cedarpy.is_authorized_batch(asked, policies, entities)]


def casbin_with(model: Model, enforcer_of: Callable[[Model], casbin.Enforcer]) -> Prepare:
    def prepare(rules: list[dict], requests: list[dict]) -> Round:
        model.load_model_from_text(CASBIN_MODEL)
        enforcer = enforcer_of(model)
        lines = {(rule["role"], rule["category"], action) for rule in rules for action in ACTIONS[rule["grant"]]}
        enforcer.add_policies([list(line) for line in sorted(lines)])
        asked = [(r["role"], r["category"], r["action"], r["onCase"]) for r in requests]
        return lambda: [enforcer.enforce(*request) for request in asked]

    return prepare


BY_ROLE_AND_CATEGORY = [0, 1]  # what the fast enforcer looks rules up by
ENGINES: dict[str, Prepare] = {
    "cedarpy, one call each": cedar_single,
    "cedarpy, one batch": cedar_batch,
    "casbin Enforcer": casbin_with(Model(), casbin.Enforcer),
    "casbin FastEnforcer": casbin_with(
        FastModel(BY_ROLE_AND_CATEGORY),
        lambda model: casbin.FastEnforcer(model, cache_key_order=BY_ROLE_AND_CATEGORY)),
}


def main() -> None:
    asked = argparse.ArgumentParser(description="Times policy engines on a rule set equal in kind to the agreement.")
    asked.add_argument("rules", type=Path)
    asked.add_argument("requests", type=Path)
    asked.add_argument("--seconds", type=float, default=5, help="how long each engine is asked, at least one round")
    options = asked.parse_args()

    rules = json.loads(options.rules.read_text())
    requests = [{"onCase": True} | request for request in json.loads(options.requests.read_text())]
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for name, prepare in ENGINES.items():
        answer = prepare(rules, requests)
        if answer() != expected(rules, requests):
            raise SystemExit(f"{name}: answers differ from what the rules say, so its speed means nothing")
        start, rounds = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - start) < options.seconds:
            answer()
            rounds += 1
        rate = round(rounds * len(requests) / elapsed)
        print(json.dumps({"engine": name, "rules": len(rules), "requests": len(requests), "decisionsPerSecond": rate}))


if __name__ == "__main__":
    main()
