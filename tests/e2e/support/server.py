"""The binary under test, as a process with a folder and a port of its own."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from support.client import Client
from support.home import EMBEDDED

BINARY = None  # set by the runner
HOME = EMBEDDED  # where servers keep their documents unless a test says otherwise; set by the runner
_running = []
_shared = {}
FAKE_SECRET = "an-obviously-fake-secret-for-tests-0123456789"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment(settings):
    """Nothing of the caller's environment reaches the server."""
    return {"PATH": os.environ.get("PATH", ""), **{name: str(value) for name, value in settings.items()}}


def run_command(*arguments, cwd=None, timeout=60, **settings):
    """`lazaret ARGUMENTS`: gives the finished process with its text."""
    return subprocess.run([BINARY, *map(str, arguments)], env=clean_environment(settings), cwd=cwd or tempfile.gettempdir(),
                          capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)


class Server:
    def __init__(self, home=None, **settings):
        self.home = home or HOME
        stores = self.home.settings()
        self.folder = Path(tempfile.mkdtemp(prefix="lazaret-e2e-"))
        self.settings = {"DATA_DIR": self.folder / "data", "MAX_UPLOAD_RATE": 0, "SECRET_KEY": FAKE_SECRET,
                         **stores, **settings}
        # A second copy over another's stores leaves them to it.
        self.owns_stores = stores.items() <= self.settings.items()
        self.data = Path(self.settings["DATA_DIR"])
        self.process = None
        self.start()

    def start(self):
        self.port = free_port()
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen([BINARY], env=clean_environment({**self.settings, "PORT": self.port}),
                                        cwd=self.folder, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        _running.append(self)
        self._wait_ready()

    def _wait_ready(self, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if self.client().get("/health/ready").status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.03)
        raise AssertionError(f"the server did not become ready (exit {self.process.poll()}): {self.log_text()[-1500:]}")

    def client(self, **headers):
        return Client(self.port, {name.replace("_", "-"): value for name, value in headers.items()})

    def log_text(self):
        return (self.folder / "log").read_text(errors="replace")

    def terminate(self, seconds=40):
        """SIGTERM; gives the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(seconds)
        self._forget()
        return status

    def kill(self):
        self.process.kill()
        self.process.wait()
        self._forget()

    def restart(self, **settings):
        """Ends it in order and starts it again, with other settings where they are given."""
        status = self.terminate()
        if status != 0:
            raise AssertionError(f"SIGTERM ended the server with {status}: {self.log_text()[-1500:]}")
        self.settings |= settings
        self.start()

    def _forget(self):
        self.log.close()
        if self in _running:
            _running.remove(self)

    def discard(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._forget()
        if self.owns_stores:
            self.home.discard(self.settings)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.discard()

    def children(self):
        """The processes that the server itself has started."""
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == self.process.pid:
                found.append(int(path.parent.name))
        return found

    # What lies in the stores and on the disk.

    def objects(self):
        return self.home.objects.keys(self)

    def spool_files(self):
        """Names in the spool, and files without a name that the server holds open there."""
        held = set()
        for link in Path(f"/proc/{self.process.pid}/fd").glob("*"):
            try:
                target = Path(os.readlink(link))
            except OSError:
                continue
            if self.data / "spool" in target.parents:
                held.add(target)
        return sorted(held | {path for path in (self.data / "spool").rglob("*") if path.is_file()})

    def rows(self):
        """How many documents there are, and rows of unfinished work."""
        return self.home.metadata.rows(self)

    def footprint(self):
        """What an upload that was refused must leave as it was."""
        return {"objects": self.objects(), "spool": self.spool_files(), **self.rows()}


def wait_until(what, seconds=15):
    """Asks until the answer is true; gives it."""
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.02)


def shared(**settings):
    """A server that tests which do not disturb each other have in common."""
    key = tuple(sorted((name, str(value)) for name, value in settings.items()))
    if key not in _shared or _shared[key].process.poll() is not None:
        _shared[key] = Server(**settings)
    return _shared[key]


def show_logs():
    for server in _running:
        warnings = [line for line in server.log_text().splitlines()[-200:] if "error" in line.lower()]
        for line in warnings[-3:]:
            print("          log: " + line[:300])


def stop_all():
    for server in list(_running):
        server.discard()
