"""The straight line: what is sent comes in, is found, and comes out again as it was."""

import hashlib
import json
import re
import time

from support import pdf
from support.client import field_part, file_part, form
from support.problem import expect_problem
from support.server import shared
from support.suite import contains, holds, same, test

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
UUID7 = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")


def api():
    return shared().client()


@test("An upload is answered 201 with the whole document, its address and its version")
def upload_answers():
    content = pdf.unique()
    answer = api().upload(content, "Lab Result 17.pdf", categories="lab_results", metadata='{"ward": "7B"}')
    same(answer.status, 201, "status")
    document = answer.json
    holds(UUID7.match(document["id"]), f"not a UUIDv7: {document['id']}")
    same(answer.header("Location"), f"/api/documents/{document['id']}", "Location")
    same(answer.header("ETag"), '"1"', "ETag")
    same(answer.header("Cache-Control"), "no-store", "Cache-Control")
    same(document["filename"], "Lab Result 17.pdf", "filename")
    same(document["original_filename"], "Lab Result 17.pdf", "original_filename")
    same(document["size"], len(content), "size")
    same(document["checksum"], hashlib.sha256(content).hexdigest(), "checksum")
    same(document["content_type"], "application/pdf", "content_type")
    same(document["categories"], ["lab_results"], "categories")
    same(document["metadata"]["ward"], "7B", "metadata")
    same(document["metadata"]["extracted"]["page_count"], 1, "extracted page_count")
    same((document["state"], document["processed"], document["version"]), ("available", False, 1), "state")
    holds(TIME.match(document["upload_date"]), f"not a time: {document['upload_date']}")
    same(document["verdict"]["outcome"], "clean", "outcome")
    contains(document["s3_key"], document["id"], "s3_key")
    holds(re.match(r"^medical_documents/\d{4}/\d\d/\d\d/", document["s3_key"]), "s3_key has no date: " + document["s3_key"])
    holds(not [name for name in document if name.startswith("_")], "an inner attribute came out")


@test("A document that was uploaded is fetched by its id, as the upload described it")
def get_by_id():
    uploaded = api().upload(pdf.unique())
    answer = api().get("/api/documents/" + uploaded.json["id"])
    same(answer.status, 200, "status")
    same(answer.json, uploaded.json, "document")


@test("A document is listed first right after its upload")
def listed_first():
    document = api().stored(pdf.unique(), "newest.pdf")
    same(api().get("/api/documents?limit=1").json["documents"][0]["id"], document["id"], "first of the list")


@test("A document is found by a word of its name, by its beginning, and not by another word")
def searched():
    document = api().stored(pdf.unique(), "Cardiology referral Quixote.pdf")
    for query in ("quixote", "QUIX", "referral+quixote", "cardio"):
        found = [d["id"] for d in api().get(f"/api/documents?search={query}").json["documents"]]
        contains(found, document["id"], f"search {query}")
    same(api().get("/api/documents?search=quixote+nosuchword").json["documents"], [], "search with a foreign word")


@test("A Chinese file name is kept, found by one of its characters, and offered for download")
def chinese_name():
    document = api().stored(pdf.unique(), "化验报告 样本.pdf")
    same(document["filename"], "化验报告 样本.pdf", "filename")
    found = api().get("/api/documents?search=%E6%A0%B7").json["documents"]  # 样
    contains([d["id"] for d in found], document["id"], "search")
    disposition = api().get(f"/api/documents/{document['id']}/content").header("Content-Disposition")
    contains(disposition, "filename*=UTF-8''%E5%8C%96", "Content-Disposition")


@test("The bytes come back exactly as they were sent, for nobody to render by accident")
def download():
    content = pdf.unique(300_000)
    document = api().stored(content)
    answer = api().get(f"/api/documents/{document['id']}/content")
    same(answer.status, 200, "status")
    holds(answer.body == content, "the bytes differ")
    same(answer.header("ETag"), f'"{document["checksum"]}"', "ETag")
    same(answer.header("X-Content-Type-Options"), "nosniff", "X-Content-Type-Options")
    contains(answer.header("Content-Disposition"), "attachment", "Content-Disposition")
    contains(answer.header("Content-Security-Policy"), "sandbox", "Content-Security-Policy")
    contains(answer.header("Repr-Digest"), "sha-256=:", "Repr-Digest")


@test("A signed URL opens the document without any other credential")
def signed_url():
    content = pdf.unique()
    document = api().stored(content)
    answer = api().send_json("POST", f"/api/documents/{document['id']}/url", {"expires_in": 60})
    same(answer.status, 200, "status")
    holds(TIME.match(answer.json["expires_at"]), "expires_at")
    fetched = api().get(answer.json["url"])
    same(fetched.status, 200, "status of the URL")
    holds(fetched.body == content, "the bytes differ")


@test("A signed URL asked for with an empty body lasts fifteen minutes")
def signed_url_default():
    document = api().stored(pdf.unique())
    before = time.time()
    expires = api().request("POST", f"/api/documents/{document['id']}/url").json["expires_at"]
    moment = time.mktime(time.strptime(expires[:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
    holds(before + 890 <= moment <= time.time() + 910, f"expires at {expires}")


@test("A deleted document's signed URL stops working at once")
def signed_url_of_deleted():
    document = api().stored(pdf.unique())
    url = api().request("POST", f"/api/documents/{document['id']}/url").json["url"]
    same(api().delete(f"/api/documents/{document['id']}").status, 204, "delete")
    expect_problem(api().get(url), 404, "document_not_found")


@test("The first version's upload route answers 200 with the document")
def first_route():
    answer = api().upload(pdf.unique(), path="/api/documents/upload")
    same(answer.status, 200, "status")
    same(api().get("/api/documents/" + answer.json["id"]).status, 200, "the document")


@test("Validation judges as an upload would and stores nothing")
def validate():
    server = shared()
    before = server.footprint()
    good = api().upload(pdf.unique(), path="/api/documents/validate")
    same((good.status, good.json["verdict"]["outcome"]), (200, "clean"), "clean file")
    same(good.json["would_answer"]["status"], 201, "would_answer of the clean file")
    bad = api().upload(pdf.with_launch(), path="/api/documents/validate")
    same((bad.status, bad.json["verdict"]["outcome"]), (200, "malicious"), "attack")
    same(bad.json["would_answer"], {"status": 422, "code": "file_rejected"}, "would_answer of the attack")
    same(server.footprint(), before, "what lies on the disk")


@test("A body that comes in chunks is taken like any other")
def chunked():
    content = pdf.unique(100_000)
    body, content_type = form(file_part(content))

    def pieces():
        for at in range(0, len(body), 7001):
            yield body[at:at + 7001]

    answer = api().request("POST", "/api/documents", pieces(), {"Content-Type": content_type})
    same(answer.status, 201, "status")
    same(answer.json["checksum"], hashlib.sha256(content).hexdigest(), "checksum")


@test("A client that asks first (Expect: 100-continue) is told to go on")
def expect_continue():
    import socket
    body, content_type = form(file_part(pdf.unique()))
    with socket.create_connection(("127.0.0.1", shared().port), timeout=20) as connection:
        connection.sendall(b"POST /api/documents HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                           b"Content-Type: " + content_type.encode() +
                           b"\r\nContent-Length: %d\r\n\r\n" % len(body))
        contains(connection.recv(4096), b"100 Continue", "interim answer")
        connection.sendall(body)
        contains(connection.recv(4096), b" 201 ", "answer")


@test("Categories are taken repeated, as a JSON array and comma-separated, and fold when doubled")
def categories():
    for value in (["lab_results", "patient_records"], '["lab_results","patient_records"]', "lab_results,patient_records",
                  "lab_results,patient_records,lab_results"):
        document = api().stored(pdf.unique(), categories=value)
        same(sorted(document["categories"]), ["lab_results", "patient_records"], f"categories from {value!r}")


@test("A file that was announced with its checksum is stored when the bytes agree")
def announced_checksum():
    content = pdf.unique()
    same(api().upload(content, checksum=hashlib.sha256(content).hexdigest()).status, 201, "status")


@test("A part declared as octet-stream, or not at all, is judged by name and bytes")
def undeclared():
    for declared in ("application/octet-stream", None):
        same(api().upload(pdf.unique(), declared=declared).status, 201, f"declared {declared}")


@test("Path parts, control and bidi characters of a file name are dropped; what was sent is kept beside it")
def safe_name():
    for sent, safe in (("../../etc/passwd.pdf", "passwd.pdf"), ("C:\\Users\\x\\scan.pdf", "scan.pdf"),
                       ("gp\u202efdp.pdf", "gpfdp.pdf"), ("a\tb.pdf", "ab.pdf")):
        document = api().stored(pdf.unique(), sent)
        same(document["filename"], safe, f"safe name of {sent!r}")


@test("A form with script behind a field is stored, and its finding is told")
def active_form():
    document = api().stored(pdf.with_script_in_form())
    same((document["state"], document["verdict"]["outcome"]), ("available", "active"), "state and outcome")
    holds([f for f in document["verdict"]["findings"] if "script" in f["code"]], "no finding names the script")


@test("A document that reaches out when opened is stored in quarantine: listed on request, its bytes locked")
def quarantined():
    answer = api().upload(pdf.with_auto_run_link())
    same((answer.status, answer.json["state"]), (201, "quarantined"), "upload")
    identity = answer.json["id"]
    expect_problem(api().get(f"/api/documents/{identity}/content"), 409, "quarantined")
    expect_problem(api().request("POST", f"/api/documents/{identity}/url"), 409, "quarantined")
    listed = [d["id"] for d in api().get("/api/documents?state=quarantined").json["documents"]]
    contains(listed, identity, "list of quarantined documents")
    holds(identity not in [d["id"] for d in api().get("/api/documents").json["documents"]], "listed among the available")


@test("A released document's bytes can be fetched, and releasing it again is a conflict")
def released():
    identity = api().upload(pdf.with_auto_run_link()).json["id"]
    answer = api().send_json("POST", f"/api/documents/{identity}/release", {"reason": "checked by the tests"})
    same((answer.status, answer.json["state"]), (200, "available"), "release")
    same(api().get(f"/api/documents/{identity}/content").status, 200, "content")
    expect_problem(api().send_json("POST", f"/api/documents/{identity}/release", {"reason": "again"}), 409, "conflict")


@test("Health, categories, metrics, description and home page answer")
def open_pages():
    same(api().get("/health").json["status"], "ok", "health")
    same(api().get("/health/live").status, 200, "live")
    ready = api().get("/health/ready")
    same(ready.status, 200, "ready")
    for part in ("object_store", "metadata_store", "inspector"):
        contains(json.dumps(ready.json), part, "readiness")
    contains(api().get("/api/categories").json["categories"], "lab_results", "categories")
    contains(api().get("/metrics").body.decode(), "# TYPE", "metrics")
    same(api().get("/openapi.json").json["openapi"][:3], "3.1", "OpenAPI version")
    home = api().get("/")
    same((home.status, home.header("Content-Type").split(";")[0]), (200, "text/html"), "home page")


@test("Every route of the description answers something other than 404 route_not_found")
def described_routes():
    description = api().get("/openapi.json").json
    for path, calls in description["paths"].items():
        concrete = path.replace("{id}", "01890000-0000-7000-8000-000000000000")
        for method in calls:
            if method not in ("get", "put", "post", "delete", "patch"):
                continue
            answer = api().request(method.upper(), concrete, b"" if method in ("post", "put", "patch") else None)
            missing = answer.status == 404 and answer.json["code"] == "route_not_found"
            holds(not missing, f"{method.upper()} {path} is described but not there")
            holds(answer.status not in (405, 501), f"{method.upper()} {path}: {answer.status}")


@test("A request id of the client's is used, a malformed one replaced")
def request_id():
    same(api().get("/health", X_Request_Id="e2e-42.x_y").header("X-Request-Id"), "e2e-42.x_y", "kept id")
    made = api().get("/health", X_Request_Id="not allowed!").header("X-Request-Id")
    holds(made and made != "not allowed!", "a malformed id was echoed")


@test("HEAD answers like GET, without a body")
def head():
    document = api().stored(pdf.unique())
    for path in ("/health", "/api/documents", f"/api/documents/{document['id']}", f"/api/documents/{document['id']}/content"):
        answer = api().head(path)
        same((answer.status, answer.body), (200, b""), path)
        holds(int(answer.header("Content-Length")) > 0, f"Content-Length of HEAD {path}")


@test("Two requests on one connection are answered in their order")
def pipelined():
    request = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = b"GET /api/categories HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    import socket
    with socket.create_connection(("127.0.0.1", shared().port), timeout=20) as connection:
        connection.sendall(request + last)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    same(received.count(b"HTTP/1.1 200"), 2, "answers")
    holds(received.index(b'"status"') < received.index(b'"categories"'), "the order is wrong")


@test("Form fields before and after the file are both heard")
def field_order():
    body, content_type = form(field_part("categories", "lab_results"), file_part(pdf.unique()),
                              field_part("metadata", '{"after": true}'))
    document = api().request("POST", "/api/documents", body, {"Content-Type": content_type}).json
    same((document["categories"], document["metadata"]["after"]), (["lab_results"], True), "fields")
