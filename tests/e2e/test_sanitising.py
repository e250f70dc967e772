"""The policy `sanitise`: what is served is a clean copy, and the file as it was sent is kept under seal."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from support import pdf
from support.problem import expect_problem
from support.server import Server, shared, wait_until
from support.suite import contains, holds, same, test
from test_quarantine import Command

SANITISE = {"INSPECTION_POLICY": "repaired=sanitise,active=sanitise,suspicious=sanitise", "SWEEP_INTERVAL": "500ms"}


def digest(content):
    return hashlib.sha256(content).hexdigest()


def codes(document):
    return [finding["code"] for finding in document["verdict"]["findings"]]


def signed():
    """Says that it is signed, over all of its bytes; and holds script."""
    document = pdf.Pdf()
    mark = document.add(b"<< /Type /Sig /Filter /Adobe.PPKLite /ByteRange [0 10 20 30] /Contents <00> >>")
    document.catalog_entries = b" /AcroForm << /Fields [] /SigFlags 3 >> /OpenAction << /S /JavaScript /JS (1) >> /X %d 0 R" % mark
    return document.build()


@test("A document with script is served as a clean copy, and tells what was found and what was sent")
def _():
    client, content = shared(**SANITISE).client(), pdf.with_script_in_form()
    document = client.stored(content, checksum=digest(content))
    same((document["state"], document["verdict"]["outcome"]), ("available", "active"), "state and outcome")
    same(codes(document), ["javascript", "sanitised"], "codes")
    same(document["sanitised"], {"original_size": len(content), "original_checksum": digest(content), "taken_out": []})
    holds(document["verdict"]["policy_version"].startswith("custom-"), document["verdict"]["policy_version"])
    answer = client.get(f"/api/documents/{document['id']}/content")
    same(answer.status, 200, "its content")
    holds(answer.body.startswith(b"%PDF-") and b"JavaScript" not in answer.body, "the script is still there")
    holds(b"/AcroForm" in answer.body and b"(amount)" in answer.body, "the form is gone")
    same((document["size"], document["checksum"]), (len(answer.body), digest(answer.body)), "size and checksum")
    same(answer.etag, f'"{document["checksum"]}"', "ETag")
    part = client.get(f"/api/documents/{document['id']}/content", Range="bytes=0-7", If_Range=answer.etag)
    same((part.status, part.body), (206, answer.body[:8]), "a range")
    again = client.stored(answer.body)
    same((again["verdict"]["outcome"], "sanitised" in again), ("clean", False), "the copy, sent again")


@test("Everything that may be sanitised is: what reaches out by itself, what is attached, what lies around the document")
def _():
    client = shared(**SANITISE).client()
    for content, found in ((pdf.with_auto_run_link(), "auto_run_uri"), (b"console output\n" + pdf.unique(), "leading_bytes"),
                           (pdf.with_attached(b"notes.txt", b"plain notes"), "embedded_file")):
        document = client.stored(content)
        same(document["state"], "available", found)
        contains(codes(document), found, "codes")
        contains(codes(document), "sanitised", "codes")
        body = client.get(f"/api/documents/{document['id']}/content").body
        holds(body.startswith(b"%PDF-") and b"tracker.invalid" not in body and b"EmbeddedFile" not in body, found)


@test("A signed document is quarantined as it was sent, and a clean or malicious one is treated as ever")
def _():
    client, content = shared(**SANITISE).client(), signed()
    document = client.stored(content)
    same((document["state"], document["checksum"], "sanitised" in document), ("quarantined", digest(content), False))
    contains(codes(document), "signed_not_sanitised", "codes")
    expect_problem(client.get(f"/api/documents/{document['id']}/content"), 409, "quarantined")
    clean = pdf.unique()
    same(client.stored(clean)["checksum"], digest(clean), "a clean one")
    expect_problem(client.upload(pdf.with_launch()), 422, "file_rejected")


@test("Validation says what would be done, and keeps nothing")
def _():
    with Server(**SANITISE) as server:
        before = server.footprint()
        answer = server.client().upload(pdf.with_script_in_form(), path="/api/documents/validate")
        same(answer.json["would_answer"], {"status": 201, "code": None}, "answer")
        same([finding["code"] for finding in answer.json["verdict"]["findings"]], ["javascript", "sanitised"], "codes")
        same(server.footprint(), before, "footprint")


@test("The same file again is the same upload under its key, and a duplicate of its sanitised document")
def _():
    with Server(**SANITISE, ON_DUPLICATE="reject") as server:
        client, content = server.client(), pdf.with_script_in_form()
        first = client.upload(content, headers={"Idempotency-Key": "once"})
        same(first.status, 201, "first")
        again = client.upload(content, headers={"Idempotency-Key": "once"})
        same((again.status, again.body), (201, first.body), "under its key")
        expect_problem(client.upload(content), 409, "conflict")
        same(len(server.objects()), 2, "objects")


@test("The original is taken out by a command alone, with a reason that is kept")
def _():
    with Server(**SANITISE) as server, tempfile.TemporaryDirectory() as folder:
        content, target = pdf.with_script_in_form(), Path(folder) / "original.pdf"
        identity = server.client().stored(content)["id"]
        order = Command(server)
        order("original", identity, "--to", target, "--reason", "asked for by the court", "--by", "dr-lee")
        holds(target.read_bytes() == content, "the original differs")
        same(stat.S_IMODE(os.stat(target).st_mode), 0o600, "mode")
        [taken] = server.client().get(f"/api/documents/{identity}").json["sanitised"]["taken_out"]
        same((taken["reason"], taken["caller"]), ("asked for by the court", "command line: dr-lee"), "who and why")
        order("original", identity, "--to", target, "--reason", "again", status=64)
        other = server.client().stored(pdf.unique())["id"]
        order("original", other, "--to", Path(folder) / "none.pdf", "--reason", "none", status=1)
        same(sorted(path.name for path in Path(folder).iterdir()), ["original.pdf"], "files")


@test("A purge leaves neither copy nor original, and a deleted document comes back with both")
def _():
    with Server(**SANITISE) as server:
        client = server.client()
        identity = client.stored(pdf.with_script_in_form())["id"]
        same(len(server.objects()), 2, "objects")
        same(client.delete(f"/api/documents/{identity}").status, 204, "delete")
        same(client.post(f"/api/documents/{identity}/restore").status, 200, "restore")
        same(len(server.objects()), 2, "objects after the restore")
        same(client.delete(f"/api/documents/{identity}?purge=true").status, 204, "purge")
        holds(wait_until(lambda: not server.objects() and server.rows()["open_work"] == 0), server.footprint())
        same(server.rows()["documents"], 0, "documents")
