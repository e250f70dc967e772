"""Clients that dawdle, go away or come in crowds must not cost the others."""

import select
import socket
import time
from concurrent.futures import ThreadPoolExecutor

from support import pdf
from support.client import file_part, form, parse_answer, read_until_closed
from support.problem import expect_problem
from support.server import Server, shared
from support.suite import contains, holds, same, test


def impatient():
    return shared(HEADER_TIMEOUT="1s", IDLE_TIMEOUT="2s", MIN_BODY_RATE="1KB")


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=30)


def upload_head(length, content_type):
    return (f"POST /api/documents HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\n"
            f"Content-Length: {length}\r\n\r\n").encode()


@test("A head that does not come is given up, with 408 or a closed connection")
def slow_head():
    with connect(impatient()) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: loc")
        answer = read_until_closed(connection)
    holds(answer == b"" or b" 408 " in answer.split(b"\r\n")[0], f"answer: {answer[:80]!r}")


@test("A head that comes byte by byte gains no time by it")
def dripping_head():
    start = time.monotonic()
    with connect(impatient()) as connection:
        for byte in b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"a" * 200:
            try:
                connection.sendall(bytes([byte]))
            except OSError:
                break
            if select.select([connection], [], [], 0.05)[0]:  # an answer, or the end
                break
    holds(time.monotonic() - start < 9, "the drip was endured to its end")


@test("A connection that is kept and not used is closed")
def idle():
    with connect(impatient()) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        contains(connection.recv(65536), b" 200 ", "answer")
        connection.settimeout(20)
        same(connection.recv(1), b"", "what comes after the idle time")


@test("An upload that all but stops is given up with 408, and nothing of it stays")
def slow_body():
    server = impatient()
    before = server.footprint()
    body, content_type = form(file_part(pdf.unique(100_000)))
    with connect(server) as connection:
        connection.sendall(upload_head(len(body), content_type) + body[:5000])
        answer = parse_answer(read_until_closed(connection, seconds=30))
    expect_problem(answer, 408, "request_timeout")
    same(server.footprint(), before, "what lies on the disk")


@test("An upload that breaks off leaves nothing")
def broken_off():
    server = shared()
    before = server.footprint()
    body, content_type = form(file_part(pdf.unique(100_000)))
    with connect(server) as connection:
        connection.sendall(upload_head(len(body), content_type) + body[:60_000])
    same(server.client().get("/health").status, 200, "another client")
    same(server.footprint(), before, "what lies on the disk")


@test("Two hundred dawdling connections do not keep another client from uploading")
def crowd():
    server = shared()
    body, content_type = form(file_part(pdf.unique(100_000)))
    crowd = [connect(server) for _ in range(200)]
    try:
        for connection in crowd:
            connection.sendall(b"GET /api/documents HTTP/1.1\r\nHost: local")
        start = time.monotonic()
        same(server.client().upload(pdf.unique()).status, 201, "upload")
        holds(time.monotonic() - start < 20, "the upload had to wait")
    finally:
        for connection in crowd:
            connection.close()


@test("Uploads beyond those admitted at a time are 503 with Retry-After, the admitted ones succeed")
def admission():
    with Server(MAX_UPLOADS_IN_FLIGHT=2) as server:
        body, content_type = form(file_part(pdf.unique(100_000)))
        held = [connect(server) for _ in range(2)]
        try:
            for connection in held:
                connection.sendall(upload_head(len(body), content_type) + body[:1000])
            time.sleep(0.3)  # both have been admitted
            answer = server.client().upload(pdf.unique())
            expect_problem(answer, 503, "overloaded")
            holds(int(answer.header("Retry-After")) >= 1, "no Retry-After")
            for connection in held:
                connection.sendall(body[1000:])
            for connection in held:
                contains(read_until_closed(connection), b" 201 ", "an admitted upload")
        finally:
            for connection in held:
                connection.close()
        same(server.client().upload(pdf.unique()).status, 201, "afterwards")


@test("Connections beyond the limit are turned away, and there is room again when others leave")
def connections():
    with Server(MAX_CONNECTIONS=8) as server:
        held = [connect(server) for _ in range(8)]
        try:
            for connection in held:
                connection.sendall(b"GET /health HTTP/1.1\r\n")
            time.sleep(0.3)
            try:
                with connect(server) as connection:
                    connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    answer = read_until_closed(connection, seconds=5)
            except OSError:
                answer = b""
            holds(answer == b"" or b" 503 " in answer.split(b"\r\n")[0], f"answer: {answer[:60]!r}")
        finally:
            for connection in held:
                connection.close()
        end = time.monotonic() + 20
        while True:
            try:
                if server.client().get("/health").status == 200:
                    break
            except OSError:
                pass
            holds(time.monotonic() < end, "no room afterwards")
            time.sleep(0.1)


@test("A client that reads slowly gets every byte, and others do not wait for it")
def slow_reader():
    server = shared()
    content = pdf.unique(8 << 20)
    document = server.client().stored(content)
    with connect(server) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)
        connection.sendall(f"GET /api/documents/{document['id']}/content HTTP/1.1\r\nHost: localhost\r\n"
                           "Connection: close\r\n\r\n".encode())
        with ThreadPoolExecutor(8) as pool:
            quick = list(pool.map(lambda _: server.client().get("/health").status, range(50)))
        same(set(quick), {200}, "the others")
        received = b""
        while piece := connection.recv(256 << 10):
            received += piece
            time.sleep(0.002)
    holds(received.endswith(content), "the bytes differ")


@test("A client that reads slowly but steadily is not given up")
def steady_reader():
    server = shared()
    content = pdf.unique(4 << 20)
    document = server.client().stored(content)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(30)
        connection.connect(("127.0.0.1", server.port))
        connection.sendall(f"GET /api/documents/{document['id']}/content HTTP/1.1\r\nHost: localhost\r\n"
                           "Connection: close\r\n\r\n".encode())
        received, end = b"", time.monotonic() + 25
        # 4 KB a second: the buffers stay full for longer than two windows of the least rate, and no more can be sent.
        while time.monotonic() < end:
            received += connection.recv(4096)
            time.sleep(1)
        while piece := connection.recv(256 << 10):
            received += piece
    holds(received.endswith(content), "the bytes differ")


@test("A refusal sent before the body has been read still reaches the client")
def early_refusal():
    body, content_type = form(file_part(pdf.unique(8 << 20), "tool.exe"))
    answer = shared().client().request("POST", "/api/documents", body, {"Content-Type": content_type})
    expect_problem(answer, 415, "extension_not_allowed")
