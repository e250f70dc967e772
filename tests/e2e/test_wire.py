"""HTTP itself over raw sockets: odd requests, smuggling, early answers, connections that are reused."""

from support import pdf
from support.client import file_part, form
from support.problem import expect_problem
from support.raw import Raw, head
from support.suite import same, test_on


def upload_bytes(*fields):
    body, content_type = form(file_part(pdf.clean()))
    return head("POST", "/api/documents", f"Content-Type: {content_type}", f"Content-Length: {len(body)}",
                *fields).encode(), body


def refused(server, text, status, code):
    """The answer is this problem, and the connection is over: nothing that follows is taken for a request."""
    with Raw(server.port) as raw:
        raw.send(text)
        told = expect_problem(raw.answer(), status, code)
        assert raw.is_closed(), raw.buffer[:200]
    return told


@test_on("A connection serves one request after the other, also pipelined")
def _(server):
    with Raw(server.port) as raw:
        raw.send(head("GET", "/health") * 3)
        for _ in range(3):
            same(raw.answer().status, 200)
        raw.send(head("HEAD", "/health") + head("GET", "/health/live"))
        same(raw.answer("HEAD").status, 200)
        same(raw.answer().json, {"status": "ok"})
        raw.send(head("GET", "/nothing") + head("GET", "/health/live", "Connection: close"))
        same(raw.answer().status, 404)
        last = raw.answer()
        same((last.status, last.header("Connection")), (200, "close"))
        assert raw.is_closed()


@test_on("A request split into single bytes is read like any other")
def _(server):
    with Raw(server.port) as raw:
        for byte in head("GET", "/health").encode():
            raw.send(bytes([byte]))
        same(raw.answer().status, 200)


@test_on("HTTP/1.0 is served and closed, and other versions are refused")
def _(server):
    with Raw(server.port) as raw:
        raw.send(f"GET /health HTTP/1.0\r\nHost: 127.0.0.1:{server.port}\r\n\r\n")
        same(raw.answer().status, 200)
        assert raw.is_closed()
    host = f"Host: 127.0.0.1:{server.port}\r\n\r\n"
    refused(server, f"GET /health HTTP/2.0\r\n{host}", 505, "http_version_not_supported")
    refused(server, f"GET /health HTTP/1.2\r\n{host}", 505, "http_version_not_supported")


@test_on("What is not HTTP is refused as malformed")
def _(server):
    host = f"Host: 127.0.0.1:{server.port}\r\n"
    for text in ("hello\r\n\r\n", f"GET /health\r\n{host}\r\n", f"GET  /health HTTP/1.1\r\n{host}\r\n",
                 f"GET /health HTTQ/1.1\r\n{host}\r\n", f"GET /he\talth HTTP/1.1\r\n{host}\r\n",
                 f"GET /health HTTP/1.1\n{host}\r\n", f"GET /health HTTP/1.1\r\n{host}X: a\x00b\r\n\r\n",
                 f"GET /health HTTP/1.1\r\n{host}X: a\r\n folded\r\n\r\n", f"GET health HTTP/1.1\r\n{host}\r\n",
                 f"GET /health#part HTTP/1.1\r\n{host}\r\n", f"GET http://elsewhere/health HTTP/1.1\r\n{host}\r\n"):
        refused(server, text, 400, "malformed_request")


@test_on("Fields that break the rules are refused")
def _(server):
    port = server.port
    for text in ("GET /health HTTP/1.1\r\n\r\n", head("GET", "/health", f"Host: 127.0.0.1:{port}"),
                 head("GET", "/health", "No colon"), head("GET", "/health", "Bad name: x"),
                 head("GET", "/health", "Name : x"), "GET /health HTTP/1.1\r\nHost: a/b\r\n\r\n",
                 "GET /health HTTP/1.1\r\nHost: user@127.0.0.1\r\n\r\n"):
        refused(server, text, 400, "invalid_header")


@test_on("Two readings of where a body ends are refused, so nothing can be smuggled")
def _(server):
    hidden = head("GET", "/health")
    chunked = f"{len(hidden):x}\r\n{hidden}\r\n0\r\n\r\n"
    for fields in (("Content-Length: 5", "Transfer-Encoding: chunked"), ("Transfer-Encoding: chunked", "Content-Length: 5"),
                   ("Content-Length: 5", "Content-Length: 6"), ("Content-Length: 5", "Content-Length: 5"),
                   ("Content-Length: 5, 5",), ("Content-Length: +5",), ("Content-Length: -5",), ("Content-Length: 0x5",),
                   ("Content-Length: 5 5",), ("Content-Length:",), ("Content-Length: 99999999999999999999",),
                   ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), ("Transfer-Encoding: gzip, chunked",),
                   ("Transfer-Encoding: identity",), ("Transfer-Encoding: xchunked",),
                   ("Transfer-Encoding: chunked, identity",), ("Transfer-Encoding:",)):
        for method in ("GET", "POST"):
            refused(server, head(method, "/api/documents", *fields) + chunked, 400, "malformed_request")


@test_on("Chunks that break the rules are refused")
def _(server):
    _, content_type = form()
    for chunks in ("zz\r\nabc\r\n0\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n", "3\nabc\r\n0\r\n\r\n", "-3\r\nabc\r\n0\r\n\r\n",
                   "0x3\r\nabc\r\n0\r\n\r\n", "fffffffffffffffff\r\nabc", " 3\r\nabc\r\n0\r\n\r\n"):
        text = head("POST", "/api/documents", f"Content-Type: {content_type}", "Transfer-Encoding: chunked")
        refused(server, text + chunks, 400, "malformed_request")


@test_on("The request after an upload on the same connection is read from the right byte")
def _(server):
    with Raw(server.port) as raw:
        for _ in range(2):
            start, body = upload_bytes()
            raw.send(start + body + head("GET", "/health/live").encode())
            same(raw.answer("POST").status, 201)
            same(raw.answer().json, {"status": "ok"})
        body, content_type = form(file_part(pdf.clean()))
        chunks = f"{len(body):X};name=value\r\n".encode() + body + b"\r\n0\r\nTrailer: x\r\n\r\n"
        raw.send(head("POST", "/api/documents", f"Content-Type: {content_type}",
                      "Transfer-Encoding: chunked").encode() + chunks + head("GET", "/health/live").encode())
        same(raw.answer("POST").status, 201)
        same(raw.answer().json, {"status": "ok"})


@test_on("A body where none belongs is refused, and one that is ignored is not")
def _(server):
    client = server.client()
    expect_problem(client.request("GET", "/api/documents", b"x" * 10), 413, "body_too_large")
    document = client.stored(pdf.clean())
    same(client.request("DELETE", f"/api/documents/{document['id']}", b"{}").status, 204)


@test_on("100-continue is sent when the body is wanted, and not when it is refused", MAX_FILE_SIZE="1MB")
def _(server):
    start, body = upload_bytes("Expect: 100-continue")
    with Raw(server.port) as raw:
        raw.send(start)
        same(raw.answer("POST").status, 100)
        raw.send(body)
        same(raw.answer("POST").status, 201)
    with Raw(server.port) as raw:
        raw.send(head("POST", "/api/documents", "Content-Type: text/plain", "Content-Length: 9",
                      "Expect: 100-continue"))
        expect_problem(raw.answer("POST"), 415, "unsupported_media_type")
    with Raw(server.port) as raw:
        raw.send(head("POST", "/api/documents", "Content-Type: multipart/form-data; boundary=x",
                      "Content-Length: 99000000", "Expect: 100-continue"))
        expect_problem(raw.answer("POST"), 413, "file_too_large")
    refused(server, head("POST", "/api/documents", "Content-Length: 3", "Expect: a-miracle"), 417,
            "expectation_failed")


@test_on("What the head or the first bytes forbid is answered before the body has come", MAX_FILE_SIZE="1MB")
def _(server):
    def early(fields, begun, status, code):
        with Raw(server.port) as raw:
            raw.send(head("POST", "/api/documents", *fields)).send(begun)
            told = expect_problem(raw.answer("POST"), status, code)
            raw.send(b"y" * 10_000)  # who goes on sending is not reset at once
            return told

    multipart = "Content-Type: multipart/form-data; boundary=x"
    same(early((multipart, "Content-Length: 50000000"), b"", 413, "file_too_large")["limit"], 1 << 20)
    with Raw(server.port) as raw:
        raw.send(head("POST", "/api/documents/validate", multipart, "Content-Length: 50000000"))
        told = raw.answer("POST")
        same((told.status, told.json["would_answer"]), (200, {"status": 413, "code": "file_too_large"}))
    early(("Content-Type: application/pdf", "Content-Length: 900000"), b"", 415, "unsupported_media_type")
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.exe"\r\n\r\nMZ'
    early((multipart, "Content-Length: 900000"), part, 415, "extension_not_allowed")
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\nContent-Type: image/png\r\n\r\n\x89PNG'
    early((multipart, "Content-Length: 900000"), part, 415, "unsupported_media_type")
    part = b'--x\r\nContent-Disposition: form-data; name="patient"\r\n\r\n'
    early((multipart, "Content-Length: 900000"), part, 422, "invalid_field")
    begun = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n' + b"%PDF-1.7\n" * 130_000
    early((multipart, "Transfer-Encoding: chunked"), f"{len(begun):x}\r\n".encode() + begun, 413, "file_too_large")
