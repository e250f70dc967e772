#!/usr/bin/env python3
"""Mixed traffic for a while: nothing is lost, nothing leaks. `soak.py --lazaret PATH --seconds N [--results FILE]`."""

import argparse
import os
import random
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from support import pdf, server as servers  # noqa: E402

CLIENTS = 8


def tree_of(server):
    """The server, its zygote and the workers there are just now."""
    found, new = {server.process.pid}, {server.process.pid}
    while new:
        parents, new = new, set()
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) in parents:
                new.add(int(path.parent.name))
        new -= found
        found |= new
    return found


def megabytes_of(server):
    """Proportional memory of the whole tree; a worker that ends meanwhile counts nothing."""
    total = 0
    for pid in tree_of(server):
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total / 1024


class Traffic:
    def __init__(self, server, end):
        self.server, self.end = server, end
        self.lock = threading.Lock()
        self.kept = {}  # id -> content
        self.counts, self.faults = {}, []

    def note(self, what):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1

    def fault(self, text):
        with self.lock:
            self.faults.append(text)

    def upload(self, client, chance):
        with self.lock:
            content = pdf.unique(chance.choice((0, 20_000, 300_000)))
        answer = client.upload(content)
        if answer.status == 201:
            with self.lock:
                self.kept[answer.json["id"]] = content
        elif answer.status != 503:
            self.fault(f"upload: {answer.status}")

    def attack(self, client, chance):
        answer = client.upload(chance.choice((pdf.with_launch, pdf.encrypted, pdf.with_eicar_attached, pdf.without_pages))())
        if answer.status not in (422, 503):
            self.fault(f"attack: {answer.status}")

    def fetch(self, client, chance):
        with self.lock:
            if not self.kept:
                return
            identity, content = chance.choice(list(self.kept.items()))
        answer = client.get(f"/api/documents/{identity}/content")
        if answer.status == 200 and answer.body != content:
            self.fault("fetch: wrong bytes")
        elif answer.status not in (200, 404, 503):
            self.fault(f"fetch: {answer.status}")

    def list(self, client, chance):
        answer = client.get("/api/documents?limit=50&search=report")
        if answer.status not in (200, 503):
            self.fault(f"list: {answer.status}")

    def purge(self, client, chance):
        with self.lock:
            if len(self.kept) < 200:
                return
            identity = chance.choice(list(self.kept))
            del self.kept[identity]
        if client.delete(f"/api/documents/{identity}?purge=true").status not in (204, 503):
            self.fault("purge")

    def run(self, seed):
        chance, client = random.Random(seed), self.server.client()
        actions = [self.upload] * 4 + [self.attack] + [self.fetch] * 4 + [self.list] * 2 + [self.purge]
        while time.monotonic() < self.end:
            action = chance.choice(actions)
            try:
                action(client, chance)
                self.note(action.__name__)
            except OSError as error:
                self.fault(f"{action.__name__}: {error}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lazaret", required=True, type=Path)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--results", type=Path, help="where to write one line a check")
    options = parser.parse_args()
    servers.BINARY = options.lazaret.resolve()
    with servers.Server() as server:
        end = time.monotonic() + options.seconds
        traffic = Traffic(server, end)
        threads = [threading.Thread(target=traffic.run, args=(seed,)) for seed in range(CLIENTS)]
        for thread in threads:
            thread.start()
        samples = []
        while time.monotonic() < end:
            time.sleep(min(5, max(0.1, end - time.monotonic())))
            samples.append((megabytes_of(server), len(os.listdir(f"/proc/{server.process.pid}/fd"))))
        for thread in threads:
            thread.join()
        lost = [i for i, content in traffic.kept.items()
                if server.client().get(f"/api/documents/{i}/content").body != content]
        stopped = server.terminate()
    early, late = samples[len(samples) // 3], samples[-1]
    print(f"requests: {traffic.counts}")
    print(f"memory of the tree {early[0]:.0f} -> {late[0]:.0f} MB, descriptors {early[1]} -> {late[1]}")
    sys.exit(judge(options.results, (
        ("In mixed traffic every answer is as it should be", f"{traffic.faults[:5]}" if traffic.faults else ""),
        ("In mixed traffic no document is lost or changed", f"{len(lost)} of {len(traffic.kept)}" if lost else ""),
        ("In mixed traffic memory stays within its bound", "it grew" if late[0] > 1.5 * early[0] + 64 else ""),
        ("In mixed traffic descriptors stay within their bound", "they grew" if late[1] > early[1] + 64 else ""),
        ("After mixed traffic the service ends with 0", f"status {stopped}" if stopped != 0 else ""))))


def judge(results, verdicts):
    """Prints and writes what held; the exit status."""
    lines = [f"{'failed' if why else 'passed'}\t{sentence}\t{why}" for sentence, why in verdicts]
    print("\n".join(line.rstrip().replace("\t", "  ") for line in lines))
    failed = sum(1 for _, why in verdicts if why)
    print(f"{len(verdicts) - failed} passed, {failed} failed, 0 skipped")
    if results:
        results.parent.mkdir(parents=True, exist_ok=True)
        results.write_text("\n".join(lines) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    main()
