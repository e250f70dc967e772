"""Who may do what: keys and scopes, the rules without keys, web pages of other origins, and how often."""

import os
import tempfile
from pathlib import Path

from support import pdf
from support.problem import expect_problem
from support.server import run_command, shared
from support.suite import contains, holds, same, test

_keys = {}


def key_file():
    """A file with a key for each set of scopes, made by the command."""
    if not _keys:
        path = Path(tempfile.mkdtemp(prefix="lazaret-e2e-keys-")) / "keys"
        for scopes in ("read", "write", "read,write", "read,write,admin"):
            made = run_command("key", "new", scopes.replace(",", "-"), "--scopes", scopes, API_KEYS_FILE=path)
            same(made.returncode, 0, "key new: " + made.stderr)
            _keys[scopes] = made.stdout.strip()
        _keys["file"] = path
    return _keys["file"]


def keyed():
    return shared(API_KEYS_FILE=key_file())


def caller(scopes):
    return keyed().client(Authorization=f"Bearer {_keys[scopes]}")


@test("A key file is readable by its owner alone and holds no key")
def key_file_is_private():
    path = key_file()
    same(oct(os.stat(path).st_mode & 0o777), "0o600", "mode")
    for scopes in ("read", "write"):
        holds(_keys[scopes] not in path.read_text(), "a key is in the file")


@test("With keys, a call without one, or with a wrong one, is 401")
def unauthenticated():
    client = keyed().client()
    answer = client.get("/api/documents")
    expect_problem(answer, 401, "unauthenticated")
    contains(answer.header("WWW-Authenticate"), "Bearer", "WWW-Authenticate")
    expect_problem(client.get("/api/documents", Authorization="Bearer wrong"), 401, "unauthenticated")
    expect_problem(client.get("/metrics"), 401, "unauthenticated")


@test("What is open needs no key")
def open_routes():
    for path in ("/health", "/health/live", "/health/ready", "/openapi.json", "/api/categories", "/"):
        same(keyed().client().get(path).status, 200, path)


@test("A scope allows what it names and nothing else")
def scopes():
    document = caller("write").stored(pdf.unique())
    path = "/api/documents/" + document["id"]
    expect_problem(caller("write").get("/api/documents"), 403, "forbidden")
    expect_problem(caller("read").upload(pdf.unique()), 403, "forbidden")
    expect_problem(caller("read").delete(path), 403, "forbidden")
    expect_problem(caller("read,write").delete(path + "?purge=true"), 403, "forbidden")
    expect_problem(caller("read,write").send_json("POST", path + "/release", {"reason": "x"}), 403, "forbidden")
    same(caller("read").get(path).status, 200, "read")
    same(caller("read").get(path + "/content").status, 200, "content")
    same(caller("read").get("/metrics").status, 200, "metrics")
    same(caller("read,write,admin").delete(path + "?purge=true").status, 204, "purge")


@test("A signed URL needs no key, and an expired one is 403")
def signed_url():
    import time
    document = caller("read,write").stored(pdf.unique())
    made = caller("read,write").send_json("POST", f"/api/documents/{document['id']}/url", {"expires_in": 2})
    same(made.status, 200, "made")
    same(keyed().client().get(made.json["url"]).status, 200, "without a key")
    end = time.monotonic() + 20
    while (answer := keyed().client().get(made.json["url"])).status == 200 and time.monotonic() < end:
        time.sleep(0.2)
    expect_problem(answer, 403, "link_expired")


@test("A revoked key stops working while the service runs, a new one starts")
def revoked():
    import time
    made = run_command("key", "new", "passing", "--scopes", "read", API_KEYS_FILE=key_file())
    client = keyed().client(Authorization=f"Bearer {made.stdout.strip()}")

    def wait_for(status):
        end = time.monotonic() + 20
        while client.get("/api/documents").status != status:
            holds(time.monotonic() < end, f"never became {status}")
            time.sleep(0.1)

    wait_for(200)
    same(run_command("key", "revoke", "passing", API_KEYS_FILE=key_file()).returncode, 0, "revoke")
    wait_for(401)


@test("Keys are listed by name and scopes, never by their text")
def listed_keys():
    shown = run_command("key", "list", API_KEYS_FILE=key_file()).stdout
    contains(shown, "read-write-admin", "list")
    holds(_keys["read"] not in shown, "a key is shown")


@test("Without keys, a Host that is not this machine's is refused: names can be rebound")
def rebound_host():
    answer = shared().client().get("/api/documents", Host="evil.example")
    same(answer.status, 403, "status")


@test("Without keys, a foreign page cannot change anything, and a local one can")
def foreign_origin():
    client = shared().client()
    expect_problem(client.upload(pdf.unique(), headers={"Origin": "https://evil.example"}), 403, "forbidden")
    answer = client.upload(pdf.unique(), headers={"Origin": "http://localhost:3000"})
    same((answer.status, answer.header("Access-Control-Allow-Origin")), (201, "http://localhost:3000"), "local page")


@test("A preflight is answered for every method, with and without asked headers")
def preflight():
    client = shared().client()
    for method in ("GET", "POST", "PATCH", "PUT", "DELETE"):
        for extra in ({}, {"Access-Control-Request-Headers": "content-type,x-request-id"}):
            answer = client.request("OPTIONS", "/api/documents/01890000-0000-7000-8000-000000000000/categories"
                                    if method == "PUT" else "/api/documents", None,
                                    {"Origin": "http://localhost:3000", "Access-Control-Request-Method": method, **extra})
            holds(answer.status in (200, 204), f"{method}: {answer.status}")
            same(answer.header("Access-Control-Allow-Origin"), "http://localhost:3000", "origin")
            contains(answer.header("Vary") or "", "Origin", "Vary")


@test("A page may read a refusal, an early one too")
def cors_on_errors():
    client = shared().client()
    local = {"Origin": "http://127.0.0.1:8123"}
    for answer in (client.get("/api/documents?limit=0", **local), client.get("/api/nothing", **local),
                   client.upload(b"", headers=local)):
        same(answer.header("Access-Control-Allow-Origin"), "http://127.0.0.1:8123", f"origin at {answer.status}")
    contains(answer.header("Access-Control-Expose-Headers"), "ETag", "exposed headers")


@test("Uploads beyond the rate are 429, with headers that say when to come back; refused ones count")
def rate():
    client = shared(MAX_UPLOAD_RATE=3).client()
    first = client.upload(pdf.unique())
    same(first.status, 201, "first")
    for name in ("RateLimit", "RateLimit-Policy"):
        holds(first.header(name), f"no {name}")
    same(client.upload(pdf.unique(), "tool.exe").status, 415, "refused one")
    same(client.upload(pdf.unique()).status, 201, "third")
    answer = client.upload(pdf.unique())
    problem = expect_problem(answer, 429, "rate_limited")
    wait = int(answer.header("Retry-After"))
    holds(1 <= wait <= 60, f"Retry-After {wait}")
    same(problem["retry_after"], wait, "retry_after")


@test("An address in X-Forwarded-For buys no new allowance from a stranger")
def forwarded():
    client = shared(MAX_UPLOAD_RATE=2).client()
    statuses = [client.upload(pdf.unique(), headers={"X-Forwarded-For": f"198.51.100.{i}"}).status for i in range(3)]
    same(statuses[2], 429, "third upload")


@test("Behind a trusted proxy each client has an allowance of its own")
def trusted_proxy():
    client = shared(MAX_UPLOAD_RATE=2, TRUSTED_PROXIES="127.0.0.1").client()
    statuses = [client.upload(pdf.unique(), headers={"X-Forwarded-For": f"198.51.100.{i}"}).status for i in range(5)]
    same(statuses, [201] * 5, "five clients")
    own = {"X-Forwarded-For": "198.51.100.99"}
    same([client.upload(pdf.unique(), headers=own).status for _ in range(3)], [201, 201, 429], "one client")


@test("Signed URLs lie under PUBLIC_URL, never under what the request called the host")
def public_url():
    client = shared(PUBLIC_URL="https://documents.example").client()
    document = client.stored(pdf.unique())
    url = client.request("POST", f"/api/documents/{document['id']}/url").json["url"]
    holds(url.startswith("https://documents.example/api/documents/"), url)
    same(client.get(url.removeprefix("https://documents.example")).status, 200, "the URL's path")


@test("Configured origins may call from their pages, others may not read")
def configured_origins():
    client = shared(CORS_ORIGINS="https://app.example").client()
    answer = client.get("/api/categories", Origin="https://app.example")
    same(answer.header("Access-Control-Allow-Origin"), "https://app.example", "configured origin")
    answer = client.get("/api/categories", Origin="https://other.example")
    same(answer.header("Access-Control-Allow-Origin"), None, "other origin")


@test("Metrics can be opened to callers without a key")
def open_metrics():
    same(shared(API_KEYS_FILE=key_file(), METRICS_OPEN="true").client().get("/metrics").status, 200, "metrics")
