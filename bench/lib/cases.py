"""The cases. Each yields (title, remark, Markdown, raw measurements); all contenders of a case take turns, round by
round, on the same disk."""

import json
import shutil
import statistics
import subprocess
from pathlib import Path

import measure
import report
import seed
import servers

KB, MB = 2**10, 2**20
DOCUMENTS = {  # name: kind, bytes
    "tiny": ("mixed", 1),
    "100k": ("mixed", 100 * KB),
    "scan": ("scan", 50 * MB - 64 * KB),  # room for the form around it
    "flate": ("flate", 50 * MB - 64 * KB),
}


class Tools:
    """The programs of the build, and the documents they make."""

    def __init__(self, build):
        self.bin = build / "bin"
        self.documents = build / "documents"
        self.numbers = 0

    def document(self, name):
        kind, size = DOCUMENTS[name]
        folder = self.documents / name
        found = sorted(folder.glob("*.pdf"))
        if not found:
            subprocess.run([self.bin / "lazaret_limits", "sample", folder, "--count", "1", "--bytes", str(size),
                            "--kind", kind], check=True, stdout=subprocess.DEVNULL)
            found = sorted(folder.glob("*.pdf"))
        return found[0]

    def load(self, server, arguments):
        """One run of the generator against a server; adds what the server paid."""
        before = measure.processor_seconds(server.pid)
        # No two runs may send the same file.
        self.numbers += 10_000_000
        run = subprocess.run([self.bin / "lazaret_load", "--port", str(server.port), "--first-number",
                              str(self.numbers), *arguments], capture_output=True, text=True)
        if run.returncode != 0:
            raise RuntimeError("the load generator failed: " + run.stderr)
        result = json.loads(run.stdout)
        paid = measure.processor_seconds(server.pid) - before
        asked = max(result["answers"] + result["errors"], 1)
        result["cpu_ms"] = 1000 * paid / asked
        result["generator_share"] = result["generator_cpu_seconds"] / max(result["seconds"], 1e-9)
        result["label"] = server.contender.label
        return result

    def limit(self, program, *arguments):
        run = subprocess.run([self.bin / program, *map(str, arguments)], capture_output=True, text=True, check=True)
        return json.loads(run.stdout)


class Bench:
    def __init__(self, tools, contenders, rounds, quick, note):
        self.tools, self.contenders = tools, contenders
        self.rounds, self.quick, self.note = rounds, quick, note
        self.retired = []

    def seconds(self):
        return "2" if self.quick else "6"

    def of(self, *names):
        return [self.contenders[name] for name in names if name in self.contenders]

    def upload_arguments(self, contender, document):
        if contender.kind == "static":
            return ["--path", "/put/file-", "--put", str(self.tools.document(document)), "--expect", "201"]
        return ["--path", "/api/documents", "--upload", str(self.tools.document(document)), "--field",
                "categories=lab_results", "--expect", "201"]

    def retire(self, folder, big):
        """Few big files go at once; many small ones at the very end."""
        if big or shutil.disk_usage(folder).free < 20 * 2**30:
            servers.discard(folder)
        else:
            self.retired.append(folder)

    def close(self):
        for folder in self.retired:
            servers.discard(folder)

    def uploads(self, document, connections, requests=None):
        results = {}
        amount = ["--requests", str(requests)] if requests else ["--seconds", self.seconds()]
        for turn in range(self.rounds):
            for contender in self.of("lazaret", "lazaret-noscan", "flask", "nginx"):
                folder = servers.fresh_folder(contender.name)
                arguments = [*self.upload_arguments(contender, document), "--connections", str(connections)]
                server = contender.start(folder)
                try:
                    self.tools.load(server, [*arguments, "--requests", str(connections if requests else 50)])
                    measure.settle()
                    result = self.tools.load(server, [*arguments, *amount])
                finally:
                    server.stop()
                self.retire(folder, big=bool(requests))
                results.setdefault(contender.name, []).append(result)
                self.note(f"  {contender.label}: {report.number(result['per_second'])}/s {result['error_kinds'] or ''}")
        return results

    def reads(self, prepare, connections, contenders=("lazaret", "flask", "nginx"), amount=None):
        """`prepare(contender)` gives (folder, function(server) -> arguments). Read-only, so folders are shared."""
        results = {}
        for turn in range(self.rounds):
            for contender in self.of(*contenders):
                folder, arguments_for = prepare(contender)
                server = contender.start(folder)
                try:
                    arguments = [*arguments_for(server), "--connections", str(connections)]
                    self.tools.load(server, [*arguments, "--seconds", "0.5"])
                    result = self.tools.load(server, [*arguments, *(amount or ["--seconds", self.seconds()])])
                finally:
                    server.stop()
                results.setdefault(contender.name, []).append(result)
                self.note(f"  {contender.label}: {report.number(result['per_second'])}/s {result['error_kinds'] or ''}")
        return results

    def seeded(self, contender, count):
        return seed.seeded_folder(contender, count, self.tools, self.note)

    def stored_answers(self, count):
        """What this server answers, kept as files: the floor serves the same bytes."""
        kept = servers.BUILD / "seed" / f"answers-{count}"
        if (kept / "page.json").exists():
            return kept
        kept.mkdir(parents=True, exist_ok=True)
        contender = self.contenders.get("lazaret") or self.contenders["flask"]
        server = contender.start(self.seeded(contender, count))
        try:
            path = server.document_paths(1)[0]
            (kept / "document.json").write_bytes(server.get_bytes(path))
            (kept / "page.json").write_bytes(server.get_bytes("/api/documents?limit=100"))
        finally:
            server.stop()
        return kept

    def static_folder(self, files):
        folder = servers.fresh_folder("nginx")
        (folder / "www").mkdir()
        for name, source in files.items():
            shutil.copyfile(source, folder / "www" / name)
        self.retired.append(folder)
        return folder


def upload100k(bench, full):
    for connections in (1, 8, 32):
        results = bench.uploads("100k", connections)
        yield f"Upload of 100 KB, {connections} at a time", report.load_table(results), results


def upload50m(bench, full):
    for document, words in (("scan", "a scan"), ("flate", "full of Flate streams")):
        for connections in (1, 8):
            requests = (6 if connections == 1 else 16) if bench.quick else (12 if connections == 1 else 32)
            results = bench.uploads(document, connections, requests)
            yield f"Upload of 50 MB ({words}), {connections} at a time", report.load_table(results), results


def get(bench, full):
    def prepare(contender):
        if contender.kind == "static":
            folder = bench.static_folder({"document.json": bench.stored_answers(1000) / "document.json"})
            return folder, lambda server: ["--path", "/document.json"]
        folder = bench.seeded(contender, 1000)

        def arguments(server):
            paths = folder / "paths"
            paths.write_text("\n".join(server.document_paths()))
            return ["--paths", str(paths)]

        return folder, arguments

    for connections in (1, 32):
        results = bench.reads(prepare, connections)
        yield f"Get by id (of 1,000), {connections} at a time", report.load_table(results), results


def list_page(bench, full):
    for count in (1000, 100_000) + ((1_000_000,) if full else ()):
        def prepare(contender):
            if contender.kind == "static":
                folder = bench.static_folder({"page.json": bench.stored_answers(1000) / "page.json"})
                return folder, lambda server: ["--path", "/page.json"]
            return bench.seeded(contender, count), lambda server: ["--path", "/api/documents?limit=100"]

        for connections in (1, 8):
            results = bench.reads(prepare, connections)
            yield f"First page of 100 of {count:,}, {connections} at a time", report.load_table(results), results

        def filtered(contender):
            query = "limit=100&categories=lab_results&sort_by=size&sort_order=desc"
            return bench.seeded(contender, count), lambda server: ["--path", "/api/documents?" + query]

        if count > 1000:
            results = bench.reads(filtered, 8, contenders=("lazaret", "flask"))
            yield (f"The 100 largest of one category of {count:,}, 8 at a time", report.load_table(results), results)


def download(bench, full):
    folders = {}

    def prepare(contender):
        if contender.kind == "static":
            folder = bench.static_folder({"scan.pdf": bench.tools.document("scan")})
            return folder, lambda server: ["--path", "/scan.pdf"]
        if contender.name not in folders:
            folders[contender.name] = servers.fresh_folder(contender.name)
            server = contender.start(folders[contender.name])
            try:
                bench.tools.load(server, [*bench.upload_arguments(contender, "scan"), "--requests", "1"])
            finally:
                server.stop()
        return folders[contender.name], lambda server: ["--path", server.document_paths(1)[0] + "/content"]

    for connections in (1, 8):
        results = bench.reads(prepare, connections)
        yield f"Download of 50 MB, {connections} at a time", report.load_table(results), results
    bench.retired += folders.values()


def fsyncs(bench, full):
    rows, raw = [], {}
    for contender in bench.of("lazaret", "flask", "nginx"):
        for connections in (1, 32):
            folder = servers.fresh_folder(contender.name)
            trace = folder / "trace"
            server = contender.start(folder, trace)
            arguments = [*bench.upload_arguments(contender, "100k"), "--connections", str(connections)]
            try:
                bench.tools.load(server, [*arguments, "--requests", "10"])
                before = count_syncs(trace)
                result = bench.tools.load(server, [*arguments, "--requests", str(20 * connections)])
                each = (count_syncs(trace) - before) / max(result["answers"], 1)
            finally:
                server.stop()
            bench.retire(folder, big=False)
            raw.setdefault(contender.name, []).append({"connections": connections, "fsyncs": each})
            rows.append([contender.label, str(connections), f"{each:.2f}", str(result["errors"])])
            bench.note(f"  {contender.label} at {connections}: {each:.2f}")
    yield "fsync and fdatasync per upload of 100 KB", report.table(["", "at a time", "calls each", "errors"], rows), raw


def count_syncs(trace):
    """Calls that began: an interrupted one is written on two lines."""
    return sum(1 for line in trace.read_text().splitlines() if "sync(" in line)


def memory(bench, full):
    rows, raw = [], {}
    for contender in bench.of("lazaret", "flask", "nginx"):
        for connections in (8, 64) if full or not bench.quick else (8,):
            folder = servers.fresh_folder(contender.name)
            server = contender.start(folder)
            try:
                idle = measure.proportional_bytes(server.pid)
                with measure.PeakMemory(server.pid) as sampler:
                    result = bench.tools.load(server, [*bench.upload_arguments(contender, "scan"), "--connections",
                                                       str(connections), "--requests", str(max(connections, 16))])
            finally:
                server.stop()
            bench.retire(folder, big=True)
            raw.setdefault(contender.name, []).append(
                {"connections": connections, "idle": idle, "peak": sampler.peak, **result})
            rows.append([contender.label, str(connections), report.number(idle / MB), report.number(sampler.peak / MB),
                         str(result["errors"])])
            bench.note(f"  {contender.label} at {connections}: {sampler.peak / MB:.1f} MB")
    head = ["", "uploads of 50 MB at a time", "idle MB", "peak MB", "errors"]
    yield "Memory of all processes (PSS)", report.table(head, rows), raw


def limits(bench, full):
    rows, raw = [], {}

    def row(name, result, text):
        raw[name] = result
        rows.append([name, text])
        bench.note(f"  {name}: {text}")

    hashed = [bench.tools.limit("lazaret_limits", "sha256") for _ in range(bench.rounds)]
    speeds = [h["mb_per_second"] for h in hashed]
    row("SHA-256 of 1 GB, one core", hashed, f"{report.number(statistics.median(speeds))} MB/s ({report.spread(speeds)})")
    for document, times, words in (("100k", 500, "100 KB"), ("scan", 8, "50 MB")):
        results = []
        for _ in range(bench.rounds):
            folder = servers.fresh_folder("limit")
            measure.settle()
            results.append(bench.tools.limit("lazaret_limits", "store", "--file", bench.tools.document(document),
                                             "--folder", folder, "--times", times))
            bench.retire(folder, big=times < 100)
        values = [r["per_second"] for r in results]
        row(f"hash, write, fsync {words}, one after the other", results,
            f"{report.number(statistics.median(values))}/s ({report.spread(values)})")
    if (bench.tools.bin / "lazaret_limit_inspect").exists():  # built where the inspection is
        for document, times, words in (("100k", 500, "100 KB"), ("scan", 5, "50 MB, a scan"),
                                       ("flate", 5, "50 MB, full of Flate streams")):
            result = bench.tools.limit("lazaret_limit_inspect", bench.tools.document(document), times)
            row(f"inspection of {words} in process, no fork", result,
                f"p50 {report.number(result['p50_ms'])} ms, p99 {report.number(result['p99_ms'])} ms")
    yield "Limits of this machine", report.table(["", ""], rows), raw


def generator(bench, full):
    def prepare(contender):
        folder = servers.fresh_folder("nginx")
        (folder / "www").mkdir()
        (folder / "www" / "small.json").write_text("x" * 1000)
        bench.retired.append(folder)
        return folder, lambda server: ["--path", "/small.json"]

    results = bench.reads(prepare, 32, contenders=("nginx",))
    yield "The generator itself: 1 KB from nginx, 32 at a time", report.load_table(results, base="nginx"), results


CASES = {"generator": generator, "limits": limits, "upload100k": upload100k, "upload50m": upload50m, "get": get,
         "list": list_page, "download": download, "fsync": fsyncs, "memory": memory}
