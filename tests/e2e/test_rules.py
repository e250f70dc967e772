"""Rules that hold on every route: ids, scopes, rates, retention, and what validation promises."""

import os
import tempfile
from pathlib import Path

from support import pdf
from support.client import field_part, file_part, form
from support.problem import expect_problem
from support.raw import Raw, head
from support.server import Server, run_command, wait_until
from support.suite import same, test, test_on

NOBODY = "/api/documents/01890a5d-ac96-774b-bcce-b302099a8057"


def keyed(**scopes):
    """Settings with a file of keys, and name -> key."""
    settings = {"API_KEYS_FILE": Path(tempfile.mkdtemp(prefix="lazaret-e2e-keys-")) / "keys"}
    return settings, {name: new_key(settings, name, scope) for name, scope in scopes.items()}


def new_key(settings, name, scopes):
    made = run_command("key", "new", name, "--scopes", scopes, **settings)
    same(made.returncode, 0, made.stderr)
    return made.stdout.strip()


def caller(server, key):
    return server.client(Authorization=f"Bearer {key}")


def calls_on_document(client, path):
    return (("read", lambda: client.get(path)), ("read", lambda: client.get(path + "/content")),
            ("read", lambda: client.post(path + "/url")), ("write", lambda: client.patch(path, {})),
            ("write", lambda: client.put(path + "/categories", {"categories": []})), ("write", lambda: client.delete(path)),
            ("write", lambda: client.post(path + "/restore")),
            ("admin", lambda: client.post(path + "/release", {"reason": "checked"})),
            ("admin", lambda: client.delete(path + "?purge=true")))


def other_calls(client):
    return (("read", lambda: client.get("/api/documents")), ("read", lambda: client.get("/metrics")),
            *(("write", lambda path=path: client.upload(pdf.clean(), path=path))
              for path in ("/api/documents", "/api/documents/upload", "/api/documents/validate")))


@test_on("An id that is nobody's, upper-case or no id at all is 404 on every route of a document")
def _(server):
    for path in (NOBODY, NOBODY.replace("ac96", "AC96"), "/api/documents/1", "/api/documents/%2e%2e"):
        for _, call in calls_on_document(server.client(), path):
            expect_problem(call(), 404, "document_not_found")


@test_on("DELETE takes no parameter but purge, and only true or false")
def _(server):
    client = server.client()
    path = f"/api/documents/{client.stored(pdf.unique())['id']}"
    for query in ("?purge=yes", "?purge=", "?purge=true&purge=true", "?force=true"):
        expect_problem(client.delete(path + query), 400, "invalid_parameter")
    same(client.get(path).status, 200)


@test_on("After its retention time a deleted document is purged, its bytes and its row", RETENTION_DELETED="1s",
         SWEEP_INTERVAL="200ms")
def _(server):
    client = server.client()
    path = f"/api/documents/{client.stored(pdf.unique())['id']}"
    same(client.delete(path).status, 204)
    assert wait_until(lambda: not server.objects() and not any(server.rows().values())), server.footprint()
    expect_problem(client.post(path + "/restore"), 404, "document_not_found")


@test_on("Validation says what an upload would be answered, and stores nothing", MAX_FILE_SIZE="1MB")
def _(server):
    client, path = server.client(), "/api/documents/validate"
    before = server.footprint()
    for content, name, outcome, status, code in (
            (pdf.clean(), "a.pdf", "clean", 201, None), (pdf.with_auto_run_link(), "a.pdf", "suspicious", 201, None),
            (pdf.with_launch(), "a.pdf", "malicious", 422, "file_rejected"),
            (pdf.encrypted(), "a.pdf", "encrypted", 422, "file_rejected"),
            (pdf.png(), "a.pdf", "not_pdf", 415, "type_mismatch"), (b"", "a.pdf", None, 422, "file_rejected"),
            (pdf.clean(), "a.exe", None, 415, "extension_not_allowed"),
            (pdf.unique(3 << 19), "a.pdf", None, 413, "file_too_large")):
        told = client.upload(content, name, path=path)
        same((told.status, told.json.get("would_answer")), (200, {"status": status, "code": code}), name)
        same(set(told.json), {"verdict", "would_answer"})
        if outcome:
            same(told.json["verdict"]["outcome"], outcome)
    body, content_type = form(field_part("categories", ""))
    expect_problem(client.request("POST", path, body, {"Content-Type": content_type}), 400, "missing_file")
    expect_problem(client.upload(pdf.clean(), path=path, patient="x"), 422, "invalid_field")
    expect_problem(client.upload(pdf.clean(), path=path, metadata="{"), 400, "malformed_json")
    expect_problem(client.upload(pdf.clean(), path=path, checksum="0" * 64), 400, "digest_mismatch")
    same(server.footprint(), before)


@test_on("An upload that breaks off leaves not even a file without a name")
def _(server):
    before = server.footprint()
    body, content_type = form(file_part(pdf.unique(400_000)))
    with Raw(server.port) as raw:
        raw.send(head("POST", "/api/documents", f"Content-Type: {content_type}", f"Content-Length: {len(body)}"))
        raw.send(body[:200_000])
        assert wait_until(server.spool_files), "no byte was spooled"
    assert wait_until(lambda: not server.spool_files()), server.spool_files()
    same(server.footprint(), before)


@test("Every call wants its scope, and without a key it is 401; what is not there is told to nobody")
def _():
    settings, keys = keyed(full="read,write,admin", reader="read", writer="write", curator="admin")
    with Server(**settings) as server:
        path = f"/api/documents/{caller(server, keys['full']).stored(pdf.unique())['id']}"
        for name, mine in (("reader", "read"), ("writer", "write"), ("curator", "admin")):
            client = caller(server, keys[name])
            for scope, call in (*calls_on_document(client, path), *other_calls(client)):
                if scope != mine:
                    answer = call()
                    expect_problem(answer, 403, "forbidden", "scope")
                    assert "insufficient_scope" in answer.header("WWW-Authenticate"), answer.headers
        for stranger in (server.client(), caller(server, "lzr_nobody"), caller(server, keys["full"] + "x"),
                         server.client(Authorization="Basic d2FyZDp3YXJk"), server.client(Authorization=keys["full"])):
            for target in (path, NOBODY):
                for _, call in (*calls_on_document(stranger, target), *other_calls(stranger)):
                    expect_problem(call(), 401, "unauthenticated")
        client = caller(server, keys["full"])
        for _, call in (*calls_on_document(client, path), *other_calls(client)):
            answer = call()
            assert answer.status < 500 and answer.status not in (401, 403), answer


@test("A file of keys that others may read is refused at start, and one damaged later is not believed")
def _():
    settings, keys = keyed(ward="read")
    path = settings["API_KEYS_FILE"]
    path.chmod(0o644)
    with tempfile.TemporaryDirectory() as folder:
        refused = run_command(cwd=folder, DATA_DIR=folder, PORT=0, **settings)
        assert refused.returncode == 78 and "API_KEYS_FILE" in refused.stderr, refused
    path.chmod(0o600)
    with Server(**settings) as server:
        with open(path, "ab") as file:
            file.write(b"what is this\n")
        client = caller(server, keys["ward"])
        assert wait_until(lambda: client.get("/api/documents").status and "keys_unreadable" in server.log_text(), 10), \
            "the damage is not reported"
        same(client.get("/api/documents").status, 200, "the keys that were known")
    assert os.path.exists(path)


@test("Each key has its own rate and its own idempotency keys, and is named in the log")
def _():
    settings, keys = keyed(ward="read,write", lab="read,write")
    with Server(MAX_UPLOAD_RATE=1, **settings) as server:
        ward, lab = (caller(server, keys[name]) for name in ("ward", "lab"))
        content = pdf.unique()
        first = ward.upload(content, headers={"Idempotency-Key": "same"})
        expect_problem(ward.upload(content, headers={"Idempotency-Key": "same"}), 429, "rate_limited")
        other = lab.upload(content, headers={"Idempotency-Key": "same"})
        same((first.status, other.status), (201, 201))
        assert first.json["id"] != other.json["id"], "one caller met another's answer"
        assert wait_until(lambda: "caller=lab" in server.log_text()), "the caller is not named"
        assert not any(key in server.log_text() for key in keys.values()), "the log holds a key"


@test("Validations count for the rate, and a body of the wrong type too")
def _():
    with Server(MAX_UPLOAD_RATE=2) as server:
        client = server.client()
        same(client.upload(pdf.clean(), path="/api/documents/validate").status, 200)
        expect_problem(client.request("POST", "/api/documents", b"x", {"Content-Type": "text/plain"}), 415,
                       "unsupported_media_type")
        refused = client.upload(pdf.clean(), path="/api/documents/upload")
        told = expect_problem(refused, 429, "rate_limited")
        assert told["limit"] == 2 and str(told["retry_after"]) in told["error"], told
        same(client.get("/api/documents").status, 200, "reading goes on")
