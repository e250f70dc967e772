#!/usr/bin/env python3
"""End to end: the release binary over sockets, as its clients meet it. `run.py --lazaret PATH [--only REGEX]`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from support import suite  # noqa: E402

import test_intake  # noqa: E402, F401
import test_refusals  # noqa: E402, F401
import test_queries  # noqa: E402, F401
import test_content  # noqa: E402, F401
import test_changes  # noqa: E402, F401
import test_callers  # noqa: E402, F401
import test_process  # noqa: E402, F401
import test_slow_clients  # noqa: E402, F401
import test_first_client  # noqa: E402, F401
import test_wire  # noqa: E402, F401
import test_links  # noqa: E402, F401
import test_edits  # noqa: E402, F401
import test_rules  # noqa: E402, F401
import test_types  # noqa: E402, F401
import test_antivirus  # noqa: E402, F401
import test_quarantine  # noqa: E402, F401
import test_sanitising  # noqa: E402, F401
import test_stores  # noqa: E402, F401
import test_errors  # noqa: E402, F401  (last: it looks back)

if __name__ == "__main__":
    suite.main(__doc__)
