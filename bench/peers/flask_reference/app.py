"""The reference of the comparison: what a careful Python version of this service does, and nothing less.

One pass over an upload: werkzeug's parser writes straight into a file beside its final place, hashed on the way; then
the type by libmagic, fsync, rename, fsync of the folder, one SQLite transaction (WAL, synchronous=FULL). Downloads
go out by sendfile. It does not look inside a PDF: there is no scanning to compare with.
"""

import json
import os
import sqlite3
import threading
from pathlib import Path

from flask import jsonify, request, send_file

from identity import now, uuid7
from receiving import MOST_BYTES, SPOOL, Application, detector, problem

DATA = Path(os.environ["DATA_DIR"])
OBJECTS, DATABASE = DATA / "objects", DATA / "documents.db"
CATEGORIES = {"patient_records", "clinical_guidelines", "research_papers", "lab_results", "medication_schedules"}
SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
  id TEXT PRIMARY KEY, filename TEXT NOT NULL, original_filename TEXT NOT NULL, s3_key TEXT NOT NULL,
  size INTEGER NOT NULL, upload_date TEXT NOT NULL, categories TEXT NOT NULL, content_type TEXT NOT NULL,
  checksum TEXT NOT NULL, processed INTEGER NOT NULL, metadata TEXT NOT NULL, state TEXT NOT NULL,
  version INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS documents_by_date ON documents (state, upload_date DESC, id DESC);
CREATE INDEX IF NOT EXISTS documents_by_size ON documents (state, size, id);
CREATE INDEX IF NOT EXISTS documents_by_name ON documents (state, filename, id);
"""
COLUMNS = ("id filename original_filename s3_key size upload_date categories content_type checksum processed metadata"
           " state version").split()
JSON_COLUMNS = ("categories", "metadata")


app = Application(__name__)
local = threading.local()


def database():
    if not hasattr(local, "connection"):
        local.connection = sqlite3.connect(DATABASE, isolation_level=None, timeout=10)
        local.connection.execute("PRAGMA journal_mode=WAL")
        local.connection.execute("PRAGMA synchronous=FULL")
    return local.connection


def prepare():
    """Before the workers start: folders, schema."""
    SPOOL.mkdir(parents=True, exist_ok=True)
    for number in range(256):
        (OBJECTS / f"{number:02x}").mkdir(parents=True, exist_ok=True)
    database().executescript(SCHEMA)
    database().close()
    del local.connection


def as_document(row):
    document = dict(zip(COLUMNS, row))
    for name in JSON_COLUMNS:
        document[name] = json.loads(document[name])
    document["processed"] = bool(document["processed"])
    return document


def keep(spooled, key):
    """Durable under its final name when it returns."""
    os.fsync(spooled.fileno())
    path = OBJECTS / key
    os.rename(spooled.path, path)
    spooled.kept = True
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@app.post("/api/documents")
def upload():
    part = request.files.get("file")
    if part is None or not part.filename:
        return problem(400, "missing_file", "The form has no part named file.")
    spooled = part.stream
    size = spooled.size()
    if size > MOST_BYTES:
        return problem(413, "file_too_large", f"The file is larger than {MOST_BYTES} bytes.")
    if not part.filename.lower().endswith(".pdf") or part.mimetype not in ("application/pdf", "application/octet-stream"):
        return problem(415, "extension_not_allowed", "Only PDF files are taken.")
    if detector().from_buffer(spooled.head) != "application/pdf":
        return problem(415, "type_mismatch", "The bytes are not a PDF.")
    categories = [c for value in request.form.getlist("categories") for c in value.split(",") if c]
    if not CATEGORIES.issuperset(categories):
        return problem(422, "invalid_field", "A category is unknown.")
    try:
        metadata = json.loads(request.form.get("metadata", "{}"))
    except ValueError:
        return problem(422, "invalid_field", "The metadata is no JSON object.")
    identity = uuid7()
    key = f"{identity[-2:]}/{identity}"
    keep(spooled, key)
    document = dict(zip(COLUMNS, (
        identity, os.path.basename(part.filename)[:255], part.filename, key, size, now(), categories,
        "application/pdf", spooled.sha256.hexdigest(), False, metadata, "available", 1)))
    row = [json.dumps(value) if name in JSON_COLUMNS else value for name, value in document.items()]
    database().execute(f"INSERT INTO documents VALUES ({','.join('?' * len(COLUMNS))})", row)
    answer = jsonify(document)
    answer.status_code = 201
    answer.headers["Location"] = f"/api/documents/{identity}"
    answer.headers["ETag"] = '"1"'
    return answer


def find(identity):
    row = database().execute("SELECT * FROM documents WHERE id = ? AND state = 'available'", (identity,)).fetchone()
    return None if row is None else as_document(row)


@app.get("/api/documents/<identity>")
def get(identity):
    document = find(identity)
    if document is None:
        return problem(404, "document_not_found", "There is no such document.")
    answer = jsonify(document)
    answer.headers["ETag"] = f'"{document["version"]}"'
    return answer


@app.get("/api/documents/<identity>/content")
def content(identity):
    document = find(identity)
    if document is None:
        return problem(404, "document_not_found", "There is no such document.")
    return send_file(OBJECTS / document["s3_key"], mimetype=document["content_type"], as_attachment=True,
                     download_name=document["filename"], etag=document["checksum"], conditional=True)


FILTERS = {"date_from": "upload_date >= ?", "date_to": "upload_date <= ?", "size_min": "size >= ?",
           "size_max": "size <= ?", "content_type": "content_type = ?", "checksum": "checksum = ?"}
SORTS = {"upload_date", "size", "filename"}


@app.get("/api/documents")
def page():
    limit = min(max(request.args.get("limit", 100, type=int), 1), 200)
    sort = request.args.get("sort_by", "upload_date")
    if sort not in SORTS:
        return problem(400, "invalid_parameter", "sort_by is unknown.")
    descending = request.args.get("sort_order", "desc" if sort == "upload_date" else "asc") == "desc"
    where, values = ["state = 'available'"], []
    for name, condition in FILTERS.items():
        if name in request.args:
            where.append(condition)
            values.append(request.args[name])
    for category in filter(None, request.args.get("categories", "").split(",")):
        where.append("EXISTS (SELECT 1 FROM json_each(categories) WHERE value = ?)")
        values.append(category)
    first = " AND ".join(where)
    # As there: exact up to 10,000, counted on the first page alone.
    total = None
    if "cursor" not in request.args:
        total = database().execute(f"SELECT COUNT(*) FROM (SELECT 1 FROM documents WHERE {first} LIMIT 10001)",
                                   values).fetchone()[0]
    else:
        where.append(f"({sort}, id) {'<' if descending else '>'} (?, ?)")
        values += json.loads(request.args["cursor"])
    order = "DESC" if descending else "ASC"
    rows = database().execute(
        f"SELECT * FROM documents WHERE {' AND '.join(where)} ORDER BY {sort} {order}, id {order} LIMIT ?",
        (*values, limit + 1)).fetchall()
    documents = [as_document(row) for row in rows[:limit]]
    cursor = json.dumps([documents[-1][sort], documents[-1]["id"]]) if len(rows) > limit else None
    return jsonify(documents=documents, total=total and min(total, 10000),
                   total_relation="gte" if total and total > 10000 else "eq", next_cursor=cursor)


@app.get("/health")
def health():
    return jsonify(status="ok")
