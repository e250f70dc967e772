#!/usr/bin/env python3
"""Every code that any source puts into a verdict stands in docs/inspection.md: those of the table of findings, which a
unit test holds against the page as a whole, and those that are written elsewhere.

usage: finding_codes.py SOURCE_FOLDER
"""
import pathlib
import re
import sys

source = pathlib.Path(sys.argv[1])
page = (source / "docs/inspection.md").read_text()
faults, seen = [], set()
for path in sorted(source.glob("src/**/*.cpp")):
    text = path.read_text()
    if path.stem.endswith("_test") or not re.search(r"\b(Finding\b|findings\b)", text):
        continue
    written = re.findall(r"findings\.push_back\(\{\s*\.code\s*=\s*\"(\w+)\"|Finding\{\s*\.code\s*=\s*\"(\w+)\"", text)
    for code in (first or second for first, second in written):
        seen.add(code)
        if f"| `{code}` |" not in page:
            faults.append(f"{path.relative_to(source)} writes the code {code}, which docs/inspection.md does not list")
for code in re.findall(r"\{k\w+, \"(\w+)\", ", (source / "src/inspect/findings.cpp").read_text()):
    seen.add(code)
    if f"| `{code}` |" not in page:
        faults.append(f"docs/inspection.md does not list {code}")
if "not_inspected" not in seen or len(seen) < 50:
    faults.append("the check reads the wrong files")
for code in re.findall(r"^\| `(\w+)` \| \w+ \| (?:info|low|medium|high|critical) \|", page, re.M):
    if code not in seen:
        faults.append(f"docs/inspection.md lists {code}, which nothing writes")

print("\n".join(faults) or f"{len(seen)} codes, all listed")
sys.exit(1 if faults else 0)
