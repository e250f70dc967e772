"""The inspector killed under load: no document is lost, and none is taken without a verdict."""

import os
import signal
import time

from support.server import Server, wait_until
from support.suite import holds, test
from test_kill import SWEPT, Uploads, hold_against, wait_until_swept


@test("The inspector killed again and again under load costs no document, and nothing is taken without it")
def _():
    with Server(**SWEPT) as server:
        uploads = Uploads(server, 16, 30_000)
        killed = 0
        for _ in range(4):
            time.sleep(0.2)
            for child in server.children():
                os.kill(child, signal.SIGKILL)
                killed += 1
        holds(killed >= 2, f"{killed} inspectors were found")
        holds(wait_until(lambda: server.client().get("/health/ready").status == 200), "it does not become ready again")
        count = len(uploads.acknowledged)
        holds(wait_until(lambda: len(uploads.acknowledged) > count), "no upload is taken any more")
        uploads.join()
        wait_until_swept(server)
        hold_against(server, uploads.acknowledged)
        judged = server.home.metadata.outcomes(server)
        holds(judged <= {"clean", "repaired"}, f"outcomes: {judged}")
