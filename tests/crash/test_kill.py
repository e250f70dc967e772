"""kill -9 at any moment: every document that was acknowledged is there and whole, and nothing else is left."""

import random
import threading
import time

from support import pdf
from support.server import Server
from support.suite import holds, same, test

SWEPT = {"PENDING_LEASE": "5s", "SWEEP_INTERVAL": "1s"}


class Uploads:
    """Clients that upload until the server is gone, and remember what they were told."""

    def __init__(self, server, clients, size):
        self.server = server
        self.lock = threading.Lock()
        self.acknowledged = {}  # id -> content
        self.stop = False
        # Made before the server is killed under them, so that the clients do nothing but send.
        contents = [pdf.unique(size) for _ in range(clients)]
        self.threads = [threading.Thread(target=self._run, args=(content,)) for content in contents]
        for thread in self.threads:
            thread.start()

    def _run(self, first):
        client = self.server.client()
        number = 0
        while not self.stop:
            number += 1
            content = first + b"%% number %d\n" % number
            try:
                answer = client.upload(content, f"upload-{number}.pdf")
            except OSError:
                return
            except Exception:  # an answer that was cut off is no answer
                return
            if answer.status == 201:
                with self.lock:
                    self.acknowledged[answer.json["id"]] = content

    def join(self):
        self.stop = True
        for thread in self.threads:
            thread.join(60)


def wait_until_swept(server, seconds=60):
    """Until no unfinished work is left in the metadata store."""
    end = time.monotonic() + seconds
    while server.rows()["open_work"] > 0:
        holds(time.monotonic() < end, f"unfinished work stayed: {server.rows()}")
        time.sleep(0.1)


def hold_against(server, acknowledged):
    """The stores and the API show what was acknowledged; what was not may be there only as a whole document."""
    client = server.client()
    for identity, content in acknowledged.items():
        answer = client.get(f"/api/documents/{identity}/content")
        same(answer.status, 200, f"the acknowledged document {identity}")
        holds(answer.body == content, f"the bytes of {identity} differ")
    listed, query = [], ""
    while True:
        page = client.get("/api/documents?limit=200" + query).json
        listed += page["documents"]
        if not page["next_cursor"]:
            break
        query = "&cursor=" + page["next_cursor"]
    holds(set(acknowledged) <= {d["id"] for d in listed}, "an acknowledged document is not listed")
    # Committed just before the kill, its answer never sent: such a document must be whole too.
    for document in listed:
        if document["id"] not in acknowledged:
            body = client.get(f"/api/documents/{document['id']}/content").body
            same(len(body), document["size"], f"size of the unanswered document {document['id']}")
    same(len(server.objects()), len(listed), "objects in the store against documents")
    same(server.home.objects.unfinished(server), [], "uploads in parts")
    same(server.spool_files(), [], "files in the spool")
    same(server.rows(), {"documents": len(listed), "open_work": 0}, "rows")


def kill_during_uploads(server, clients, size, after):
    uploads = Uploads(server, clients, size)
    time.sleep(after)
    server.kill()
    uploads.join()
    return uploads.acknowledged


@test("Killed during 32 parallel uploads, every 201 is there and whole, and after the sweep nothing else is")
def kill_once():
    with Server(**SWEPT) as server:
        acknowledged = kill_during_uploads(server, 32, 50_000, 2.0)
        holds(acknowledged, "no upload was acknowledged before the kill")
        server.start()
        wait_until_swept(server)
        hold_against(server, acknowledged)


@test("Killed while documents are sanitised, each that was acknowledged has copy and original, and nothing else is left")
def kill_while_sanitising():
    with Server(**SWEPT, INSPECTION_POLICY="active=sanitise") as server:
        acknowledged, lock = [], threading.Lock()

        def send(number):
            try:
                for turn in range(10_000):
                    content = pdf.with_script_in_form() + b"%% upload %d %d\n" % (number, turn)
                    answer = server.client().upload(content)
                    if answer.status == 201:
                        with lock:
                            acknowledged.append(answer.json["id"])
            except Exception:  # it is killed under it
                return

        threads = [threading.Thread(target=send, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        time.sleep(1.5)
        server.kill()
        for thread in threads:
            thread.join(60)
        holds(acknowledged, "no upload was acknowledged before the kill")
        server.start()
        wait_until_swept(server)
        client, listed = server.client(), server.rows()["documents"]
        holds(listed >= len(acknowledged), "an acknowledged document is gone")
        same(len(server.objects()), 2 * listed, "objects in the store against documents")
        for identity in acknowledged[:20]:
            document = client.get(f"/api/documents/{identity}").json
            same(len(client.get(f"/api/documents/{identity}/content").body), document["size"], "size")
        same(server.spool_files(), [], "files in the spool")


@test("Killed eight times in a row at random moments, nothing that was acknowledged is ever lost")
def kill_often():
    chance, acknowledged = random.Random(7), {}
    with Server(**SWEPT) as server:
        for _ in range(8):
            acknowledged |= kill_during_uploads(server, 16, 20_000, chance.uniform(0.05, 1.2))
            server.start()
        holds(len(acknowledged) > 16, "hardly any upload was acknowledged")
        wait_until_swept(server)
        hold_against(server, acknowledged)


@test("Killed during large uploads, the half of them that had arrived is nowhere")
def kill_large():
    with Server(**SWEPT) as server:
        acknowledged = kill_during_uploads(server, 8, 8 << 20, 0.7)
        server.start()
        wait_until_swept(server)
        hold_against(server, acknowledged)


@test("An Idempotency-Key whose upload was killed can be used again, and an answered one answers the same")
def kill_idempotent():
    with Server(**SWEPT) as server:
        content = pdf.unique(50_000)
        first = server.client().upload(content, headers={"Idempotency-Key": "answered"})
        same(first.status, 201, "first")
        pending = pdf.unique(8 << 20)

        def send():
            try:
                server.client().upload(pending, headers={"Idempotency-Key": "killed"})
            except Exception:  # it is killed under it
                pass

        thread = threading.Thread(target=send)
        thread.start()
        time.sleep(0.05)
        server.kill()
        thread.join(30)
        server.start()
        again = server.client().upload(content, headers={"Idempotency-Key": "answered"})
        same((again.status, again.json["id"]), (201, first.json["id"]), "the answered key")
        end = time.monotonic() + 30
        while (retried := server.client().upload(pending, headers={"Idempotency-Key": "killed"})).status == 409:
            holds(time.monotonic() < end, "the key was never released")
            time.sleep(0.2)
        same(retried.status, 201, "the killed key")
        checksum = retried.json["checksum"]
        same(len(server.client().get(f"/api/documents?checksum={checksum}").json["documents"]), 1, "documents")


@test("Killed between deletes, purges and edits, every answered change is there")
def kill_changes():
    with Server(**SWEPT) as server:
        client = server.client()
        documents = [client.stored(pdf.unique()) for _ in range(30)]
        for document in documents[:10]:
            same(client.delete(f"/api/documents/{document['id']}").status, 204, "delete")
        for document in documents[10:20]:
            same(client.delete(f"/api/documents/{document['id']}?purge=true").status, 204, "purge")
        for document in documents[20:]:
            same(client.send_json("PATCH", f"/api/documents/{document['id']}", {"processed": True}).status, 200, "patch")
        server.kill()
        server.start()
        wait_until_swept(server)
        client = server.client()
        same({client.get(f"/api/documents/{d['id']}").status for d in documents[:20]}, {404}, "deleted and purged")
        same({client.get(f"/api/documents/{d['id']}").json["processed"] for d in documents[20:]}, {True}, "edited")
        same(client.request("POST", f"/api/documents/{documents[0]['id']}/restore").status, 200, "restore of a deleted one")
        same(len(server.objects()), 20, "objects")


@test("Killed while it starts, it starts the next time")
def kill_while_starting():
    import subprocess
    from support import server as servers
    with Server() as server:
        document = server.client().stored(pdf.unique())
        server.kill()
        for milliseconds in (1, 3, 5, 8, 13, 21, 34, 55):
            environment = servers.clean_environment({**server.settings, "PORT": servers.free_port()})
            process = subprocess.Popen([servers.BINARY], env=environment, cwd=server.folder,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(milliseconds / 1000)
            process.kill()
            process.wait()
        server.start()
        same(server.client().get("/api/documents/" + document["id"]).status, 200, "document")
