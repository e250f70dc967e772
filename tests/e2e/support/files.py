"""Small files of types other than PDF, whole and honest; the tests make liars of them."""

import base64
import io
import struct
import zipfile
import zlib

TEXT = b"Blood count: all values normal.\r\nNext visit in May.\r\n"
CSV = b"test,value,unit\nHb,14.1,g/dl\nbase excess,-2.0,mmol/l\n"
JSON = b'{"resourceType":"Observation","status":"final","valueQuantity":{"value":14.1,"unit":"g/dl"}}'
XML = (b'<?xml version="1.0" encoding="UTF-8"?>\n<?xml-stylesheet type="text/xsl" href="CDA.xsl"?>\n'
       b'<ClinicalDocument xmlns="urn:hl7-org:v3"><title>Discharge letter</title></ClinicalDocument>')


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width=16, height=8):
    rows = b"".join(b"\0" + bytes([row % 256]) * width for row in range(height))
    return (b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
            + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b""))


def jpeg():
    """One grey block of 8 by 8: a baseline picture with one table of each kind."""
    tables = (b"\xff\xdb\0\x43\0" + b"\x10" * 64 + b"\xff\xc0\0\x0b\x08\0\x08\0\x08\x01\x01\x11\0"
              + b"\xff\xc4\0\x14\0\x01" + bytes(15) + b"\0" + b"\xff\xc4\0\x14\x10\x01" + bytes(15) + b"\0")
    return b"\xff\xd8" + tables + b"\xff\xda\0\x08\x01\x01\0\0\x3f\0" + b"\x3f" + b"\xff\xd9"


def tiff(width=16, height=8):
    """One grey strip that is not compressed."""
    strip = bytes(16 * 8)
    fields = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: height, 279: len(strip)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in fields.items())
    return (b"II*\0" + struct.pack("<I", 8 + len(strip)) + strip + struct.pack("<H", len(fields)) + entries + bytes(4))


def _element(group, element, kind, value):
    value += (b"\0" if kind in (b"UI", b"OB") else b" ") * (len(value) % 2)
    head = struct.pack("<HH", group, element) + kind
    if kind in (b"OB", b"OW"):
        return head + struct.pack("<HI", 0, len(value)) + value
    return head + struct.pack("<H", len(value)) + value


def dicom(preamble=b"", more=b""):
    meta = _element(2, 2, b"UI", b"1.2.840.10008.5.1.4.1.1.2") + _element(2, 16, b"UI", b"1.2.840.10008.1.2.1")
    data = (_element(8, 0x60, b"CS", b"CT") + _element(0x10, 0x10, b"PN", b"Nobody^Invented")
            + _element(0x28, 2, b"US", b"\1\0") + _element(0x28, 0x10, b"US", b"\2\0")
            + _element(0x28, 0x11, b"US", b"\4\0") + _element(0x28, 0x100, b"US", b"\x10\0") + more
            + _element(0x7fe0, 0x10, b"OW", bytes(16)))
    return (preamble.ljust(128, b"\0") + b"DICM" + _element(2, 0, b"UL", struct.pack("<I", len(meta))) + meta + data)


def fhir_binary(content):
    return b'{"resourceType":"Binary","contentType":"application/pdf","data":"%s"}' % base64.b64encode(content)


def cda_with(content):
    return (b'<ClinicalDocument xmlns="urn:hl7-org:v3"><text mediaType="application/pdf" representation="B64">%s</text>'
            b"</ClinicalDocument>" % base64.b64encode(content))


_OFFICE = "application/vnd.openxmlformats-officedocument."
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def _office(main, kind, body, parts, relations):
    """An office document of one main part; `relations` are kind and target of what lies outside."""
    rels = "".join(f'<Relationship Id="r{i}" Type="{_RELATIONS}{kind}" Target="{target}" TargetMode="External"/>'
                   for i, (kind, target) in enumerate(relations))
    folder, name = main.split("/")
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types><Default Extension=\"xml\" ContentType=\"application/xml\"/>"
                         f'<Override PartName="/{main}" ContentType="{_OFFICE}{kind}.main+xml"/></Types>')
        archive.writestr("_rels/.rels", f'<Relationships><Relationship Id="r" Type="{_RELATIONS}officeDocument" '
                         f'Target="{main}"/></Relationships>')
        archive.writestr(main, body)
        archive.writestr(f"{folder}/_rels/{name}.rels", f"<Relationships>{rels}</Relationships>")
        for part, content in (parts or {}).items():
            archive.writestr(part, content)
    return held.getvalue()


def docx(text="All values are normal.", parts=None, relations=()):
    body = ('<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r>'
            f"<w:t>{text}</w:t></w:r></w:p></w:body></w:document>")
    return _office("word/document.xml", "wordprocessingml.document", body, parts, relations)


def xlsx(formula="SUM(A1:A2)"):
    body = ('<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheets>'
            '<sheet name="Results" sheetId="1"/></sheets></workbook>')
    sheet = f"<worksheet><sheetData><row><c><f>{formula}</f><v>0</v></c></row></sheetData></worksheet>"
    return _office("xl/workbook.xml", "spreadsheetml.sheet", body, {"xl/worksheets/sheet1.xml": sheet}, ())


def locked_office():
    """What an office program wraps a document in that has a password, as far as its name goes."""
    name = "EncryptedPackage".encode("utf-16-le")
    entry = name.ljust(64, b"\0") + struct.pack("<H", len(name) + 2)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + entry.ljust(512, b"\0")


def locked_zip():
    """An archive whose one entry says that it is encrypted."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("results.txt", bytes(range(64)))
    content = bytearray(held.getvalue())
    content[6] |= 1
    content[content.index(b"PK\1\2") + 8] |= 1
    return bytes(content)
