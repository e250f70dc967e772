"""A proxy between the service and a store that fails on purpose, as its seed decides: before the request was applied or
after it, by an error, a broken connection, a stall or an answer cut short, and by throttling. It forwards requests byte
for byte, Host included, so signatures hold and the server behind checks them."""

import http.client
import random
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

S3_ERROR = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message></Error>'
DYNAMODB_ERROR = b'{"__type":"com.amazonaws.dynamodb.v20120810#%s","message":"%s"}'
STALL_SECONDS = 4


class Faults:
    """What goes wrong, and how often; `refusal` is status, code and message of the kind "refuse". Thread-safe."""

    KINDS = ("error_before", "error_after", "break_before", "break_after", "stall", "cut_short", "throttle")

    def __init__(self, seed, rate, kinds=KINDS, refusal=None):
        self.seed, self.rate, self.kinds, self.refusal = seed, rate, kinds, refusal
        self.random, self.lock, self.counts = random.Random(seed), threading.Lock(), {}

    def draw(self):
        with self.lock:
            if self.random.random() >= self.rate:
                return None
            kind = self.random.choice(self.kinds)
            self.counts[kind] = self.counts.get(kind, 0) + 1
            return kind

    def stop(self):
        with self.lock:
            self.rate = 0


class Proxy(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, upstream, faults):
        super().__init__(("127.0.0.1", 0), Handler)
        self.upstream, self.faults = urlsplit(upstream), faults
        self.endpoint = f"http://127.0.0.1:{self.server_address[1]}"
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)
        self.thread.start()

    def handle_error(self, *_):
        pass  # a client that gave up is no news

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind = self.server.faults.draw()
        if kind == "refuse":
            return self.say(*self.server.faults.refusal)
        if kind == "throttle":
            return self.refuse("throttle")
        if kind == "error_before":
            return self.refuse("error")
        if kind == "break_before":
            return self.hang_up()
        if kind == "stall":
            self.connection.settimeout(STALL_SECONDS)
            try:
                self.connection.recv(1)  # until the client gives up, or the time is over
            except OSError:
                pass
            return self.hang_up()
        status, headers, answer = self.forward(body)
        if kind == "error_after":
            return self.refuse("error")
        if kind == "break_after":
            return self.hang_up()
        self.answer(status, headers, answer, cut_short=kind == "cut_short")

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any

    def forward(self, body):
        upstream = self.server.upstream
        connection = http.client.HTTPConnection(upstream.hostname, upstream.port, timeout=60)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in ("expect", "connection"):
                    connection.putheader(name, value)
            connection.endheaders(body or None)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def answer(self, status, headers, body, cut_short=False):
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                self.send_header(name, value)
        length = dict((name.lower(), value) for name, value in headers).get("content-length") or str(len(body))
        if status not in (204, 304):
            self.send_header("Content-Length", length if self.command == "HEAD" else str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:len(body) // 2] if cut_short else body)
        if cut_short:
            self.hang_up()

    def refuse(self, why):
        if "X-Amz-Target" in self.headers:
            return self.say(*((400, "ProvisionedThroughputExceededException") if why == "throttle" else (500, "InternalServerError")))
        self.say(*((503, "SlowDown") if why == "throttle" else (500, "InternalError")))

    def say(self, status, code, message="injected"):
        """An error as the store behind would put it."""
        kind, text = ("x-amz-json-1.0", DYNAMODB_ERROR) if "X-Amz-Target" in self.headers else ("xml", S3_ERROR)
        self.answer(status, [("Content-Type", "application/" + kind)], text % (code.encode(), message.encode()))

    def hang_up(self):
        self.close_connection = True
        try:
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
