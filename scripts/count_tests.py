#!/usr/bin/env python3
"""Counts the test cases of a ctest run: GoogleTest's JSON files, and ctest's own log for what is no GoogleTest binary.

Prints lines `passed|failed|skipped<TAB>name<TAB>why`. A binary that died before it wrote its results is one failure.
"""
import json
import pathlib
import re
import sys

folder = pathlib.Path(sys.argv[1])
# Why a case was skipped stands only in what it printed: the line before its verdict.
log = folder.parent.parent / folder.name / "Testing" / "Temporary" / "LastTest.log"
printed = log.read_text(errors="replace") if log.exists() else ""
reasons = dict((name, why) for why, name in re.findall(r"Skipped\n([^\n]+)\n+\[  SKIPPED \] (\S+)", printed))
counted = set()
for path in sorted(folder.glob("*.json")):
    binary = path.stem
    counted.add(binary)
    for suite in json.loads(path.read_text()).get("testsuites", []):
        for case in suite.get("testsuite", []):
            name = f"{suite['name']}.{case['name']}"
            if case.get("failures"):
                print(f"failed\t{name}\t")
            elif case.get("result") == "SKIPPED":
                print(f"skipped\t{name}\t{reasons.get(name, 'no reason given')}")
            elif case.get("result") == "COMPLETED":
                print(f"passed\t{name}\t")
line = re.compile(r"Test\s+#\d+: (\S+) \.*\s*(\*\*\*)?(\w+)")
for match in line.finditer((folder / "ctest.log").read_text(errors="replace")):
    name, verdict = match.group(1), match.group(3)
    if name not in counted:
        print(f"{'passed' if verdict == 'Passed' else 'failed'}\t{name}\t")
    elif verdict != "Passed" and verdict != "Failed":
        print(f"failed\t{name} ({verdict})\t")
