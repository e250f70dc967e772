"""Types other than PDF: each is taken where it is allowed, told what it is, and given back; each lie is refused."""

import tempfile
from pathlib import Path

from support import files, pdf
from support.problem import expect_problem
from support.server import run_command, shared
from support.suite import contains, holds, same, test

ALLOWED = "pdf,png,jpg,jpeg,tif,tiff,dcm,docx,xlsx,xml,json,txt,csv"

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# extension: declared type, bytes, what is served, a fact about it
TYPES = {
    "txt": ("text/plain", files.TEXT, "text/plain", ("encoding", "us-ascii")),
    "csv": ("text/csv", files.CSV, "text/csv", ("columns", 3)),
    "json": ("application/fhir+json", files.JSON, "application/json", ("resource_type", "Observation")),
    "xml": ("text/xml", files.XML, "application/xml", ("format", "cda")),
    "png": ("image/png", files.png(), "image/png", ("width", 16)),
    "jpg": ("image/jpeg", files.jpeg(), "image/jpeg", ("height", 8)),
    "jpeg": ("image/jpeg", files.jpeg(), "image/jpeg", ("bit_depth", 8)),
    "tif": ("image/tiff", files.tiff(), "image/tiff", ("frames", 1)),
    "tiff": ("image/tiff", files.tiff(), "image/tiff", ("channels", 1)),
    "docx": ("application/zip", files.docx(), DOCX, ("parts", 4)),
    "xlsx": ("", files.xlsx(), XLSX, ("parts", 5)),
    "dcm": ("application/dicom", files.dicom(), "application/dicom", ("modality", "CT")),
}


def api():
    return shared(ALLOWED_EXTENSIONS=ALLOWED, MAX_UPLOAD_RATE=0).client()


def refused(name, content, declared, code, finding=None):
    answer = api().upload(content, name, declared=declared)
    problem = expect_problem(answer, {"type_mismatch": 415, "unsupported_media_type": 415, "file_rejected": 422}[code], code)
    if finding:
        contains([one["code"] for one in answer.json["findings"]], finding, f"findings of {name}")
    return problem


@test("A file of every allowed type is stored, told what it is, and comes back as it was")
def every_type():
    for extension, (declared, content, served, (fact, value)) in TYPES.items():
        document = api().stored(content, f"result.{extension}", declared=declared)
        same(document["verdict"]["outcome"], "clean", f"outcome of {extension}: {document['verdict']['findings']}")
        same(document["content_type"], served, f"content_type of {extension}")
        same(document["metadata"]["extracted"].get(fact), value, f"{fact} of {extension}")
        answer = api().get(f"/api/documents/{document['id']}/content")
        holds(answer.body == content, f"the bytes of {extension} differ")
        same(answer.header("Content-Type"), served, f"Content-Type of {extension}")


@test("Nothing of the patient in a DICOM file reaches the document")
def no_patient():
    document = api().stored(files.dicom(), "slice.dcm", declared="application/dicom")
    holds("Nobody" not in str(document), "the patient's name is shown")


@test("A file under the name of another type is refused, whatever it is declared as")
def lies():
    refused("picture.png", files.jpeg(), "image/png", "type_mismatch", "type_mismatch")
    refused("picture.jpg", files.png(), "", "type_mismatch", "type_mismatch")
    refused("slice.dcm", files.png(), "application/dicom", "type_mismatch", "type_mismatch")
    refused("scan.tif", files.jpeg(), "image/tiff", "type_mismatch", "type_mismatch")
    refused("letter.docx", files.xlsx(), DOCX, "type_mismatch", "type_mismatch")
    refused("table.xlsx", files.docx(), XLSX, "type_mismatch", "type_mismatch")
    refused("note.txt", files.png(), "text/plain", "type_mismatch", "binary_text")
    refused("table.csv", b"MZ\x90\0" + bytes(60), "text/csv", "type_mismatch", "binary_text")
    refused("note.txt", b"#!/bin/sh\nid\n", "text/plain", "type_mismatch", "type_mismatch")
    refused("letter.xml", b"<html><body/></html>", "text/xml", "type_mismatch", "type_mismatch")
    refused("letter.json", files.XML, "application/json", "type_mismatch", "type_mismatch")
    refused("report.pdf", files.png(), "application/pdf", "type_mismatch", "type_mismatch")
    refused("picture.png", pdf.clean(), "image/png", "type_mismatch", "type_mismatch")
    refused("picture.png", files.png(), "image/jpeg", "unsupported_media_type")


@test("XML that opens files or unfolds without end is refused")
def xml_attacks():
    refused("a.xml", b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "text/xml", "file_rejected",
            "external_entity")
    laughs = b"<!DOCTYPE a [<!ENTITY x0 'ha'>"
    for i in range(1, 12):
        laughs += b"<!ENTITY x%d '%s'>" % (i, b"&x%d;" % (i - 1) * 10)
    refused("a.xml", laughs + b"]><a>&x11;</a>", "text/xml", "file_rejected", "entity_expansion")


@test("Bombs of other types are refused")
def bombs():
    refused("a.json", b"[" * 1_000_000, "application/json", "file_rejected", "too_deep")
    refused("a.png", files.png().replace(b"\0\0\0\x10\0\0\0\x08", b"\x7f\xff\xff\xff\x7f\xff\xff\xff"), "image/png",
            "file_rejected", "huge_image")
    refused("a.tif", files.tiff(width=500_000, height=500_000), "image/tiff", "file_rejected", "huge_image")


@test("A program in the preamble of a DICOM file is refused, a TIFF there is stored")
def preambles():
    refused("slice.dcm", files.dicom(b"MZ\x90\0\3"), "application/dicom", "file_rejected", "executable_polyglot")
    document = api().stored(files.dicom(b"II*\0\x08\0\0\0"), "slice.dcm", declared="")
    same(document["verdict"]["outcome"], "clean", "outcome")


@test("The antivirus test is refused in a file of every type")
def antivirus():
    refused("a.txt", pdf.EICAR, "text/plain", "file_rejected", "eicar")
    refused("a.csv", files.CSV + pdf.EICAR, "text/csv", "file_rejected", "eicar")
    refused("a.png", files.png() + pdf.EICAR, "image/png", "file_rejected", "eicar")
    refused("a.jpg", files.jpeg() + pdf.EICAR, "image/jpeg", "file_rejected", "eicar")
    refused("a.tif", files.tiff() + pdf.EICAR, "image/tiff", "file_rejected", "eicar")
    refused("a.dcm", files.dicom() + pdf.EICAR, "application/dicom", "file_rejected", "eicar")
    refused("a.docx", files.docx(parts={"word/note.txt": pdf.EICAR}), DOCX, "file_rejected", "eicar")
    refused("a.json", files.fhir_binary(pdf.EICAR), "application/json", "file_rejected", "eicar")
    refused("a.xml", files.cda_with(pdf.EICAR), "text/xml", "file_rejected", "eicar")


@test("A PDF inside a FHIR resource, a CDA or a DICOM file is judged as if it had been sent by itself")
def documents_inside():
    for name, wrap in (("a.json", files.fhir_binary), ("a.xml", files.cda_with)):
        refused(name, wrap(pdf.with_launch()), "", "file_rejected", "launch")
        document = api().stored(wrap(pdf.clean()), name, declared="")
        same(document["verdict"]["outcome"], "clean", f"outcome of {name}")
        same(document["metadata"]["extracted"]["attachments"], 1, f"attachments of {name}")


@test("A table with formulas is stored with a finding, a picture with an archive behind it is quarantined")
def stored_with_findings():
    table = api().stored(b"name,value\nx,=1+1\n", "table.csv", declared="text/csv")
    same((table["state"], table["verdict"]["outcome"]), ("available", "active"), "table")
    picture = api().stored(files.png() + b"PK\3\4" + bytes(40), "picture.png", declared="image/png")
    same((picture["state"], picture["verdict"]["outcome"]), ("quarantined", "suspicious"), "picture")


@test("An office document under a password, with a program or with a share's template is refused")
def office_refused():
    refused("a.docx", files.locked_office(), DOCX, "file_rejected", "encrypted")
    refused("a.docx", files.docx(parts={"word/embeddings/a.bin": b"MZ\x90"}), DOCX, "file_rejected",
            "executable_attachment")
    refused("a.docx", files.docx(relations=[("attachedTemplate", "file://host/share/a.dotm")]), DOCX, "file_rejected",
            "auto_run_unc")


@test("Macros, a template from the network and formulas that start programs are quarantined, a link is stored")
def office_quarantined():
    for name, content, code in (
            ("a.docx", files.docx(parts={"word/vbaProject.bin": b"inert"}), "macros"),
            ("a.docx", files.docx(relations=[("attachedTemplate", "https://host.example/a.dotm")]), "auto_run_uri"),
            ("a.xlsx", files.xlsx("cmd|'/c inert'!A0"), "dde")):
        document = api().stored(content, name, declared="")
        same(document["state"], "quarantined", f"state of {code}")
        contains([one["code"] for one in document["verdict"]["findings"]], code, "findings")
    document = api().stored(files.docx(relations=[("hyperlink", "https://clinic.example")]), "a.docx", declared="")
    same((document["state"], document["verdict"]["outcome"]), ("available", "clean"), "a link")


@test("A policy of one's own decides, and each verdict names the table it was judged by")
def policy():
    strict = shared(INSPECTION_POLICY="active=quarantine,finding.javascript=reject", ALLOWED_EXTENSIONS=ALLOWED).client()
    table = strict.stored(b"name,value\nx,=1+1\n", "table.csv", declared="text/csv")
    same(table["state"], "quarantined", "state")
    expect_problem(strict.upload(pdf.with_script_in_form()), 422, "file_rejected")
    usual = api().stored(pdf.with_script_in_form())
    same(usual["verdict"]["policy_version"], "default-1", "usual version")
    holds(table["verdict"]["policy_version"].startswith("custom-"), table["verdict"]["policy_version"])


@test("A policy that is weaker than permitted or unknown is refused at start, by name")
def bad_policies():
    for text in ("malicious=store", "activ=reject", "malicious=sanitise", "finding.eicar=store", "reject"):
        command = run_command("config", INSPECTION_POLICY=text)
        same(command.returncode, 78, f"exit status of {text}")
        contains(command.stderr, "INSPECTION_POLICY", "what is said")


@test("A file that matches a rule is refused, ours or the operator's own, and the rule is named")
def rules():
    folder = Path(tempfile.mkdtemp(prefix="lazaret-e2e-"))
    (folder / "house.yar").write_text('rule house_rule { strings: $a = "ward seven" condition: $a }')
    server = shared(ALLOWED_EXTENSIONS=ALLOWED, YARA_RULES=folder / "house.yar").client()
    for text, rule in ((b"see ward seven", "house_rule"), (b"powershell -w hidden", "lazaret_powershell_download")):
        answer = server.upload(text, "note.txt", declared="text/plain")
        expect_problem(answer, 422, "file_rejected")
        same(answer.json["findings"][0]["where"], "rule " + rule, "where")


@test("A file of rules that cannot be used is refused at start, by file and line")
def bad_rules():
    folder = Path(tempfile.mkdtemp(prefix="lazaret-e2e-"))
    (folder / "bad.yar").write_text("rule good { condition: true }\nrule bad { condition: nothing }")
    command = run_command("inspect", folder / "bad.yar", YARA_RULES=folder / "bad.yar")
    contains(command.stderr, "YARA_RULES", "what is said")
    contains(command.stderr, "bad.yar line 2", "what is said")


@test("A renamed picture keeps its extension")
def rename():
    document = api().stored(files.png(), "picture.png", declared="image/png")
    path = f"/api/documents/{document['id']}"
    same(api().patch(path, {"filename": "left hand.png"}).json["filename"], "left hand.png", "filename")
    expect_problem(api().patch(path, {"filename": "left hand.pdf"}), 422, "invalid_field")


@test("A type that is not allowed is refused by its name")
def not_allowed():
    expect_problem(shared().client().upload(files.png(), "picture.png", declared="image/png"), 415, "extension_not_allowed")
