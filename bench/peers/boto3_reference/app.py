"""The reference over S3 and DynamoDB: Flask in front of store.py, with the same spooling and hashing of an upload as in
../flask_reference. It does not look inside a PDF, and totals are not counted."""

import json
import os
import secrets
import hashlib
import io
import threading
from pathlib import Path

import magic
from flask import Flask, Request, Response, jsonify, request

import store

SPOOL = Path(os.environ["DATA_DIR"]) / "spool"
MOST_BYTES = int(os.environ.get("MAX_FILE_SIZE", 50 * 2**20))
PIECE = 256 * 1024


class HashedFile(io.FileIO):
    """A file in the spool that knows its SHA-256 and its first bytes when it has been written."""

    def __init__(self):
        self.path = SPOOL / secrets.token_hex(8)
        self.sha256, self.head = hashlib.sha256(), b""
        super().__init__(self.path, "x+")
        self.path.unlink()

    def write(self, data):
        self.sha256.update(data)
        if len(self.head) < 4096:
            self.head += bytes(data[: 4096 - len(self.head)])
        return super().write(data)


class SpooledRequest(Request):
    max_content_length = MOST_BYTES + 2**20

    def _get_file_stream(self, total_content_length, content_type, filename=None, content_length=None):
        return HashedFile()


class Application(Flask):
    request_class = SpooledRequest


app = Application(__name__)
local = threading.local()
lock = threading.Lock()
made = []


def clients():
    with lock:
        if not made:
            made.extend(store.clients())
    return made


def detector():  # libmagic's handles are not shared between threads
    if not hasattr(local, "magic"):
        local.magic = magic.Magic(mime=True)
    return local.magic


def prepare():
    SPOOL.mkdir(parents=True, exist_ok=True)


def problem(status, code, detail):
    answer = jsonify(status=status, code=code, detail=detail, error=detail)
    answer.status_code, answer.content_type = status, "application/problem+json"
    return answer


@app.post("/api/documents")
def upload():
    part = request.files.get("file")
    if part is None or not part.filename:
        return problem(400, "missing_file", "The form has no part named file.")
    spooled = part.stream
    size = os.fstat(spooled.fileno()).st_size
    if not part.filename.lower().endswith(".pdf") or detector().from_buffer(spooled.head) != "application/pdf":
        return problem(415, "type_mismatch", "The bytes are not a PDF.")
    spooled.seek(0)
    categories = [c for value in request.form.getlist("categories") for c in value.split(",") if c]
    document = store.store(*clients(), spooled, size, spooled.sha256.hexdigest(), os.path.basename(part.filename)[:255],
                           categories, json.loads(request.form.get("metadata", "{}")))
    answer = jsonify(document)
    answer.status_code = 201
    answer.headers["Location"] = f"/api/documents/{document['id']}"
    return answer


@app.get("/api/documents/<identity>")
def get(identity):
    document = store.find(clients()[1], identity)
    return jsonify(document) if document else problem(404, "document_not_found", "There is no such document.")


@app.get("/api/documents/<identity>/content")
def content(identity):
    document = store.find(clients()[1], identity)
    if document is None:
        return problem(404, "document_not_found", "There is no such document.")
    body = clients()[0].get_object(Bucket=store.BUCKET, Key=document["s3_key"])["Body"]
    return Response(body.iter_chunks(PIECE), mimetype=document["content_type"],
                    headers={"Content-Length": str(document["size"])})


@app.get("/api/documents")
def page():
    documents = store.newest(clients()[1], min(request.args.get("limit", 100, type=int), 200))
    return jsonify(documents=documents, total=None, next_cursor=None)


@app.get("/health")
def health():
    return jsonify(status="ok")
