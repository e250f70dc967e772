#!/usr/bin/env python3
"""Crashes: the process is killed where it hurts, and what a client was told must hold afterwards."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))

from support import suite  # noqa: E402

import test_kill  # noqa: E402, F401
import test_inspector  # noqa: E402, F401
import test_cloud  # noqa: E402, F401

if __name__ == "__main__":
    suite.main(__doc__)
