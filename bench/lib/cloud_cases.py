"""The cases over S3 and DynamoDB. Stores, contenders and load generator share the machine, so what counts is the
ratio in the same round."""

import cloud_servers
import measure
import report
import servers
from cases import MB


class CloudBench:
    def __init__(self, bench, stores, contenders):
        self.bench, self.stores, self.contenders = bench, stores, contenders
        self.tools, self.rounds, self.quick, self.note = bench.tools, bench.rounds, bench.quick, bench.note
        self.kept = {}

    def of(self, *names):
        return [self.contenders[name] for name in names if name in self.contenders]

    def folder(self, contender, what):
        """One that read-only cases have in common."""
        key = contender.name, what
        if key not in self.kept:
            self.kept[key] = servers.fresh_folder("cloud-" + contender.name)
        return self.kept[key]

    def warm_up(self):
        """dynalite's code is compiled while it runs, for seconds: whoever came first would pay for it."""
        threads = self.contenders["threads"]
        folder = servers.fresh_folder("cloud-warm-up")
        threads.run(folder, self.tools.document("100k"), ["--seconds", "8"], 8)
        threads.empty(folder)
        servers.discard(folder)

    def measured(self, contender, run):
        """What `run` gives, with the processor time of each request by who spent it."""
        before = self.stores.processor_seconds()
        result = run()
        after = self.stores.processor_seconds()
        asked = max(result["answers"] + result["errors"], 1)
        s3, dynamodb = (1000 * (after[name] - before[name]) / asked for name in ("rgw", "dynalite"))
        # The gateway alone is no contender beside the stores, and a program is its own client.
        result["shares"] = [0 if contender.name == "gateway" else result["cpu_ms"], s3, dynamodb,
                            0 if contender.kind == "program" else 1000 * result["generator_cpu_seconds"] / asked]
        return result

    def upload_arguments(self, contender, server, document):
        if contender.kind == "static":
            return ["--path", f"/{server.bucket}/file-", "--put", str(self.tools.document(document)), "--expect", "200"]
        return ["--path", "/api/documents", "--upload", str(self.tools.document(document)), "--field",
                "categories=lab_results", "--expect", "201"]

    def upload(self, contender, document, connections, amount):
        """One turn of a contender, on stores of its own."""
        folder = servers.fresh_folder("cloud-" + contender.name)
        try:
            if contender.kind == "program":
                return self.measured(
                    contender, lambda: contender.run(folder, self.tools.document(document), amount, connections))
            server = contender.start(folder)
            try:
                arguments = [*self.upload_arguments(contender, server, document), "--connections", str(connections)]
                self.tools.load(server, [*arguments, "--requests", str(2 * connections)])
                measure.settle()
                return self.measured(contender, lambda: self.tools.load(server, [*arguments, *amount]))
            finally:
                server.stop()
        finally:
            contender.empty(folder)
            servers.discard(folder)

    def uploads(self, document, connections, amount, names):
        results = {}
        for _ in range(self.rounds):
            for contender in self.of(*names):
                result = self.upload(contender, document, connections, amount)
                results.setdefault(contender.name, []).append(result)
                self.note(f"  {contender.label}: {report.number(result['per_second'])}/s {result['error_kinds'] or ''}")
        return results

    def reads(self, names, connections, prepare, what):
        results = {}
        for _ in range(self.rounds):
            for contender in self.of(*names):
                folder = self.folder(contender, what)
                server = contender.start(folder)
                try:
                    arguments = [*prepare(contender, server, folder), "--connections", str(connections)]
                    self.read(contender, server, [*arguments, "--seconds", "0.5"])
                    result = self.read(contender, server, [*arguments, "--seconds", self.bench.seconds()])
                finally:
                    server.stop()
                results.setdefault(contender.name, []).append(result)
                self.note(f"  {contender.label}: {report.number(result['per_second'])}/s {result['error_kinds'] or ''}")
        return results

    def read(self, contender, server, arguments):
        if contender.kind == "redirect":
            return self.redirected_read(contender, server, arguments)
        return self.measured(contender, lambda: self.tools.load(server, [*arguments, "--expect", "200"]))

    def redirected_read(self, contender, server, arguments):
        """A client asks twice in a row: where the document is, and there. Each is measured by itself, and added."""
        where = self.measured(contender, lambda: self.tools.load(server, [*arguments, "--expect", "302"]))
        gateway = cloud_servers.GatewayAlone(contender)
        at = arguments.index("--path") + 1
        there = [*arguments[:at], server.location(arguments[at]), *arguments[at + 1:], "--expect", "200"]
        sent = self.measured(contender, lambda: self.tools.load(gateway, there))
        sent["shares"][0] = 0  # what the gateway paid stands under S3
        both = {key: where[key] + sent[key] for key in ("p50_ms", "p99_ms", "errors")}
        return {**sent, **both, "cpu_ms": where["cpu_ms"], "error_kinds": where["error_kinds"] | sent["error_kinds"],
                "per_second": 1 / (1 / max(where["per_second"], 1e-9) + 1 / max(sent["per_second"], 1e-9)),
                "shares": [sum(parts) for parts in zip(where["shares"], sent["shares"])]}

    def filled(self, contender, server, folder, count):
        """`count` small documents; the first hundred over the API, the rest as copies of their items."""
        if (folder / "filled").exists():
            return
        first = min(count, 100)
        self.tools.load(server, [*self.upload_arguments(contender, server, "tiny"), "--connections", "4", "--requests",
                                 str(first)])
        if count > first:
            self.stores.python({**contender.environment(folder), "COPIES": str(count - first)}, COPY_ITEMS)
        (folder / "filled").touch()


# One item is the template: a copy has an id, a time and keys of its own, in the same month and spread over the shards.
COPY_ITEMS = """
import os, re
from concurrent.futures import ThreadPoolExecutor
import store
_, dynamodb = store.clients()
template = next(item for item in dynamodb.scan(TableName=store.TABLE, Limit=10)["Items"] if "_lp" in item)
month, shards = template["upload_date"]["S"][:8], 4
def copy(number):
    identity = re.sub(r"-7...-", "-7%03x-" % (number % 4096), template["id"]["S"])[:-12] + "%012x" % number
    day = "01T%02d:%02d:%02d.%03dZ" % (number // 3600 % 24, number // 60 % 60, number % 60, number % 1000)
    item = {**template, "id": {"S": identity}, "upload_date": {"S": month + day}}
    for name in ("_lp", "_np", "_sp"):
        if name in item:
            item[name] = {"S": re.sub(r"#[0-9]+$", "#%d" % (number % shards), item[name]["S"])}
    item["_lk"] = {"S": month + day + "#" + identity}
    for name in ("_nk", "_sk"):
        if name in item:
            item[name] = {"S": item[name]["S"][:-36] + identity}
    return {"PutRequest": {"Item": item}}
def write(start):
    left = {store.TABLE: [copy(number) for number in range(start, min(start + 25, int(os.environ["COPIES"])))]}
    while left:
        left = dynamodb.batch_write_item(RequestItems=left)["UnprocessedItems"]
with ThreadPoolExecutor(4) as pool:
    list(pool.map(write, range(0, int(os.environ["COPIES"]), 25)))
"""


def tables(results):
    return report.load_table(results) + "\n\n" + report.shares_table(results)


def uploads(cloud, full):
    results = cloud.uploads("100k", 8, ["--seconds", cloud.bench.seconds()],
                            ("lazaret", "flask", "inspecting", "threads", "gateway"))
    yield "S3 and DynamoDB: upload of 100 KB, 8 at a time", tables(results), results
    amount = ["--requests", "6" if cloud.quick else "12"]
    results = cloud.uploads("scan", 1, amount, ("lazaret", "flask", "inspecting", "threads", "aws", "gateway"))
    yield "S3 and DynamoDB: upload of 50 MB (a scan), one at a time", tables(results), results


def gets(cloud, full):
    def prepare(contender, server, folder):
        cloud.filled(contender, server, folder, 1000)
        paths = folder / "paths"
        if not paths.exists():
            found = [f"/api/documents/{d['id']}" for d in server.get_json("/api/documents?limit=200")["documents"]]
            paths.write_text("\n".join(found))
        return ["--paths", str(paths)]

    results = cloud.reads(("lazaret", "flask"), 32, prepare, "1000")
    yield "S3 and DynamoDB: get by id (of 1,000), 32 at a time", tables(results), results


def lists(cloud, full):
    for count in (1000, 100_000):
        def prepare(contender, server, folder):
            cloud.filled(contender, server, folder, count)
            return ["--path", "/api/documents?limit=100"]

        results = cloud.reads(("lazaret", "flask"), 1, prepare, str(count))
        yield f"S3 and DynamoDB: first page of 100 of {count:,}, one at a time", tables(results), results


def downloads(cloud, full):
    def prepare(contender, server, folder):
        if contender.kind == "static":
            if not (folder / "filled").exists():
                cloud.tools.load(server, [*cloud.upload_arguments(contender, server, "scan"), "--requests", "1"])
                listed = cloud.stores.python(contender.environment(folder), "import store\ns3, _ = store.clients()\n"
                                             "key = s3.list_objects_v2(Bucket=store.BUCKET)['Contents'][0]['Key']\n"
                                             "s3.put_object_acl(Bucket=store.BUCKET, Key=key, ACL='public-read')\n"
                                             "print(key)")
                (folder / "filled").write_text(listed.strip())
            return ["--path", f"/{server.bucket}/{(folder / 'filled').read_text()}"]
        if not (folder / "filled").exists():
            cloud.tools.load(server, [*cloud.upload_arguments(contender, server, "scan"), "--requests", "1"])
            (folder / "filled").write_text(server.get_json("/api/documents")["documents"][0]["id"])
        return ["--path", f"/api/documents/{(folder / 'filled').read_text()}/content"]

    results = cloud.reads(("lazaret", "redirecting", "flask", "proxy", "gateway"), 1, prepare, "scan")
    yield "S3 and DynamoDB: download of 50 MB, one at a time", tables(results), results


def memory(cloud, full):
    rows, raw = [], {}
    for contender in cloud.of("lazaret", "flask"):
        folder = servers.fresh_folder("cloud-" + contender.name)
        server = contender.start(folder)
        try:
            idle = measure.proportional_bytes(server.pid)
            arguments = [*cloud.upload_arguments(contender, server, "scan"), "--connections", "32", "--requests", "32"]
            with measure.PeakMemory(server.pid) as sampler:
                result = cloud.tools.load(server, arguments)
        finally:
            server.stop()
            contender.empty(folder)
        servers.discard(folder)
        raw[contender.name] = [{"idle": idle, "peak": sampler.peak, **result}]
        rows.append([contender.label, report.number(idle / MB), report.number(sampler.peak / MB), str(result["errors"])])
        cloud.note(f"  {contender.label}: {sampler.peak / MB:.1f} MB")
    yield ("S3 and DynamoDB: memory of all processes (PSS) at 32 uploads of 50 MB",
           report.table(["", "idle MB", "peak MB", "errors"], rows), raw)


CASES = {"cloud-upload": uploads, "cloud-get": gets, "cloud-list": lists, "cloud-download": downloads,
         "cloud-memory": memory}


def run(names, bench, binary, full):
    """The named cases over stores that are started for them."""
    cloud_servers.prepare_venv()
    stores = cloud_servers.Stores()
    try:
        cloud = CloudBench(bench, stores, cloud_servers.all_of(stores, binary))
        cloud.warm_up()
        for name in names:
            yield from CASES[name](cloud, full)
    finally:
        stores.stop()

