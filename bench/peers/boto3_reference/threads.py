"""No server at all: threads that store one file over and over by store.py. Prints what the load generator prints.
    threads.py FILE --connections 8 (--seconds 5 | --requests 100)"""

import argparse
import hashlib
import json
import resource
import threading
import time

import store


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--requests", type=int, default=0)
    options = parser.parse_args()
    s3, dynamodb = store.clients()
    with open(options.file, "rb") as file:
        size = len(file.read())
    latencies, left, lock = [], options.requests, threading.Lock()
    end = time.monotonic() + options.seconds

    def next_one():
        nonlocal left
        if not options.requests:
            return time.monotonic() < end
        with lock:
            left -= 1
            return left >= 0

    def run():
        while next_one():
            began = time.perf_counter()
            with open(options.file, "rb") as file:
                checksum = hashlib.file_digest(file, "sha256").hexdigest()
                file.seek(0)
                store.store(s3, dynamodb, file, size, checksum, "document.pdf", ["lab_results"], {})
            latencies.append(1000 * (time.perf_counter() - began))

    began, threads = time.monotonic(), [threading.Thread(target=run) for _ in range(options.connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - began
    latencies.sort()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    at = lambda share: latencies[min(int(share * len(latencies)), len(latencies) - 1)]  # noqa: E731
    print(json.dumps({"answers": len(latencies), "errors": 0, "error_kinds": {}, "seconds": seconds,
                      "per_second": len(latencies) / seconds, "p50_ms": at(0.5), "p99_ms": at(0.99),
                      "generator_cpu_seconds": usage.ru_utime + usage.ru_stime}))


if __name__ == "__main__":
    main()
