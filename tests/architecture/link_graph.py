#!/usr/bin/env python3
"""Holds the architecture: which folder may include which, who owns each outside library, what the binaries link.

usage: link_graph.py SOURCE_FOLDER SERVER_BINARY INSPECTOR_BINARY
"""
import pathlib
import re
import subprocess
import sys

# What a folder's own sources may include of ours. Tests beside the code may include anything.
KNOWS = {
    "base": set(),
    "document": {"base"},
    "config": {"base", "document"},
    "aws": {"base", "document"},
    "intake": {"base", "document"},
    "obs": {"base", "document", "intake"},
    "inspect": {"base", "document", "intake"},
    "sandbox": {"base", "document", "inspect"},
    "objects": {"aws", "base", "document", "intake"},
    "metadata": {"aws", "base", "document", "intake"},
    "http": {"base", "document", "intake"},
    "sample": {"base"},
    "app": {"aws", "base", "document", "config", "intake", "obs", "inspect", "objects", "metadata", "http", "sample"},
}
# Rooms within a folder, and which others of it they may know; all may know what lies in the folder itself.
ROOMS = {
    "aws/credentials": set(), "aws/curl": set(), "aws/dynamodb": set(), "aws/s3": set(),
    "http/api": set(), "http/edge": set(),
    "metadata/dynamodb": set(), "metadata/sqlite": set(),
    "objects/files": set(), "objects/s3": set(),
    "sandbox/jail": set(), "sandbox/rules": set(), "sandbox/types": {"rules"}, "sandbox/pdf": {"rules", "types"},
}
# Outside headers and the one folder, or room, that may include them.
OWNERS = {
    r"boost/(asio|beast)": {"http/edge"},
    r"boost/json": {"document"},
    r"qpdf/": {"sandbox"},
    r"magic\.h": {"sandbox"},
    r"(isa-l|igzip)": {"sandbox"},
    r"yara": {"sandbox"},
    r"seccomp\.h": {"sandbox"},
    r"sqlite3\.h": {"metadata/sqlite"},
    r"openssl/": {"base"},
    r"curl/": {"aws"},
    r"expat\.h": {"aws", "sandbox"},
    r"utf8proc\.h": {"document"},
    r"spdlog/": {"obs"},
    r"prometheus/": {"obs"},
    r"CLI/": {"app"},
    r"zlib\.h": {"base", "sample", "sandbox"},
}
# In the sandbox only facts may be shared with the server's side: never the supervisor or the policy.
SANDBOX_MAY_INCLUDE = re.compile(r'"inspect/(report|fact|finding|protocol|wire|copy_end|copy_wire)[a-z_]*\.h"')
# Concrete stores are named by stores.cpp alone, the supervisor and clamd by wire.cpp.
CONCRETE = {re.compile(r'"(objects|metadata)/'): "stores",
            re.compile(r'"inspect/(supervisor|clamd|antivirus_inspector|sanitising_inspector)\.h"'): "wire"}

source = pathlib.Path(sys.argv[1])
faults = []
for path in sorted(source.glob("src/**/*")):
    if path.suffix not in {".cpp", ".h"}:
        continue
    folder = path.relative_to(source / "src").parts[0]
    text = path.read_text()
    is_test = path.stem.endswith("_test")
    name = path.relative_to(source)
    room = f"{folder}/{path.parent.name}"
    for line in re.findall(r"^\s*#\s*include\s+([<\"][^>\"]+[>\"])", text, re.M):
        inner = line[1:-1]
        if line[0] == '"' and not is_test:
            other = inner.split("/")[0]
            if other in KNOWS and other != folder and other not in KNOWS[folder]:
                faults.append(f"{name} includes {inner}: {folder} may not know {other}")
            there = inner.split("/")[1:-1]
            if room in ROOMS and other == folder and there and there[0] not in {path.parent.name, *ROOMS[room]}:
                faults.append(f"{name} includes {inner}: {room} may not know {there[0]}")
            if folder == "sandbox" and other == "inspect" and not SANDBOX_MAY_INCLUDE.match(line):
                faults.append(f"{name} includes {inner}: the sandbox knows only the report and its findings")
            for concrete, owner in CONCRETE.items():
                if folder == "app" and concrete.match(line) and path.stem != owner:
                    faults.append(f"{name} includes {inner}: only {owner}.cpp does")
        for pattern, owners in OWNERS.items():
            if re.match(pattern, inner) and not owners & {folder, room} and not is_test:
                faults.append(f"{name} includes {inner}: its owner is {', '.join(sorted(owners))}")


def needed(binary):
    listing = subprocess.run(["readelf", "-d", binary], capture_output=True, text=True, check=True).stdout
    return re.findall(r"NEEDED.*\[(.+?)\]", listing)


for library in needed(sys.argv[2]):
    if re.match(r"lib(qpdf|magic|yara|isal|jpeg)\b", library):
        faults.append(f"the server links {library}: it must link no document parser")
for library in needed(sys.argv[3]):
    if re.match(r"lib(sqlite3|curl)", library):
        faults.append(f"the inspector links {library}")
if not needed(sys.argv[2]):
    faults.append("the server links nothing: the check reads the wrong file")

print("\n".join(faults) or "the architecture holds")
sys.exit(1 if faults else 0)
