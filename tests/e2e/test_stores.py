"""Over S3 and DynamoDB: what lies there, how it is made, and what is said when it cannot be used."""

import http.client
import json
import tempfile
import uuid
from pathlib import Path
from urllib.parse import urlsplit

from support import pdf, server as servers
from support.faulty_proxy import Faults, Proxy
from support.problem import expect_problem
from support.server import FAKE_SECRET, Server, free_port, run_command, wait_until
from support.suite import contains, holds, same, test

CLOUD = ("cloud",)


def fresh(**more):
    """Settings of stores that nobody has made yet."""
    folder = tempfile.mkdtemp(prefix="lazaret-e2e-stores-")
    return {"DATA_DIR": folder + "/data", "SECRET_KEY": FAKE_SECRET, **servers.HOME.settings(), **more}


def staging(settings, **more):
    """What a copy says that makes nothing by itself, and its exit status."""
    run = run_command(cwd=tempfile.mkdtemp(), **{"APP_ENV": "staging", "PORT": free_port(), **settings, **more})
    return run.returncode, run.stderr + run.stdout


def refused(words, status=69, **settings):
    code, said = staging(settings)
    same(code, status, f"exit status ({said[-500:]})")
    for word in words:
        contains(said, word, "output")
    return said


def fetch(url):
    """A URL as anybody would follow it."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    try:
        connection.request("GET", parts.path + "?" + parts.query)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


@test("boto3 reads the bytes and the item that were written, number for number", homes=CLOUD)
def _():
    with Server() as server:
        content = pdf.unique(300_000)
        metadata = {"ward": "7b", "dose": 0.1, "big": 12345678901234567890, "nested": {"list": [1, "two", None, True]}}
        document = server.client().stored(content, "Befund Müller.pdf", categories=["lab_results", "research_papers"],
                                          metadata=json.dumps(metadata))
        [key] = server.objects()
        same(key, document["s3_key"], "the object's key")
        holds(server.home.objects.read(server, key) == content, "the object's bytes differ")
        [item] = server.home.metadata.items(server)
        for name in ("id", "filename", "original_filename", "s3_key", "upload_date", "content_type", "checksum", "state"):
            same(item[name], {"S": document[name]}, name)
        for name in ("size", "version"):
            same(item[name], {"N": str(document[name])}, name)
        same(item["processed"], {"BOOL": False}, "processed")
        same(item["categories"], {"L": [{"S": "lab_results"}, {"S": "research_papers"}]}, "categories")
        told = item["metadata"]["M"]
        same((told["ward"], told["dose"], told["big"]), ({"S": "7b"}, {"N": "0.1"}, {"N": "12345678901234567890"}), "metadata")
        same(told["nested"]["M"]["list"]["L"], [{"N": "1"}, {"S": "two"}, {"NULL": True}, {"BOOL": True}], "a list")
        holds("ller" not in key and "Befund" not in key, "the key holds the file's name")


@test("A purged document leaves no object, no item and no row beside it", homes=CLOUD)
def _():
    with Server(SWEEP_INTERVAL="500ms") as server:
        client = server.client()
        before = len(server.home.metadata.items(server, "-index"))
        identity = client.stored(pdf.unique(), "purged-report.pdf", categories="lab_results")["id"]
        same(client.delete(f"/api/documents/{identity}?purge=true").status, 204, "purge")
        holds(wait_until(lambda: not server.objects() and not server.home.metadata.items(server)), server.footprint())
        rows = [row for row in server.home.metadata.items(server, "-index") if not row["pk"]["S"].startswith("M#")]
        holds(not rows, f"rows are left: {rows} ({before} before)")


@test("A large file goes in parts, comes back whole, and leaves no upload behind", homes=CLOUD)
def _():
    with Server(MAX_FILE_SIZE="100MB") as server:
        content = pdf.unique(70 << 20)
        document = server.client().stored(content)
        body = server.client().get(f"/api/documents/{document['id']}/content").body
        holds(body == content, "the bytes differ")
        middle = server.client().get(f"/api/documents/{document['id']}/content", Range="bytes=20000000-20000099")
        holds((middle.status, middle.body) == (206, content[20_000_000:20_000_100]), "the range differs")
        same(server.home.objects.unfinished(server), [], "uploads in parts")


@test("Objects are encrypted as S3_ENCRYPTION says, whole and in parts", homes=CLOUD)
def _():
    from support.cloud import home_with_moto
    key = {"S3_KMS_KEY_ID": "alias/documents"}
    for asked, told, sizes in (({"S3_ENCRYPTION": "aes256"}, "AES256", [100_000]),
                               ({"S3_ENCRYPTION": "kms", **key}, "aws:kms", [100_000, 70 << 20])):
        with Server(home=home_with_moto(), MAX_FILE_SIZE="100MB", **asked) as server:
            for size in sizes:
                content = pdf.unique(size)
                document = server.client().stored(content)
                head = server.home.objects.client.head_object(Bucket=server.settings["S3_BUCKET"], Key=document["s3_key"])
                same(head["ServerSideEncryption"], told, f"encryption of {size} bytes")
                contains(head.get("SSEKMSKeyId", ""), asked.get("S3_KMS_KEY_ID", ""), "the key")
                holds(server.client().get(f"/api/documents/{document['id']}/content").body == content, "the bytes differ")


@test("A download that the store cuts short is never an answer that looks whole", homes=CLOUD)
def _():
    faults = Faults(1, 0, ("cut_short",))
    with Proxy(servers.HOME.objects.endpoint, faults) as proxy, Server(AWS_ENDPOINT_URL_S3=proxy.endpoint) as server:
        client, content = server.client(), pdf.unique(3_000_000)
        path = f"/api/documents/{client.stored(content)['id']}/content"
        faults.rate = 1
        try:
            answer = client.get(path)
        except (http.client.IncompleteRead, ConnectionError):
            answer = None
        holds(answer is None or answer.status == 503, f"an answer came: {answer}")
        faults.stop()
        holds(client.get(path).body == content, "the bytes differ once the store is well again")


@test("With DOWNLOAD_REDIRECT a download leads to the store for a minute, under the document's own name", homes=CLOUD)
def _():
    with Server(DOWNLOAD_REDIRECT="true") as server:
        client, content = server.client(), pdf.unique(200_000)
        identity = client.stored(content, "Röntgen.pdf")["id"]
        link = client.post(f"/api/documents/{identity}/url").json["url"]
        for path in (f"/api/documents/{identity}/content", link):
            answer = client.get(path)
            same(answer.status, 302, path)
            status, headers, body = fetch(answer.header("Location"))
            same(status, 200, "the store's answer")
            holds(body == content, "the bytes differ")
            contains(headers["Content-Disposition"], "R%C3%B6ntgen.pdf", "Content-Disposition")
            contains(answer.header("Location"), "X-Amz-Expires=60", "Location")
        holds(link.rpartition("=")[2] not in server.log_text() and "X-Amz-Signature" not in server.log_text(),
              "a signature is in the log")
        client.delete(f"/api/documents/{identity}")
        expect_problem(client.get(link), 404, "document_not_found")


@test("Every pair of stores takes, lists, changes, serves and purges a document", homes=CLOUD)
def _():
    from support.cloud import mixed_homes
    for home in mixed_homes():
        with Server(home=home, SWEEP_INTERVAL="500ms") as server:
            client, content = server.client(), pdf.unique(120_000)
            identity = client.stored(content, "mixed-pair.pdf", categories="lab_results")["id"]
            same(client.list(search="mixed", categories="lab_results")["total"], 1, "found")
            holds(client.get(f"/api/documents/{identity}/content").body == content, "the bytes differ")
            same(client.patch(f"/api/documents/{identity}", {"processed": True}).json["processed"], True, "edited")
            same(server.rows(), {"documents": 1, "open_work": 0}, "rows")
            server.restart()
            same(server.client().get(f"/api/documents/{identity}").json["version"], 2, "after a restart")
            same(server.client().delete(f"/api/documents/{identity}?purge=true").status, 204, "purge")
            holds(wait_until(lambda: not server.objects() and not any(server.rows().values())), server.footprint())


@test("Each store's state stands in /health/ready by itself, and comes back by itself", homes=CLOUD)
def _():
    home = servers.HOME
    faults = Faults(1, 0, ("error_before",))
    with Proxy(home.objects.endpoint, faults) as proxy, Server(AWS_ENDPOINT_URL_S3=proxy.endpoint) as server:
        client = server.client()
        faults.rate = 1
        holds(wait_until(lambda: client.get("/health/ready").status == 503), "still ready")
        checks = client.get("/health/ready").json["checks"]
        same((checks["object_store"]["status"], checks["metadata_store"]["status"]), ("failing", "ok"), "states")
        same(client.get("/health/live").status, 200, "liveness")
        same(client.get("/api/documents").status, 200, "lists need no objects")
        faults.stop()
        holds(wait_until(lambda: client.get("/health/ready").status == 200), "it does not become ready again")


@test("`lazaret init` makes what is missing, is idempotent, and --check tells drift by exit status", homes=CLOUD)
def _():
    from support.cloud import started
    # An engine that has all of what is asked of tables.
    settings = fresh(APP_ENV="staging", AWS_ENDPOINT_URL_DYNAMODB=started("moto").values["LAZARET_TEST_DYNAMODB_ENDPOINT"])
    same(run_command("init", "--check", **settings).returncode, 1, "before")
    made = run_command("init", timeout=120, **settings)
    same(made.returncode, 0, made.stdout + made.stderr)
    contains(made.stdout, "made bucket " + settings["S3_BUCKET"], "what was made")
    contains(made.stdout, "made table " + settings["DYNAMODB_TABLE"], "what was made")
    again = run_command("init", **settings)
    same((again.returncode, "made " in again.stdout), (0, False), again.stdout)
    checked = run_command("init", "--check", **settings)
    same(checked.returncode, 0, "after: " + checked.stdout)
    servers.HOME.objects.client.delete_bucket(Bucket=settings["S3_BUCKET"])
    drift = run_command("init", "--check", **settings)
    same(drift.returncode, 1, "drift")
    contains(drift.stdout, f"bucket {settings['S3_BUCKET']}", "drift")
    same(run_command("init", **settings).returncode, 0, "mended")


@test("Outside development nothing is made: a bucket or a table that is missing is said, with what to do", homes=CLOUD)
def _():
    settings = fresh(APP_ENV="staging")
    refused([settings["S3_BUCKET"], "lazaret init", "S3_BUCKET"], **settings)
    servers.HOME.objects.client.create_bucket(Bucket=settings["S3_BUCKET"])
    refused([settings["DYNAMODB_TABLE"], "lazaret init"], **settings)


@test("Keys that are wrong, not known or not allowed are told apart, and none is shown", homes=CLOUD)
def _():
    from support.cloud import stranger
    with Server() as server:
        settings = {name: value for name, value in server.settings.items() if name != "DATA_DIR"}
        wrong = "an-obviously-wrong-secret"
        said = refused(["AWS_SECRET_ACCESS_KEY"], **settings | {"AWS_SECRET_ACCESS_KEY": wrong})
        holds(wrong not in said, "the secret is shown")
        refused(["AWS_ACCESS_KEY_ID"], **settings | {"AWS_ACCESS_KEY_ID": "NOBODYSACCESSKEY0001"})
        denied = stranger()
        said = refused(["rights"], **settings | denied)
        holds(denied["AWS_SECRET_ACCESS_KEY"] not in said, "the secret is shown")


@test("What a store answers at start is turned into what to mend: region, token, clock", homes=CLOUD)
def _():
    with Server() as server:
        s3, dynamodb = ("AWS_ENDPOINT_URL_S3", servers.HOME.objects), ("AWS_ENDPOINT_URL_DYNAMODB", servers.HOME.metadata)
        for (variable, store), refusal, words in (
                (s3, (301, "PermanentRedirect"), ["AWS_REGION"]), (s3, (400, "ExpiredToken"), ["has expired"]),
                (s3, (403, "RequestTimeTooSkewed"), ["clock"]), (dynamodb, (400, "AccessDeniedException"), ["policy"]),
                (dynamodb, (400, "UnrecognizedClientException"), ["AWS_ACCESS_KEY_ID"]),
                (dynamodb, (400, "ExpiredTokenException"), ["has expired"]),
                (dynamodb, (400, "InvalidSignatureException", "Signature expired: now earlier"), ["clock"]),
                (dynamodb, (400, "ResourceNotFoundException"), ["AWS_REGION", "lazaret init"])):
            with Proxy(store.endpoint, Faults(1, 1, ("refuse",), refusal=refusal)) as proxy:
                refused(words, **server.settings | {variable: proxy.endpoint, "DATA_DIR": tempfile.mkdtemp()})


@test("A store that is not there is said within seconds, by name and address", homes=CLOUD)
def _():
    port = free_port()
    refused([f"127.0.0.1:{port}"], **fresh(AWS_ENDPOINT_URL_S3=f"http://127.0.0.1:{port}"))


@test("Contradictions and what would have no effect are refused by name", homes=("embedded",))
def _():
    for settings, name in (({"OBJECT_STORE": "file", "S3_BUCKET": "documents"}, "S3_BUCKET"),
                           ({"OBJECT_STORE": "s3"}, "S3_BUCKET"), ({"ZOMBIE_WINDOW": "5m"}, "ZOMBIE_WINDOW"),
                           ({"METADATA_STORE": "sqlite", "DYNAMODB_TABLE": "documents"}, "DYNAMODB_TABLE"),
                           ({"S3_BUCKET": "documents", "AWS_RETRY_MODE": "adaptive"}, "AWS_RETRY_MODE")):
        contains(refused([name], status=78, **settings, SECRET_KEY=FAKE_SECRET), name, "output")


@test("Production refuses a store over plain http beyond this machine", homes=("embedded",))
def _():
    keys = Path(tempfile.mkdtemp()) / "keys"
    run_command("key", "new", "ward", API_KEYS_FILE=keys)
    said = refused(["AWS_ENDPOINT_URL_S3", "https"], status=78, APP_ENV="production", API_KEYS_FILE=keys,
                   SECRET_KEY=FAKE_SECRET, S3_BUCKET="documents", AWS_ENDPOINT_URL_S3="http://store.example:9000",
                   AWS_ACCESS_KEY_ID="k", AWS_SECRET_ACCESS_KEY="an-obviously-fake-key")
    holds("an-obviously-fake-key" not in said, "the secret is shown")


@test("`config` shows the AWS variables and no secret of theirs", homes=("embedded",))
def _():
    token = uuid.uuid4().hex
    shown = run_command("config", S3_BUCKET="documents", AWS_REGION="eu-central-1", AWS_SECRET_ACCESS_KEY=token,
                        AWS_SESSION_TOKEN=token).stdout
    contains(shown, "AWS_REGION=eu-central-1", "config")
    contains(shown, "OBJECT_STORE=s3", "config")
    contains(shown, "AWS_SESSION_TOKEN=", "config")
    holds(token not in shown, "a secret is shown")


@test("`lazaret reindex` adopts what the first version wrote: found, listed, served, inspected, under its old key",
      homes=CLOUD)
def _():
    home, settings = servers.HOME, fresh()
    with Server(**settings) as server:
        contents = {f"0190{number:04x}-0000-4000-8000-000000000000": pdf.unique(30_000) for number in range(5)}
        for identity, content in contents.items():
            key = f"medical_documents/lab_results/{identity}.pdf"
            home.objects.client.put_object(Bucket=settings["S3_BUCKET"], Key=key, Body=content)
            home.metadata.client.put_item(TableName=settings["DYNAMODB_TABLE"], Item={
                "id": {"S": identity}, "filename": {"S": f"old-report-{identity[:8]}.pdf"}, "s3_key": {"S": key},
                "upload_date": {"S": "2024-03-01T10:00:00"}, "categories": {"L": [{"S": "lab_results"}]},
                "processed": {"BOOL": False}})
        server.restart()
        contains(server.log_text(), "run `lazaret reindex`", "the log")
        run = run_command("reindex", **settings | {"DATA_DIR": tempfile.mkdtemp()})
        same(run.returncode, 0, run.stdout + run.stderr)
        contains(run.stdout, "5 adopted", "what it says")
        client = server.client()
        listed = wait_until(lambda: (found := client.list(search="old", categories="lab_results"))["total"] == 5 and found)
        same({document["id"] for document in listed["documents"]}, set(contents), "listed")
        for document in listed["documents"]:
            same((document["size"], document["verdict"]["outcome"]), (len(contents[document["id"]]), "clean"), "facts")
            body = client.get(f"/api/documents/{document['id']}/content").body
            holds(body == contents[document["id"]], "the bytes differ")
        again = run_command("reindex", **settings | {"DATA_DIR": tempfile.mkdtemp()})
        contains(again.stdout, "0 adopted", "a second run")
