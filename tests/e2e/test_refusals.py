"""Every refusal: its status, its code, a sentence that helps, and nothing left on the disk."""

import hashlib
import json
import re

from support import pdf
from support.client import field_part, file_part, form
from support.problem import expect_problem
from support.server import shared
from support.suite import contains, holds, same, test

NOWHERE = "01890000-0000-7000-8000-000000000000"


def api():
    return shared().client()


def post(body, content_type, **headers):
    return api().request("POST", "/api/documents", body, {"Content-Type": content_type, **headers})


def nothing_left(action):
    """Runs it and holds the disk against what it was."""
    server = shared()
    before = server.footprint()
    answer = action()
    same(server.footprint(), before, "what lies on the disk")
    return answer


# Files.

@test("A file whose extension is not allowed is refused by name")
def wrong_extension():
    expect_problem(nothing_left(lambda: api().upload(pdf.unique(), "tool.exe")), 415, "extension_not_allowed", "pdf")


@test("A file declared as another type is refused")
def wrong_declaration():
    answer = nothing_left(lambda: api().upload(pdf.unique(), declared="text/html"))
    expect_problem(answer, 415, "unsupported_media_type")


@test("A file whose bytes are not what its name says is refused, with the finding")
def lying_extension():
    problem = expect_problem(nothing_left(lambda: api().upload(pdf.png(), "picture.pdf")), 415, "type_mismatch")
    holds(problem.get("findings"), "no findings")


@test("A page of HTML named like a PDF is refused")
def html_as_pdf():
    html = b"<!DOCTYPE html><script>alert(1)</script>" + b" " * 2000
    answer = nothing_left(lambda: api().upload(html, "page.pdf"))
    holds(answer.status in (415, 422), f"answered {answer.status}")


@test("An empty file is refused")
def empty_file():
    expect_problem(nothing_left(lambda: api().upload(b"", "empty.pdf")), 422, "file_rejected", "empty")


@test("A file cut off before its first page is refused")
def truncated():
    problem = expect_problem(nothing_left(lambda: api().upload(pdf.without_pages())), 422, "file_rejected")
    holds(problem["findings"], "no findings")


@test("An encrypted file is refused, and the sender told to remove the password")
def encrypted():
    answer = nothing_left(lambda: api().upload(pdf.encrypted()))
    problem = expect_problem(answer, 422, "file_rejected")
    contains(answer.body.decode().lower(), "password", "answer")
    holds(problem["findings"], "no findings")


@test("A document that starts a program is refused, with the finding")
def launch():
    problem = expect_problem(nothing_left(lambda: api().upload(pdf.with_launch())), 422, "file_rejected")
    holds([f for f in problem["findings"] if "launch" in f["code"]], f"findings: {problem['findings']}")


@test("A document with the antivirus test file attached is refused")
def eicar_attached():
    problem = expect_problem(nothing_left(lambda: api().upload(pdf.with_eicar_attached())), 422, "file_rejected")
    holds([f for f in problem["findings"] if "eicar" in f["code"]], f"findings: {problem['findings']}")


@test("The bare antivirus test file is refused for what it is, whatever its name says")
def eicar_bare():
    problem = expect_problem(nothing_left(lambda: api().upload(pdf.EICAR, "eicar.pdf")), 422, "file_rejected")
    holds([f for f in problem["findings"] if "eicar" in f["code"]], f"findings: {problem['findings']}")


@test("A document with a program attached is refused")
def executable_attached():
    expect_problem(nothing_left(lambda: api().upload(pdf.with_executable_attached())), 422, "file_rejected")


@test("A document that unfolds to gigabytes is refused, and the service goes on")
def bomb():
    expect_problem(nothing_left(lambda: api().upload(pdf.flate_bomb())), 422, "file_rejected")
    same(api().get("/health/ready").status, 200, "ready afterwards")


def small_server():
    return shared(MAX_FILE_SIZE=100_000)


@test("A file over the limit is refused, the limit told, and nothing kept")
def too_large():
    server = small_server()
    before = server.footprint()
    problem = expect_problem(server.client().upload(pdf.unique(150_000)), 413, "file_too_large")
    same(problem["limit"], 100_000, "limit")
    same(server.footprint(), before, "what lies on the disk")


@test("A file of exactly the limit is taken")
def at_the_limit():
    content = pdf.unique(50_000)
    content += b"%" + b" " * (100_000 - len(content) - 2) + b"\n"
    same(small_server().client().upload(content).status, 201, "status")


@test("A body announced far over the limit is refused before it is read")
def announced_too_large():
    answer = small_server().client().raw_status(
        b"POST /api/documents HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        b"Content-Length: 99999999\r\n\r\n")
    holds(answer.json["code"] in ("body_too_large", "file_too_large"), answer.json["code"])
    same(answer.status, 413, "status")


@test("A chunked body over the limit is refused while it is still being sent")
def chunked_too_large():
    server = small_server()
    body, content_type = form(file_part(pdf.unique(400_000)))
    request = (b"POST /api/documents HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Type: "
               + content_type.encode() + b"\r\n\r\n")
    # The last chunk never comes: an answer shows that nobody waited for it.
    answer = server.client().raw_status(request + b"%x\r\n" % len(body) + body + b"\r\n")
    same(answer.status, 413, "status")


# Forms.

@test("A form without a file is refused")
def no_file():
    expect_problem(nothing_left(lambda: post(*form(field_part("categories", "lab_results")))), 400, "missing_file", "file")


@test("A form with two files is refused")
def two_files():
    expect_problem(nothing_left(lambda: post(*form(file_part(pdf.unique()), file_part(pdf.unique())))), 400,
                   "malformed_multipart")


@test("A form that ends in the middle is refused")
def cut_form():
    body, content_type = form(file_part(pdf.unique()))
    expect_problem(nothing_left(lambda: post(body[:-30], content_type)), 400, "malformed_multipart")


@test("A form with an unknown field is refused by name")
def unknown_field():
    problem = expect_problem(nothing_left(lambda: api().upload(pdf.unique(), colour="red")), 422, "invalid_field")
    contains(json.dumps(problem["errors"]), "colour", "errors")


@test("An unknown category is refused by name")
def unknown_category():
    problem = expect_problem(nothing_left(lambda: api().upload(pdf.unique(), categories="poems")), 422, "invalid_field")
    holds(problem["errors"][0]["pointer"].startswith("/categories"), f"errors: {problem['errors']}")


@test("Metadata that is no JSON, no object, too deep, too large or uses a name of ours is refused")
def bad_metadata():
    deep = '{"a":' * 8 + "{}" + "}" * 8
    for value in ("{", "[1]", '"text"', deep, json.dumps({"a": "x" * 33000}), '{"extracted": {}}'):
        answer = nothing_left(lambda: api().upload(pdf.unique(), metadata=value))
        holds(answer.status in (400, 422), f"metadata {value[:40]!r} was answered {answer.status}")
        expect_problem(answer, answer.status, "malformed_json" if answer.status == 400 else "invalid_field")


@test("A file that is not the one announced is refused")
def digest_mismatch():
    expect_problem(nothing_left(lambda: api().upload(pdf.unique(), checksum=hashlib.sha256(b"x").hexdigest())), 400,
                   "digest_mismatch")


@test("A checksum that is no checksum is refused")
def bad_checksum():
    answer = nothing_left(lambda: api().upload(pdf.unique(), checksum="zz"))
    holds(answer.status in (400, 422), f"answered {answer.status}")


@test("A file name of more than 1,024 bytes is refused")
def long_name():
    expect_problem(nothing_left(lambda: api().upload(pdf.unique(), "x" * 1100 + ".pdf")), 422, "invalid_field")


@test("An upload that is no form is refused")
def no_form():
    expect_problem(post(b"{}", "application/json"), 415, "unsupported_media_type")


@test("A form without a boundary is refused")
def no_boundary():
    answer = post(b"x", "multipart/form-data")
    holds(answer.status == 400, f"answered {answer.status}")


# Routes and methods.

@test("Unknown paths, trailing slashes, doubled slashes and upper-case ids are 404")
def not_found():
    for path in ("/api/nothing", "/api/documents/", "/api//documents", f"/api/documents/{NOWHERE}/"):
        expect_problem(api().get(path), 404, "route_not_found")
    expect_problem(api().get("/api/documents/" + NOWHERE), 404, "document_not_found")
    document = api().stored(pdf.unique())
    holds(api().get("/api/documents/" + document["id"].upper()).status == 404 or document["id"].isdigit(), "upper case id")


@test("A known method on a wrong route is 405 and says what is allowed")
def wrong_method():
    answer = api().delete("/api/documents")
    expect_problem(answer, 405, "method_not_allowed")
    contains(answer.header("Allow"), "POST", "Allow")


@test("TRACE and CONNECT are known, and no path takes them")
def methods_without_a_path():
    for method in ("TRACE", "CONNECT"):
        answer = api().request(method, "/api/documents")
        expect_problem(answer, 405, "method_not_allowed")
        contains(answer.header("Allow"), "POST", "Allow")


@test("A method nobody knows is 501")
def unknown_method():
    expect_problem(api().request("BREW", "/api/documents"), 501, "method_not_implemented")


@test("OPTIONS says what is allowed")
def options():
    answer = api().request("OPTIONS", "/api/documents")
    holds(answer.status in (200, 204), f"answered {answer.status}")
    contains(answer.header("Allow"), "POST", "Allow")


# The frame of a request.

def raw(request):
    return api().raw_status(request)


@test("An upload without length and without chunks is 411")
def no_length():
    expect_problem(raw(b"POST /api/documents HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n"),
                   411, "length_required")


@test("A target of many kilobytes is 414")
def long_target():
    expect_problem(raw(b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"), 414, "uri_too_long")


@test("Headers of many kilobytes are 431")
def long_headers():
    expect_problem(raw(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"a" * 70_000 + b"\r\n\r\n"), 431,
                   "headers_too_large")


@test("An expectation other than 100-continue is 417")
def expectation():
    expect_problem(raw(b"POST /api/documents HTTP/1.1\r\nHost: localhost\r\nExpect: miracles\r\nContent-Length: 1\r\n\r\n"), 417,
                   "expectation_failed")


@test("Another version of HTTP is 505")
def http_version():
    expect_problem(raw(b"GET /health HTTP/2.0\r\nHost: localhost\r\n\r\n"), 505, "http_version_not_supported")


@test("What is no HTTP is 400")
def no_http():
    expect_problem(raw(b"\x16\x03\x01 hello\r\n\r\n"), 400, "malformed_request")


@test("A request whose length is said in two ways is 400: nobody can smuggle behind it")
def smuggling():
    for framing in (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"Content-Length: 5\r\nContent-Length: 6\r\n",
                    b"Content-Length: +5\r\n", b"Transfer-Encoding: gzip, chunked\r\n", b"Transfer-Encoding : chunked\r\n",
                    b"Content-Length: 5, 5\r\n"):
        answer = raw(b"POST /api/documents HTTP/1.1\r\nHost: localhost\r\n" + framing + b"\r\n0\r\n\r\n")
        holds(answer.status in (400, 501), f"{framing!r} was answered {answer.status}")


@test("A request without a Host, or with two, is 400")
def host_count():
    for hosts in (b"", b"Host: localhost\r\nHost: localhost\r\n"):
        holds(raw(b"GET /health HTTP/1.1\r\n" + hosts + b"\r\n").status == 400, f"{hosts!r} was taken")


# Queries and bodies.

@test("A query that is unknown, repeated, reversed or malformed is 400 and named")
def bad_queries():
    for query, name in (("colour=red", "colour"), ("limit=0", "limit"), ("limit=201", "limit"), ("limit=ten", "limit"),
                        ("limit=5&limit=6", "limit"), ("sort_by=weight", "sort_by"), ("sort_order=up", "sort_order"),
                        ("categories=poems", "categories"), ("date_from=yesterday", "date_from"),
                        ("date_from=2026-01-02&date_to=2026-01-01", "date"), ("size_min=9&size_max=3", "size"),
                        ("size_min=-1", "size_min"), ("processed=maybe", "processed"), ("state=gone", "state"),
                        ("checksum=xyz", "checksum")):
        answer = api().get("/api/documents?" + query)
        problem = expect_problem(answer, 400, "invalid_parameter")
        contains(json.dumps(problem), name, query)


@test("A cursor that is foreign or edited is 400")
def bad_cursor():
    for _ in range(3):
        api().stored(pdf.unique())
    cursor = api().get("/api/documents?limit=1").json["next_cursor"]
    middle = len(cursor) // 2
    edited = cursor[:middle] + ("A" if cursor[middle] != "A" else "B") + cursor[middle + 1:]
    for query in ("cursor=foreign", f"cursor={edited}", f"cursor={cursor}&sort_by=size", f"cursor={cursor}&search=x"):
        expect_problem(api().get("/api/documents?" + query), 400, "invalid_cursor")


@test("A patch that is no JSON, of another type or of an unknown member is refused")
def bad_patches():
    path = "/api/documents/" + api().stored(pdf.unique())["id"]
    expect_problem(api().request("PATCH", path, b"{", {"Content-Type": "application/json"}), 400, "malformed_json")
    expect_problem(api().request("PATCH", path, b"{}", {"Content-Type": "text/plain"}), 415, "unsupported_media_type")
    problem = expect_problem(api().send_json("PATCH", path, {"size": 1}), 422, "invalid_field")
    same(problem["errors"][0]["pointer"], "/size", "pointer")
    problem = expect_problem(api().send_json("PATCH", path, {"filename": "renamed.exe"}), 422, "invalid_field")
    same(problem["errors"][0]["pointer"], "/filename", "pointer")
    expect_problem(api().send_json("PATCH", path, {"categories": ["lab_results", "poems"]}), 422, "invalid_field")


@test("A body of many megabytes where a small one belongs is 413")
def large_json():
    path = "/api/documents/" + api().stored(pdf.unique())["id"]
    answer = api().raw_status(f"PATCH {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                              "Content-Length: 99999999\r\n\r\n".encode())
    expect_problem(answer, 413, "body_too_large")


@test("A life time of a link beyond seven days is refused")
def long_link():
    path = f"/api/documents/{api().stored(pdf.unique())['id']}/url"
    for value in (0, -1, 604801, "60", 1.5):
        holds(api().send_json("POST", path, {"expires_in": value}).status in (400, 422), f"{value!r} was taken")


@test("A link whose signature or time was changed opens nothing")
def edited_link():
    document = api().stored(pdf.unique())
    url = api().request("POST", f"/api/documents/{document['id']}/url").json["url"]
    for changed in (url[:-1] + ("A" if url[-1] != "A" else "B"), url[:-8], url + "A"):
        expect_problem(api().get(changed), 403, "link_invalid")
    expires = re.search(r"expires=(\d+)", url).group(1)
    expect_problem(api().get(url.replace(expires, str(int(expires) + 1))), 403, "link_invalid")
