"""The contenders over S3 and DynamoDB, and the stores behind them: a Ceph gateway and a dynalite on this machine."""

import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import measure
from servers import BENCH, BUILD, COMMON, Server, free_port, start_nginx

SERVERS = BENCH.parent / "tests" / "servers"
PEER = BENCH / "peers" / "boto3_reference"
VENV = BUILD / "boto3-venv"
LAST_LINE = "AWS_SECRET_ACCESS_KEY"  # of what a script prints when its server answers


def prepare_venv():
    """boto3, Flask and the AWS command line tool."""
    wanted, stamp = (PEER / "requirements.txt").read_text(), VENV / "installed.txt"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
    subprocess.run([str(VENV / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", "-r",
                    str(PEER / "requirements.txt")], check=True)
    stamp.write_text(wanted)


class Stores:
    """Both stores, as long as this lives."""

    def __init__(self):
        self.values, self.processes, self.pids = {}, [], {}
        for name in ("rgw", "dynalite"):
            folder = tempfile.mkdtemp(prefix=f"lazaret-bench-{name}-")
            process = subprocess.Popen([SERVERS / name, "run", folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       text=True)
            self.processes.append(process)
            for line in process.stdout:
                key, _, value = line.strip().partition("=")
                self.values.setdefault(key, value)
                if key == LAST_LINE:
                    break
            else:
                raise RuntimeError(f"{name} did not start")
            self.pids[name] = [int(path.read_text()) for path in
                               ([Path(folder) / "pid"] if name == "dynalite" else sorted(Path(folder).glob("run/*.pid")))]
            if name == "rgw":
                self.gateway_pid = int((Path(folder) / "run" / "client.rgw.a.pid").read_text())
        self.endpoint = self.values["LAZARET_TEST_S3_ENDPOINT"]
        self.port = int(self.endpoint.rpartition(":")[2])

    def processor_seconds(self):
        """What each store has used so far: the gateway with what is behind it, and dynalite."""
        return {name: sum(map(measure.processor_seconds, pids)) for name, pids in self.pids.items()}

    def environment(self, bucket, table):
        return {"AWS_ACCESS_KEY_ID": self.values["AWS_ACCESS_KEY_ID"], "AWS_REGION": self.values["AWS_REGION"],
                "AWS_DEFAULT_REGION": self.values["AWS_REGION"],
                "AWS_SECRET_ACCESS_KEY": self.values["AWS_SECRET_ACCESS_KEY"], "AWS_ENDPOINT_URL_S3": self.endpoint,
                "AWS_ENDPOINT_URL_DYNAMODB": self.values["LAZARET_TEST_DYNAMODB_ENDPOINT"], "S3_BUCKET": bucket,
                "DYNAMODB_TABLE": table, "PATH": os.environ["PATH"], "PYTHONPATH": f"{PEER}:{COMMON}",
                "PYTHONDONTWRITEBYTECODE": "1"}

    def python(self, environment, code):
        """A few lines over store.py, in the peers' Python; gives what they print."""
        run = subprocess.run([str(VENV / "bin" / "python"), "-c", code], env=environment, capture_output=True, text=True)
        if run.returncode != 0:
            raise RuntimeError(run.stderr[-2000:])
        return run.stdout

    def stop(self):
        for process in self.processes:
            process.stdin.close()
        for process in self.processes:
            process.wait(60)


class Contender:
    """`kept` is where documents lie: one bucket and one pair of tables for a folder."""

    def __init__(self, stores):
        self.stores = stores

    def environment(self, folder):
        kept = folder / "cloud.json"
        if not kept.exists():
            name = f"bench-{uuid.uuid4().hex[:12]}"
            kept.write_text(json.dumps([name, name]))
            self.make(self.stores.environment(name, name))
        return self.stores.environment(*json.loads(kept.read_text()))

    def empty(self, folder):
        """The gateway keeps its objects in memory."""
        self.stores.python(self.environment(folder), "import store\ns3, _ = store.clients()\n"
                           "for page in s3.get_paginator('list_objects_v2').paginate(Bucket=store.BUCKET):\n"
                           "    for entry in page.get('Contents', []):\n"
                           "        s3.delete_object(Bucket=store.BUCKET, Key=entry['Key'])")


class Lazaret(Contender):
    kind, name, label = "api", "lazaret", "Lazaret"
    settings = {}

    def __init__(self, stores, binary):
        super().__init__(stores)
        self.binary = binary

    def make(self, environment):
        pass  # in development the service makes what it needs at its first start

    def start(self, folder, trace=None):
        environment = {**self.environment(folder), "HOME": "/nonexistent", "PORT": str(free_port()),
                       "DATA_DIR": str(folder / "data"), "MAX_UPLOAD_RATE": "0", "LOG_LEVEL": "warning", **self.settings}
        return Server(self, folder, [str(self.binary)], environment, trace).wait_ready("/health/ready")


class RedirectingLazaret(Lazaret):
    """Sends who downloads to the gateway, by a URL that it signs."""

    kind, name, label = "redirect", "redirecting", "Lazaret, DOWNLOAD_REDIRECT"
    settings = {"DOWNLOAD_REDIRECT": "true"}


class Flask(Contender):
    kind, name, label, inspect = "api", "flask", "Flask + boto3", "0"

    def make(self, environment):
        self.stores.python(environment, "import store\ns3, dynamodb = store.clients()\n"
                           "s3.create_bucket(Bucket=store.BUCKET)\nstore.make_tables(dynamodb)")

    def start(self, folder, trace=None):
        (folder / "data").mkdir(exist_ok=True)
        environment = {**self.environment(folder), "PORT": str(free_port()), "DATA_DIR": str(folder / "data"),
                       "TMPDIR": str(folder), "INSPECT": self.inspect}
        command = [str(VENV / "bin" / "gunicorn"), "--chdir", str(PEER), "-c", str(PEER / "gunicorn.conf.py"), "app:app"]
        return Server(self, folder, command, environment, trace).wait_ready("/health")


class InspectingFlask(Flask):
    """It looks into the document too."""

    name, label, inspect = "inspecting", "Flask + boto3, inspecting", "1"


class Threads(Flask):
    """Not a server: a program that makes the same calls in threads."""

    kind, name, label = "program", "threads", "boto3 in threads, no server"

    def run(self, folder, document, amount, connections):
        command = [str(VENV / "bin" / "python"), str(PEER / "threads.py"), str(document), "--connections",
                   str(connections), *amount]
        run = subprocess.run(command, env={**self.environment(folder), "CONNECTIONS": str(connections)},
                             capture_output=True, text=True)
        if run.returncode != 0:
            raise RuntimeError(run.stderr[-2000:])
        result = json.loads(run.stdout)
        result["cpu_ms"] = 1000 * result["generator_cpu_seconds"] / max(result["answers"], 1)
        return {**result, "generator_share": 0, "label": self.label}


class CommandLine(Flask):
    """`aws s3 cp`, a process for each object; it writes no metadata."""

    kind, name, label = "program", "aws", "aws s3 cp (no metadata)"

    def run(self, folder, document, amount, connections):
        environment, times = {**self.environment(folder), "HOME": str(folder)}, []
        for number in range(max(2, int(amount[1]) // 3)):
            began = time.monotonic()
            subprocess.run([str(VENV / "bin" / "aws"), "--endpoint-url", self.stores.endpoint, "s3", "cp", "--quiet",
                            str(document), f"s3://{environment['S3_BUCKET']}/file-{number}"], env=environment, check=True)
            times.append(1000 * (time.monotonic() - began))
        times.sort()
        seconds = sum(times) / 1000
        return {"answers": len(times), "errors": 0, "error_kinds": {}, "seconds": seconds, "cpu_ms": None,
                "per_second": len(times) / seconds, "p50_ms": times[len(times) // 2], "p99_ms": times[-1],
                "generator_cpu_seconds": 0, "generator_share": 0, "label": self.label}


class GatewayAlone:
    """The gateway in a server's place."""

    def __init__(self, contender):
        self.contender, self.port, self.pid = contender, contender.stores.port, contender.stores.gateway_pid

    def stop(self):
        pass


class Gateway(Flask):
    """The floor: the load generator's own PUT and GET, unsigned, to a bucket that is open to everyone."""

    kind, name, label = "static", "gateway", "the gateway alone"

    def start(self, folder, trace=None):
        environment = self.environment(folder)
        self.stores.python(environment, "import store\ns3, _ = store.clients()\n"
                           "s3.put_bucket_acl(Bucket=store.BUCKET, ACL='public-read-write')")
        running = self.run(folder)
        running.bucket = environment["S3_BUCKET"]
        return running

    def run(self, folder):
        return GatewayAlone(self)


class Proxy(Gateway):
    """The same with nginx in between: what passing the bytes on costs whoever does nothing else."""

    name, label = "proxy", "nginx before the gateway"

    def run(self, folder):
        return start_nginx(self, folder, "proxy.conf", GATEWAY=self.stores.port)


def all_of(stores, binary):
    return {contender.name: contender for contender in
            (Lazaret(stores, binary), RedirectingLazaret(stores, binary), Flask(stores), InspectingFlask(stores),
             Threads(stores), CommandLine(stores), Gateway(stores), Proxy(stores))}

