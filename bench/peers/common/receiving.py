"""How both references receive an upload: werkzeug's parser writes straight into a file of the spool, hashed on the way."""

import hashlib
import io
import os
import secrets
import threading
from pathlib import Path

import magic
from flask import Flask, Request, jsonify

SPOOL = Path(os.environ["DATA_DIR"]) / "spool"
MOST_BYTES = int(os.environ.get("MAX_FILE_SIZE", 50 * 2**20))
local = threading.local()


class HashedFile(io.FileIO):
    """A file in the spool that knows its SHA-256 and its first bytes when it has been written; removed unless kept."""

    def __init__(self):
        self.path = SPOOL / secrets.token_hex(8)
        self.sha256 = hashlib.sha256()
        self.head = b""
        self.kept = False
        super().__init__(self.path, "x+")

    def write(self, data):
        self.sha256.update(data)
        if len(self.head) < 4096:
            self.head += bytes(data[: 4096 - len(self.head)])
        return super().write(data)

    def size(self):
        return os.fstat(self.fileno()).st_size

    def close(self):
        if not self.closed and not self.kept:
            self.path.unlink(missing_ok=True)
        super().close()


class SpooledRequest(Request):
    max_content_length = MOST_BYTES + 2**20

    def _get_file_stream(self, total_content_length, content_type, filename=None, content_length=None):
        return HashedFile()


class Application(Flask):
    request_class = SpooledRequest


def detector():  # libmagic's handles are not shared between threads
    if not hasattr(local, "magic"):
        local.magic = magic.Magic(mime=True)
    return local.magic


def problem(status, code, detail):
    answer = jsonify(status=status, code=code, detail=detail, error=detail)
    answer.status_code = status
    answer.content_type = "application/problem+json"
    return answer
