"""HTTP as a client speaks it: whole requests for ordinary tests, raw bytes for the others."""

import http.client
import json
import secrets
import socket
import time
import urllib.parse


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def header(self, name):
        return self.headers.get(name)

    @property
    def etag(self):
        return self.headers["ETag"]

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Client:
    """Every request on a connection of its own, unless `connection` is used."""

    def __init__(self, port, headers=None):
        self.port, self.headers = port, headers or {}

    def request(self, method, path, body=None, headers=None, timeout=60):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body=body, headers={**self.headers, **(headers or {})})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.request("GET", path, headers=_dashed(headers))

    def head(self, path, **headers):
        return self.request("HEAD", path, headers=_dashed(headers))

    def delete(self, path, **headers):
        return self.request("DELETE", path, headers=_dashed(headers))

    def send_json(self, method, path, value, **headers):
        return self.request(method, path, json.dumps(value).encode(), {"Content-Type": "application/json", **_dashed(headers)})

    def patch(self, path, change, headers=None):
        return self.send_json("PATCH", path, change, **(headers or {}))

    def put(self, path, value, headers=None):
        return self.send_json("PUT", path, value, **(headers or {}))

    def post(self, path, value=None, headers=None):
        """JSON, or no body at all."""
        if value is None:
            return self.request("POST", path, headers=headers)
        return self.send_json("POST", path, value, **(headers or {}))

    def list(self, **parameters):
        answer = self.get("/api/documents?" + urllib.parse.urlencode(parameters, doseq=True))
        if answer.status != 200:
            raise AssertionError(f"the list was answered {answer}")
        return answer.json

    def upload(self, content, name="report.pdf", declared="application/pdf", path="/api/documents", headers=None, **fields):
        body, content_type = form(file_part(content, name, declared), **fields)
        return self.request("POST", path, body, {"Content-Type": content_type, **(headers or {})})

    def stored(self, content, name="report.pdf", **fields):
        """An upload that must succeed; gives the document."""
        answer = self.upload(content, name, **fields)
        if answer.status != 201:
            raise AssertionError(f"the upload was answered {answer.status}: {answer.body[:500]!r}")
        return answer.json

    def raw(self, request, timeout=20):
        """Sends bytes as they are; gives all that comes back until the server closes or is silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connection:
            try:
                connection.sendall(request)
            except (BrokenPipeError, ConnectionResetError):
                pass
            return read_until_closed(connection)

    def raw_status(self, request):
        answer = self.raw(request)
        if not answer.startswith(b"HTTP/1."):
            raise AssertionError(f"no HTTP answer: {answer[:100]!r}")
        return parse_answer(answer)


def _dashed(headers):
    return {name.replace("_", "-"): value for name, value in headers.items()}


def read_until_closed(connection, seconds=20):
    """A whole answer with Content-Length, or everything until the end."""
    received, end = b"", time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            piece = connection.recv(65536)
        except (ConnectionResetError, TimeoutError):
            break
        if not piece:
            break
        received += piece
        if _is_whole(received):
            break
    return received


def _is_whole(received):
    head, gap, body = received.partition(b"\r\n\r\n")
    if not gap or head.startswith(b"HTTP/1.1 100"):
        return False
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return len(body) >= int(value)
    return False


def parse_answer(received):
    head, _, body = received.partition(b"\r\n\r\n")
    while head.startswith(b"HTTP/1.1 100"):
        head, _, body = body.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    message = http.client.HTTPMessage()
    for line in lines[1:]:
        name, _, value = line.partition(":")
        message[name] = value.strip()
    return Answer(int(lines[0].split()[1]), message, body)


def file_part(content, name="report.pdf", declared="application/pdf", field="file"):
    """One part with a file, its name in UTF-8 as browsers send it."""
    escaped = name.replace("\\", "\\\\").replace('"', "%22").encode()
    head = b'Content-Disposition: form-data; name="' + field.encode() + b'"; filename="' + escaped + b'"\r\n'
    if declared:
        head += b"Content-Type: " + declared.encode() + b"\r\n"
    return head + b"\r\n" + content


def field_part(name, value):
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()


def form(*parts, **fields):
    """A multipart body and its Content-Type. A list as a value repeats the field."""
    boundary = "----e2e" + secrets.token_hex(8)
    pieces = []
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            pieces.append(field_part(name, one))
    pieces += parts
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + piece + b"\r\n" for piece in pieces)
    return body + b"--" + boundary.encode() + b"--\r\n", f"multipart/form-data; boundary={boundary}"
