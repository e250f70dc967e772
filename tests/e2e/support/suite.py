"""The runner: tests are functions with a sentence for a name; each prints one line, and a summary ends the run.

Writes `verdict<TAB>name<TAB>why` lines to --results. The exit status is 0 when nothing failed and something passed.
"""

import argparse
import re
import signal
import sys
import time
import traceback
from pathlib import Path

from support import server

TESTS = []
HOMES = ("embedded", "cloud")
only = ""  # what the run was asked for; empty: everything
SECONDS_PER_TEST = 180


class Skip(Exception):
    """The machine lacks what the test needs; says what."""


def test(sentence, homes=HOMES):
    """A test that is about one home alone says so in `homes`."""

    def add(function):
        TESTS.append((sentence, function, homes))
        return function

    return add


def test_on(sentence, **settings):
    """A test that is handed the shared server with these settings."""
    return lambda function: test(sentence)(lambda: function(server.shared(**settings)))


def same(actual, expected, what="value"):
    if actual != expected:
        raise AssertionError(f"{what}: expected {expected!r}, got {actual!r}")


def holds(condition, what):
    if not condition:
        raise AssertionError(what)


def contains(text, part, what="text"):
    if part not in text:
        raise AssertionError(f"{what}: {part!r} is not in {text!r}")


def _too_slow(*_):
    raise AssertionError(f"took longer than {SECONDS_PER_TEST} s")


def _run(function):
    """Gives (verdict, why)."""
    signal.signal(signal.SIGALRM, _too_slow)
    signal.alarm(SECONDS_PER_TEST)
    try:
        function()
        return "passed", ""
    except Skip as why:
        return "skipped", str(why)
    except AssertionError as error:
        place = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in place if "/support/" not in frame.filename] or place
        return "failed", f"{error} ({Path(ours[-1].filename).name}:{ours[-1].lineno})"
    except Exception as error:  # a broken connection is a failure of the test, not of the run
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return "failed", f"{type(error).__name__}: {error} ({Path(frame.filename).name}:{frame.lineno})"
    finally:
        signal.alarm(0)


def main(title):
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--lazaret", required=True, type=Path, help="the binary under test")
    parser.add_argument("--home", choices=HOMES, default="embedded", help="where the servers keep their documents")
    parser.add_argument("--results", type=Path, help="where to write one line a test")
    parser.add_argument("only", nargs="?", default="", help="tests whose sentence matches this expression")
    parser.add_argument("--only", dest="only_option", default="", help="the same")
    options = parser.parse_args()
    options.only = options.only or options.only_option
    global only
    only = options.only
    server.BINARY = options.lazaret.resolve()
    if not server.BINARY.exists():
        sys.exit(f"there is no {options.lazaret}")
    if options.home == "cloud":
        from support import cloud
        server.HOME = cloud.home()
    lines, counts, start = [], {"passed": 0, "failed": 0, "skipped": 0}, time.monotonic()
    elsewhere = [sentence for sentence, _, homes in TESTS if options.home not in homes]
    for sentence, function, _ in TESTS:
        if sentence in elsewhere or not re.search(options.only, sentence):
            continue
        verdict, why = _run(function)
        why = " ".join(why.split())
        counts[verdict] += 1
        lines.append(f"{verdict}\t{sentence}\t{why}")
        print(f"{verdict:8}{sentence}" + (f": {why}" if why else ""), flush=True)
        if verdict == "failed":
            server.show_logs()
    server.stop_all()
    if options.results:
        options.results.parent.mkdir(parents=True, exist_ok=True)
        options.results.write_text("\n".join(lines) + "\n")
    for sentence in elsewhere:
        print(f"not of the home {options.home}: {sentence}")
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped "
          f"({time.monotonic() - start:.0f} s)")
    sys.exit(0 if counts["failed"] == 0 and counts["passed"] > 0 else 1)
