"""How the reference is served: threads, for its calls wait for the stores most of the time."""

import multiprocessing
import os

import app

bind = f"127.0.0.1:{os.environ['PORT']}"
worker_class = os.environ.get("WORKER_CLASS", "gthread")
workers = int(os.environ.get("WORKERS", multiprocessing.cpu_count()))
threads = int(os.environ.get("THREADS", 16))
keepalive = 75
timeout = 120
accesslog = None
worker_tmp_dir = "/dev/shm"


def on_starting(server):
    app.prepare()
