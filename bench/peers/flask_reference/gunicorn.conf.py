"""How the reference is served. The counts are those that were fastest for it (see docs/performance.md)."""

import multiprocessing
import os

import app

bind = f"127.0.0.1:{os.environ['PORT']}"
worker_class = os.environ.get("WORKER_CLASS", "sync")
workers = int(os.environ.get("WORKERS", 2 * multiprocessing.cpu_count() + 1))
threads = int(os.environ.get("THREADS", 1))
keepalive = 75
timeout = 120
accesslog = None
worker_tmp_dir = "/dev/shm"


def on_starting(server):
    app.prepare()
