"""S3 and DynamoDB that fail under uploads: no 201 is lost, nothing stays behind, every failure is a clear 503."""

import threading
import time

from support import pdf, server as servers
from support.faulty_proxy import Faults, Proxy
from support.server import Server
from support.suite import holds, same, test
from test_kill import SWEPT, hold_against, wait_until_swept

DEADLINE = 60 + 15  # a request's own, and the time to clean up after it


class Burst:
    """`count` uploads by `clients` at once, each with its answer and how long it took."""

    def __init__(self, server, count, clients=8, size=50_000):
        self.server, self.left, self.lock = server, count, threading.Lock()
        self.acknowledged, self.refused = {}, []
        contents = [pdf.unique(size) for _ in range(clients)]
        self.threads = [threading.Thread(target=self._run, args=(content,)) for content in contents]
        for thread in self.threads:
            thread.start()

    def _next(self):
        with self.lock:
            self.left -= 1
            return self.left

    def _run(self, first):
        client = self.server.client()
        while (number := self._next()) >= 0:
            content, began = first + b"%% number %d\n" % number, time.monotonic()
            answer = client.upload(content, f"upload-{number}.pdf")
            seconds = time.monotonic() - began
            with self.lock:
                if answer.status == 201:
                    self.acknowledged[answer.json["id"]] = content
                else:
                    self.refused.append((answer, seconds))

    def wait_for(self, done):
        """Until so many were answered."""
        while len(self.acknowledged) + len(self.refused) < done:
            time.sleep(0.01)

    def join(self):
        for thread in self.threads:
            thread.join(170)


def hold_clear(refused):
    """Each is a 503 or 504 problem that says when to come again, in time."""
    for answer, seconds in refused:
        holds(answer.status in (503, 504), f"an upload was answered {answer}")
        holds(answer.header("Retry-After"), f"no Retry-After: {answer}")
        holds(answer.json["code"] in ("unavailable", "overloaded", "timeout"), f"code: {answer}")
        holds(seconds < DEADLINE, f"the answer took {seconds:.0f} s")


def through(s3_faults, dynamodb_faults):
    """Proxies in front of both stores, and the settings that lead through them."""
    home = servers.HOME
    proxies = Proxy(home.objects.endpoint, s3_faults), Proxy(home.metadata.endpoint, dynamodb_faults)
    return proxies, {"AWS_ENDPOINT_URL_S3": proxies[0].endpoint, "AWS_ENDPOINT_URL_DYNAMODB": proxies[1].endpoint}


def upload_through_faults(seed, rate, kinds, count=120):
    print(f"         (seed {seed})", flush=True)
    s3_faults, dynamodb_faults = Faults(seed, 0, kinds), Faults(seed + 1, 0, kinds)
    (s3, dynamodb), endpoints = through(s3_faults, dynamodb_faults)
    with s3, dynamodb, Server(**SWEPT, **endpoints, STORE_TIMEOUT="3s") as server:
        s3_faults.rate = dynamodb_faults.rate = rate
        burst = Burst(server, count)
        burst.join()
        s3_faults.stop()
        dynamodb_faults.stop()
        holds(sum(s3_faults.counts.values()) + sum(dynamodb_faults.counts.values()) > 10, "hardly a fault was injected")
        holds(burst.acknowledged, "no upload was taken")
        hold_clear(burst.refused)
        wait_until_swept(server, 90)
        hold_against(server, burst.acknowledged)


@test("The S3 gateway killed and started again during 200 uploads costs no 201, and every failure is a clear 503",
      homes=("cloud",))
def gateway_killed():
    from support.cloud import started
    with Server(**SWEPT) as server:
        burst = Burst(server, 200)
        burst.wait_for(40)
        started("rgw").tell("gateway-down")
        burst.wait_for(80)
        started("rgw").tell("gateway-up")
        burst.join()
        holds(burst.refused, "no upload met the gateway's absence")
        hold_clear(burst.refused)
        holds(len(burst.acknowledged) > 40, "nothing was taken after the gateway came back")
        wait_until_swept(server, 90)
        hold_against(server, burst.acknowledged)


@test("One store call in ten fails, before or after it was applied: no 201 is lost and nothing stays behind",
      homes=("cloud",))
def one_in_ten():
    upload_through_faults(seed=20261125, rate=0.1, kinds=Faults.KINDS)


@test("Throttled by both stores, uploads slow down or are told to come again, and none is half there",
      homes=("cloud",))
def throttled():
    upload_through_faults(seed=20261126, rate=0.3, kinds=("throttle",))


@test("The service killed while its stores fail leaves nothing that the sweep does not find", homes=("cloud",))
def killed_while_failing():
    seed = 20261127
    print(f"         (seed {seed})", flush=True)
    s3_faults, dynamodb_faults = Faults(seed, 0), Faults(seed + 1, 0)
    (s3, dynamodb), endpoints = through(s3_faults, dynamodb_faults)
    with s3, dynamodb, Server(**SWEPT, **endpoints, STORE_TIMEOUT="3s") as server:
        from test_kill import Uploads
        s3_faults.rate = dynamodb_faults.rate = 0.1
        uploads = Uploads(server, 16, 50_000)
        time.sleep(3)
        server.kill()
        uploads.join()
        s3_faults.stop()
        dynamodb_faults.stop()
        server.start()
        wait_until_swept(server, 90)
        hold_against(server, uploads.acknowledged)


@test("A second copy over the same stores serves what the first took, and sweeps what the first left", homes=("cloud",))
def two_copies():
    with Server(**SWEPT) as first:
        with Server(**{**first.settings, "DATA_DIR": first.folder / "second"}) as second:
            from test_kill import Uploads
            uploads = Uploads(first, 8, 50_000)
            time.sleep(1.5)
            first.kill()
            uploads.join()
            holds(uploads.acknowledged, "no upload was acknowledged before the kill")
            wait_until_swept(second, 90)
            hold_against(second, uploads.acknowledged)
            identity = next(iter(uploads.acknowledged))
            same(second.client().patch(f"/api/documents/{identity}", {"processed": True}).status, 200, "an edit")
