"""The process itself: what it refuses to start on, how it ends, what it prints."""

import json
import socket
import tempfile
import threading
import time
from pathlib import Path

from support import pdf, server as servers
from support.client import file_part, form
from support.server import FAKE_SECRET, Server, free_port, run_command, shared
from support.suite import contains, holds, same, test


def refused(status=78, **settings):
    """What a server that must not start says."""
    folder = tempfile.mkdtemp(prefix="lazaret-e2e-refused-")
    run = run_command(cwd=folder, **{"DATA_DIR": folder + "/data", "PORT": free_port(), **settings})
    same(run.returncode, status, f"exit status ({run.stderr[-300:]})")
    return run.stderr + run.stdout


@test("Production without key, callers' keys and scanning is refused, each fault named at once")
def production():
    said = refused(APP_ENV="production", ENABLE_FILE_SCANNING="false", SANDBOX="off", MAX_UPLOAD_RATE="many")
    for name in ("SECRET_KEY", "API_KEYS_FILE", "ENABLE_FILE_SCANNING", "SANDBOX", "MAX_UPLOAD_RATE"):
        contains(said, name, "output")


@test("Production takes no short key")
def short_secret():
    contains(refused(APP_ENV="production", SECRET_KEY="short"), "SECRET_KEY", "output")


@test("Production with everything it asks for starts and serves, once `init` has made its stores")
def production_starts():
    keys = Path(tempfile.mkdtemp(prefix="lazaret-e2e-keys-")) / "keys"
    key = run_command("key", "new", "ward", "--scopes", "read,write", API_KEYS_FILE=keys).stdout.strip()
    settings = {**servers.HOME.settings(), "APP_ENV": "production", "API_KEYS_FILE": keys, "SECRET_KEY": FAKE_SECRET}
    made = run_command("init", **settings)
    same(made.returncode, 0, "init: " + made.stderr)
    with Server(**settings) as server:
        client = server.client(Authorization=f"Bearer {key}")
        same(client.upload(pdf.unique()).status, 201, "upload")
        for line in server.log_text().splitlines():
            json.loads(line)


@test("Bad values are all named at once, before the port opens")
def bad_values():
    said = refused(PORT="99999", MAX_FILE_SIZE="huge", IDLE_TIMEOUT="soon", APP_ENV="moon", CATEGORIES="a b,,c")
    for name in ("PORT", "MAX_FILE_SIZE", "IDLE_TIMEOUT", "APP_ENV", "CATEGORIES"):
        contains(said, name, "output")


@test("A type without a checker cannot be allowed")
def unknown_type():
    contains(refused(ALLOWED_EXTENSIONS="pdf,exe"), "ALLOWED_EXTENSIONS", "output")


@test("Without keys the server does not listen beyond this machine")
def beyond_loopback():
    contains(refused(HOST="0.0.0.0"), "HOST", "output")


@test("A second server on the same folder is refused, and the first goes on")
def second_server():
    first = shared()
    run = run_command(cwd=first.folder, **{**first.settings, "DATA_DIR": first.data, "PORT": free_port()})
    holds(run.returncode not in (0, -11), f"exit status {run.returncode}")
    contains((run.stderr + run.stdout).lower(), "data_dir", "output")
    same(first.client().get("/health/ready").status, 200, "the first")


@test("A port that is taken is said, with an exit status of its own")
def taken_port():
    port = shared().port
    contains(refused(status=69, PORT=port), str(port), "output")


@test("Variables come from .env too, and the environment wins")
def dotenv():
    folder = Path(tempfile.mkdtemp(prefix="lazaret-e2e-env-"))
    (folder / ".env").write_text('MAX_UPLOAD_RATE="77" # quoted\nMAX_CONNECTIONS=55\n')
    shown = run_command("config", cwd=folder, MAX_CONNECTIONS=66).stdout
    for line in shown.splitlines():
        if "MAX_UPLOAD_RATE" in line:
            contains(line, "77", "MAX_UPLOAD_RATE")
        if "MAX_CONNECTIONS" in line:
            contains(line, "66", "MAX_CONNECTIONS")
    contains(shown, "MAX_CONNECTIONS", "config")


@test("`config` shows every value and masks the secret")
def config():
    shown = run_command("config", SECRET_KEY=FAKE_SECRET).stdout
    contains(shown, "SECRET_KEY", "config")
    holds(FAKE_SECRET not in shown, "the secret is shown")


@test("`version`, `inspect` and `sample` work from the command line")
def commands():
    contains(run_command("version").stdout, "lazaret", "version")
    folder = Path(tempfile.mkdtemp(prefix="lazaret-e2e-cli-"))
    made = run_command("sample", folder, "--count", "6", "--size", "20KB")
    same((made.returncode, len(list(folder.glob("*.pdf")))), (0, 6), "sample")
    judged = run_command("inspect", *sorted(folder.glob("*.pdf")))
    same(judged.returncode, 0, "inspect of samples")
    same([json.loads(line)["verdict"]["outcome"] for line in judged.stdout.splitlines()], ["clean"] * 6, "outcomes")
    for kind in ("png", "jpg", "tif", "dcm", "docx", "xlsx", "xml", "json", "txt", "csv"):
        made = run_command("sample", folder, "--type", kind, "--count", "3", "--size", "20KB")
        judged = run_command("inspect", *made.stdout.split())
        outcomes = [json.loads(line)["verdict"]["outcome"] for line in judged.stdout.splitlines()]
        same((judged.returncode, outcomes), (0, ["clean"] * 3), f"samples of {kind}")
    (folder / "attack.pdf").write_bytes(pdf.with_launch())
    judged = run_command("inspect", folder / "attack.pdf")
    same((judged.returncode, json.loads(judged.stdout)["verdict"]["outcome"]), (1, "malicious"), "inspect of an attack")
    same(run_command("inspect", folder / "nothing.pdf").returncode, 2, "inspect of nothing")


@test("What was stored is there after a restart")
def restart():
    with Server() as server:
        content = pdf.unique(50_000)
        document = server.client().stored(content, "lasting.pdf")
        same(server.terminate(), 0, "exit status")
        server.start()
        same(server.client().get("/api/documents/" + document["id"]).json, document, "document")
        holds(server.client().get(f"/api/documents/{document['id']}/content").body == content, "bytes differ")
        same(len(server.client().get("/api/documents?search=lasting").json["documents"]), 1, "search")


@test("SIGTERM finishes the upload that is running and then ends with 0")
def graceful():
    with Server() as server:
        content = pdf.unique(100_000)
        body, content_type = form(file_part(content))
        head = (f"POST /api/documents HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode()
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(head + body[:50_000])
            time.sleep(0.3)  # the server has begun to read
            ended = {}
            waiter = threading.Thread(target=lambda: ended.update(status=server.terminate()))
            waiter.start()
            time.sleep(0.3)
            connection.sendall(body[50_000:])
            answer = connection.recv(65536)
        waiter.join(40)
        contains(answer, b" 201 ", "answer")
        same(ended.get("status"), 0, "exit status")
        server.start()
        same(server.client().get("/api/documents").json["total"], 1, "documents afterwards")


@test("Readiness turns away before the listener closes, so that a load balancer notices")
def draining():
    with Server(SHUTDOWN_DELAY="3s") as server:
        server.process.terminate()
        end, status = time.monotonic() + 2.5, 200
        while status == 200 and time.monotonic() < end:
            status = server.client().get("/health/ready").status
        same(status, 503, "readiness while shutting down")
        same(server.client().get("/health/live").status, 200, "liveness while shutting down")
        same(server.terminate(), 0, "exit status")


@test("The inspector is started again when it dies, and no upload is taken for clean meanwhile")
def inspector_dies():
    import os
    import signal
    with Server() as server:
        children = server.children()
        holds(children, "the inspector is no child of the server")
        for child in children:
            os.kill(child, signal.SIGKILL)
        end = time.monotonic() + 60
        while True:
            answer = server.client().upload(pdf.with_launch())
            holds(answer.status in (422, 503), f"an attack was answered {answer.status}")
            if answer.status == 422:
                break
            holds(time.monotonic() < end, "inspection did not come back")
        same(server.client().upload(pdf.unique()).status, 201, "upload afterwards")


@test("The log holds no file name, no key and no signature")
def quiet_log():
    with Server(LOG_LEVEL="debug") as server:
        document = server.client().stored(pdf.unique(), "Zanzibar Unmistakable.pdf", metadata='{"who": "Unmistakable"}')
        url = server.client().request("POST", f"/api/documents/{document['id']}/url").json["url"]
        server.client().get(url)
        server.client().get("/api/documents?search=unmistakable")
        same(server.terminate(), 0, "exit status")
        log = server.log_text()
        holds(log, "nothing was logged")
        for secret in ("unmistakable", FAKE_SECRET, url.split("signature=")[1]):
            holds(secret.lower() not in log.lower(), f"the log holds {secret[:20]!r}")


@test("Scanning can be switched off: type and raw bytes are still judged")
def no_scanning():
    client = shared(ENABLE_FILE_SCANNING="false").client()
    same(client.upload(pdf.unique()).status, 201, "clean")
    same(client.upload(pdf.png(), "picture.pdf").status, 415, "a lying extension")
