"""Antivirus by a real clamd: what it knows is refused, what it cannot say is never taken for clean."""

import json
import tempfile
from pathlib import Path

from support import files, pdf
from support.problem import expect_problem
from support.server import Server, free_port, run_command, shared, wait_until
from support.started import Started
from support.suite import contains, holds, same, test

MARKER = b"lazaret-antivirus-marker-7f3a"  # tests/servers/clamd has its signature
SIGNATURE = "signature Lazaret.Test.Marker.UNOFFICIAL"
_clamd = None


def clamd():
    """One that no test changes."""
    global _clamd
    _clamd = _clamd or Started("clamd")
    return _clamd


def settings(of, **more):
    return {"CLAMD_SOCKET": of.values["LAZARET_TEST_CLAMD_SOCKET"], "CLAMD_DATABASE_AGE": "2d", "MAX_FILE_SIZE": "4MB", **more}


def infected():
    return pdf.with_attached(b"notes.txt", b"Take one daily. " + MARKER)


def findings(document):
    return {one["code"]: one["where"] for one in document["findings"]}


def is_ready(server):
    return server.client().get("/health/ready").status == 200


def refused_start(status, *words, **more):
    folder = tempfile.mkdtemp(prefix="lazaret-e2e-refused-")
    run = run_command(cwd=folder, **{"DATA_DIR": folder + "/data", "PORT": free_port(), **more})
    same(run.returncode, status, f"exit status ({run.stderr[-500:]})")
    for word in words:
        contains(run.stderr, word, "output")


@test("What clamd knows is refused with its signature, wherever it hides, and nothing of it stays")
def hits():
    server = shared(**settings(clamd(), ALLOWED_EXTENSIONS="pdf,txt"))
    before = server.footprint()
    for content, name, declared in ((infected(), "a.pdf", "application/pdf"), (b"Dear ward, " + MARKER, "a.txt", "text/plain"),
                                    (pdf.with_attached(b"inner.pdf", infected()), "b.pdf", "application/pdf")):
        problem = expect_problem(server.client().upload(content, name, declared=declared), 422, "file_rejected")
        same(findings(problem)["antivirus"], SIGNATURE, name)
    told = server.client().upload(infected(), path="/api/documents/validate").json
    same((told["verdict"]["outcome"], told["would_answer"]["status"]), ("malicious", 422), "validation")
    same(server.footprint(), before)


@test("A clean document is stored, and its verdict names the antivirus that looked")
def clean():
    server = shared(**settings(clamd(), ALLOWED_EXTENSIONS="pdf,txt"))
    document = server.client().stored(pdf.unique(300_000))
    same(document["verdict"]["outcome"], "clean")
    contains(document["verdict"]["engine"], " clamav ", "engine")
    metrics = server.client().get("/metrics").body.decode()
    for series in ('lazaret_antivirus_calls_total{call="scan",outcome="ok"}', "lazaret_antivirus_call_duration_seconds"):
        contains(metrics, series, "metrics")


@test("What clamd cannot look into is quarantined, not taken for clean")
def locked():
    client = shared(**settings(clamd(), ALLOWED_EXTENSIONS="pdf,txt")).client()
    document = client.stored(pdf.with_attached(b"results.zip", files.locked_zip()))
    same((document["state"], document["verdict"]["outcome"]), ("quarantined", "suspicious"))
    same(findings(document["verdict"])["antivirus_locked"], "signature Heuristics.Encrypted.Zip")


@test("Policy may quarantine what clamd knows instead of refusing it")
def quarantined():
    with Server(**settings(clamd(), INSPECTION_POLICY="finding.antivirus=quarantine")) as server:
        document = server.client().stored(infected())
        same((document["state"], document["verdict"]["outcome"]), ("quarantined", "malicious"))


@test("While clamd is gone uploads are 503 and leave nothing, readiness says so, and reading goes on")
def gone():
    own = Started("clamd")
    with Server(**settings(own)) as server:
        client = server.client()
        path = f"/api/documents/{client.stored(pdf.unique())['id']}"
        before = server.footprint()
        own.tell("down")
        for way in ("/api/documents", "/api/documents/upload", "/api/documents/validate"):
            answer = client.upload(pdf.unique(), path=way)
            expect_problem(answer, 503, "unavailable")
            holds(int(answer.header("Retry-After")) > 0, "Retry-After")
        same(server.footprint(), before)
        expect_problem(client.upload(pdf.with_launch()), 422, "file_rejected")  # inspection itself needs no antivirus
        same(client.get(path + "/content").status, 200, "reading")
        assert wait_until(lambda: not is_ready(server)), "still ready"
        same(client.get("/health/ready").json["checks"]["inspector"], {"status": "failing"})
        own.tell("up")
        assert wait_until(lambda: is_ready(server)), "not ready again"
        same(client.upload(pdf.unique()).status, 201, "upload afterwards")
        expect_problem(client.upload(infected()), 422, "file_rejected")
    own.stop()


@test("With an old database uploads are 503 until it is renewed")
def stale():
    own = Started("clamd")
    with Server(**settings(own)) as server:
        client = server.client()
        for dated in ("Dated 2020-02-01", "Dated never"):
            own.tell("change", dated)
            before = server.footprint()
            expect_problem(client.upload(pdf.unique()), 503, "unavailable")
            same(server.footprint(), before)
            assert wait_until(lambda: not is_ready(server)), "still ready"
        own.tell("change", "Dated now")
        same(client.upload(pdf.unique()).status, 201, "upload afterwards")
        assert wait_until(lambda: is_ready(server)), "not ready again"
    own.stop()


@test("A clamd that is changed to let things pass is found out")
def loosened():
    own = Started("clamd")
    with Server(**settings(own)) as server:
        own.tell("down")
        expect_problem(server.client().upload(pdf.unique()), 503, "unavailable")
        own.tell("change", "AlertExceedsMax no")
        expect_problem(server.client().upload(pdf.unique()), 503, "unavailable")
        contains(server.log_text(), "AlertExceedsMax yes", "log")
    own.stop()


@test("Start is refused while clamd looks at less than the largest file, lets things pass, or is not there")
def refused():
    own = Started("clamd")
    for line in ("StreamMaxLength 3M", "MaxFileSize 3M", "MaxScanSize 6M"):
        own.tell("change", line)
        refused_start(78, "MAX_FILE_SIZE", "StreamMaxLength", "MaxScanSize", **settings(own))
        own.tell("change", "StreamMaxLength 64M", "MaxFileSize 64M", "MaxScanSize 256M")
    own.tell("change", "AlertExceedsMax no", "AlertEncrypted no", "ScanPDF no")
    refused_start(78, "CLAMD_SOCKET", "AlertExceedsMax yes", "AlertEncrypted yes", "ScanPDF yes", **settings(own))
    own.tell("down")
    refused_start(69, "clamd", **settings(own))
    own.stop()
    refused_start(78, "CLAMD_SOCKET", "loopback", CLAMD_SOCKET="clamav:3310")
    refused_start(78, "CLAMD_TIMEOUT", CLAMD_TIMEOUT="5s")


@test("`inspect` asks clamd too, and `config` shows where it is")
def command_line():
    folder = Path(tempfile.mkdtemp(prefix="lazaret-e2e-cli-"))
    (folder / "infected.pdf").write_bytes(infected())
    given = settings(clamd(), CLAMD_SOCKET=clamd().values["LAZARET_TEST_CLAMD_ADDRESS"])
    judged = run_command("inspect", folder / "infected.pdf", **given)
    same((judged.returncode, findings(json.loads(judged.stdout)["verdict"])["antivirus"]), (1, SIGNATURE))
    contains(run_command("config", **given).stdout, "CLAMD_SOCKET=127.0.0.1:", "config")
