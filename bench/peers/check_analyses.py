#!/usr/bin/env python3
"""Weir's analyses against the same definitions written with PyTorch hooks in float64, number by number.

check-analyses runs both: `models DIR SEED` makes random models, `compare DIR` prints every difference beside what is
allowed and ends with exit code 1 where one is larger.
"""
import json
import sys
from pathlib import Path

from analyses import depth, hooked, neurons, patching, policy, random_models, recall

work = Path(sys.argv[2])
if sys.argv[1] == "models":
    random_models.make(work / "models", int(sys.argv[3]))
    sys.exit()

plan = json.loads((work / "plan.json").read_text())
for name in plan["models"]:
    directory, results = work / "models" / name, work / "results" / name
    if (results / "depth").exists():
        depth.check(name, directory, results / "depth", plan["ids"])
    for norm in plan["norms"]:
        if (results / f"policy-{norm}").exists():
            policy.check(name, directory, results / f"policy-{norm}", norm, [json.loads(line) for line in (work / "answers.jsonl").open()])
    for site in plan["sites"]:
        if (results / f"{site}.csv").exists():
            patching.check(name, directory, results / f"{site}.csv", site, plan["texts"], plan["targets"])
    if (results / "neurons").exists():
        neurons.check(name, directory, results / "neurons")
    if (results / "recall").exists():
        recall.check(name, directory, results / "recall", plan["texts"], plan["targets"][0])
    for receiver in plan["receivers"]:
        if (results / f"recall{receiver}").exists():
            recall.check_receivers(name, directory, results / f"recall{receiver}", plan["texts"], plan["targets"][0], receiver)
sys.exit(len(hooked.failed) > 0)
