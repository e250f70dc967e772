"""The reference over S3 and DynamoDB: Flask in front of store.py, receiving an upload as ../flask_reference does. With
INSPECT=1 it looks into a PDF by look.py and takes none that holds what acts by itself. Totals are not counted."""

import json
import os
import threading

from flask import Response, jsonify, request

import look
import store
from receiving import SPOOL, Application, detector, problem

PIECE = 256 * 1024
INSPECT = os.environ.get("INSPECT") == "1"

app = Application(__name__)
lock = threading.Lock()
made = []


def clients():
    with lock:
        if not made:
            made.extend(store.clients())
    return made


def prepare():
    SPOOL.mkdir(parents=True, exist_ok=True)


@app.post("/api/documents")
def upload():
    part = request.files.get("file")
    if part is None or not part.filename:
        return problem(400, "missing_file", "The form has no part named file.")
    spooled = part.stream
    if not part.filename.lower().endswith(".pdf") or detector().from_buffer(spooled.head) != "application/pdf":
        return problem(415, "type_mismatch", "The bytes are not a PDF.")
    inspected = None
    if INSPECT:
        spooled.flush()
        try:
            inspected = look.look(spooled.path)
        except (look.pikepdf.PdfError, ValueError):
            return problem(422, "invalid_document", "The PDF can't be read.")
        if inspected["findings"]:
            return problem(422, "unsafe_document", f"The PDF holds {', '.join(inspected['findings'])}.")
    spooled.seek(0)
    categories = [c for value in request.form.getlist("categories") for c in value.split(",") if c]
    document = store.store(*clients(), spooled, spooled.size(), spooled.sha256.hexdigest(),
                           os.path.basename(part.filename)[:255], categories,
                           json.loads(request.form.get("metadata", "{}")), inspected)
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
