"""The contenders: this server, with scanning and without, and its peers, each started on a fresh folder."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import measure

BENCH = Path(__file__).resolve().parent.parent
BUILD = BENCH.parent / "build" / "bench"
WORK = BUILD / "run"
COMMON = BENCH / "peers" / "common"  # what the references share


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fresh_folder(name):
    """A new folder under build/bench/run. Nothing is deleted between rounds: mass deletes slow ext4 down for minutes."""
    for number in range(100_000):
        folder = WORK / f"{name}-{number:04d}"
        if not folder.exists():
            folder.mkdir(parents=True)
            return folder
    raise RuntimeError("too many folders under " + str(WORK))


class Server:
    """One running contender. `pid` is its root process."""

    def __init__(self, contender, folder, command, environment, trace=None):
        self.contender, self.folder, self.port = contender, folder, int(environment["PORT"])
        self.trace = trace
        if trace:
            command = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", str(trace), *command]
        self.log = open(folder / "server.log", "ab")
        self.process = subprocess.Popen(command, env=environment, cwd=folder, stdout=self.log, stderr=self.log)

    @property
    def pid(self):
        """The server itself, also under strace."""
        if not self.trace:
            return self.process.pid
        below = [pid for pid in measure.tree(self.process.pid) if pid != self.process.pid]
        return below[0]

    def wait_ready(self, path, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5):
                    return self
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        log = (self.folder / "server.log").read_text(errors="replace")[-2000:]
        self.stop()
        raise RuntimeError(f"{self.contender.name} did not become ready:\n{log}")

    def get_json(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
            return json.load(answer)

    def location(self, path):
        """Where a redirect leads, path and query; it is not followed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        place = urllib.parse.urlsplit(answer.headers["Location"])
        return f"{place.path}?{place.query}"

    def get_bytes(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
            return answer.read()

    def document_paths(self, most=1000):
        paths, cursor = [], ""
        while len(paths) < most:
            page = self.get_json("/api/documents?limit=200" + cursor)
            paths += [f"/api/documents/{document['id']}" for document in page["documents"]]
            if not page["next_cursor"]:
                break
            cursor = "&cursor=" + urllib.parse.quote(page["next_cursor"])
        return paths[:most]

    def stop(self):
        if self.process.poll() is None:
            os.kill(self.pid if self.trace else self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                for pid in measure.tree(self.process.pid):
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
                self.process.wait()
        self.log.close()


class Lazaret:
    kind = "api"

    def __init__(self, binary, scanning):
        self.binary, self.scanning = binary, scanning
        self.name = "lazaret" if scanning else "lazaret-noscan"
        self.label = "Lazaret" if scanning else "Lazaret, scanning off"

    def start(self, folder, trace=None):
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PORT": str(free_port()),
                       "DATA_DIR": str(folder / "data"), "MAX_UPLOAD_RATE": "0", "LOG_LEVEL": "warning",
                       "ENABLE_FILE_SCANNING": "true" if self.scanning else "false"}
        return Server(self, folder, [str(self.binary)], environment, trace).wait_ready("/health/ready")

    def version(self):
        return subprocess.run([str(self.binary), "version"], capture_output=True, text=True).stdout.strip()


class Flask:
    kind = "api"
    name, label = "flask", "Flask + gunicorn"
    source = BENCH / "peers" / "flask_reference"
    venv = BUILD / "flask-venv"

    def prepare(self):
        wanted = (self.source / "requirements.txt").read_text()
        stamp = self.venv / "installed.txt"
        if stamp.exists() and stamp.read_text() == wanted:
            return
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(self.venv)], check=True)
        subprocess.run([str(self.venv / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check",
                        "-r", str(self.source / "requirements.txt")], check=True)
        stamp.write_text(wanted)

    def start(self, folder, trace=None):
        (folder / "data").mkdir(exist_ok=True)
        environment = {"PATH": os.environ["PATH"], "PORT": str(free_port()), "DATA_DIR": str(folder / "data"),
                       "TMPDIR": str(folder), "PYTHONPATH": f"{self.source}:{COMMON}", "PYTHONDONTWRITEBYTECODE": "1"}
        command = [str(self.venv / "bin" / "gunicorn"), "--chdir", str(self.source), "-c",
                   str(self.source / "gunicorn.conf.py"), "app:app"]
        return Server(self, folder, command, environment, trace).wait_ready("/health")

    def version(self):
        return subprocess.run([str(self.venv / "bin" / "gunicorn"), "--version"], capture_output=True,
                              text=True).stdout.strip()


def start_nginx(contender, folder, configuration, trace=None, **values):
    """An nginx by one of the files of peers/nginx, whose @NAMES@ are filled in."""
    port = free_port()
    for part in (".", "www", "put", "temp", "proxied"):
        (folder / part).mkdir(exist_ok=True)
        (folder / part).chmod(0o777)
    text = (BENCH / "peers" / "nginx" / configuration).read_text()
    for name, value in {"FOLDER": folder, "PORT": port, **values}.items():
        text = text.replace(f"@{name}@", str(value))
    (folder / "nginx.conf").write_text(text)
    command = ["nginx", "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    environment = {"PATH": os.environ["PATH"], "PORT": str(port)}
    return Server(contender, folder, command, environment, trace).wait_ready("/ready.txt")


class Nginx:
    """The floor: PUT without fsync, type check or metadata; GET of plain files."""

    kind = "static"
    name, label = "nginx", "nginx (no fsync, no metadata)"

    def start(self, folder, trace=None):
        return start_nginx(self, folder, "nginx.conf", trace=trace)

    def version(self):
        return subprocess.run(["nginx", "-v"], capture_output=True, text=True).stderr.strip()


def discard(folder):
    shutil.rmtree(folder, ignore_errors=True)
