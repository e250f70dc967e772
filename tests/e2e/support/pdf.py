"""A small PDF writer for what nobody else writes: documents that attack, lie or are broken."""

import hashlib
import zlib

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def rc4(key, data):
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


class Pdf:
    """Objects by number; 1 is the catalog, 2 the pages, 3 the page, 4 its content."""

    def __init__(self, text="A synthetic page for tests."):
        self.objects, self.trailer = {}, b""
        self.catalog_entries, self.page_entries = b"", b""
        self.text = text.encode("latin-1")
        self._next = 6

    def add(self, body):
        self.objects[self._next] = body
        self._next += 1
        return self._next - 1

    def add_stream(self, data, entries=b"", compress=True):
        if compress:
            data, entries = zlib.compress(data), entries + b" /Filter /FlateDecode"
        return self.add(b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(data), data))

    def attach(self, name, data):
        stream = self.add_stream(data, b"/Type /EmbeddedFile")
        spec = self.add(b"<< /Type /Filespec /F (%s) /UF (%s) /EF << /F %d 0 R >> >>" % (name, name, stream))
        self.catalog_entries += b" /Names << /EmbeddedFiles << /Names [(%s) %d 0 R] >> >>" % (name, spec)
        return self

    def _all_objects(self):
        content = zlib.compress(b"BT /F1 18 Tf 72 720 Td (" + self.text + b") Tj ET")
        own = {
            1: b"<< /Type /Catalog /Pages 2 0 R%s >>" % self.catalog_entries,
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
               b" /Resources << /Font << /F1 5 0 R >> >>%s >>" % self.page_entries,
            4: b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(content), content),
            5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        }
        return {**own, **self.objects}

    def build(self):
        out, offsets = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), {}
        objects = self._all_objects()
        for number, body in sorted(objects.items()):
            offsets[number] = len(out)
            out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
        xref = len(out)
        size = max(objects) + 1
        out += b"xref\n0 %d\n0000000000 65535 f \n" % size
        for number in range(1, size):
            out += b"%010d 00000 n \n" % offsets[number] if number in offsets else b"0000000000 00001 f \n"
        out += b"trailer\n<< /Size %d /Root 1 0 R%s >>\nstartxref\n%d\n%%%%EOF\n" % (size, self.trailer, xref)
        return bytes(out)


def clean(text="A synthetic page for tests."):
    return Pdf(text).build()


_count = 0


def unique(size=0):
    """A clean document unlike any other of this run, with at least `size` bytes in an image of noise."""
    global _count
    _count += 1
    pdf = Pdf(f"Synthetic page number {_count}.")
    if size:
        noise = b"".join(hashlib.sha256(b"%d-%d" % (_count, i)).digest() for i in range(size // 32 + 1))
        pdf.add_stream(noise, b"/Type /XObject /Subtype /Image /Width %d /Height 1 /ColorSpace /DeviceGray "
                              b"/BitsPerComponent 8" % len(noise), compress=False)
    return pdf.build()


def with_launch(target=b"cmd.exe"):
    pdf = Pdf()
    pdf.catalog_entries = b" /OpenAction << /S /Launch /Win << /F (%s) /P (/c calc) >> /F (%s) >>" % (target, target)
    return pdf.build()


def with_script_in_form():
    """JavaScript behind a field: ordinary in forms, stored with a finding."""
    pdf = Pdf()
    action = pdf.add(b"<< /S /JavaScript /JS (AFNumber_Format\\(2, 0, 0, 0, \"\", true\\);) >>")
    field = pdf.add(b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (amount) /Rect [72 600 200 620] /AA << /F %d 0 R >> >>"
                    % action)
    pdf.catalog_entries = b" /AcroForm << /Fields [%d 0 R] >>" % field
    pdf.page_entries = b" /Annots [%d 0 R]" % field
    return pdf.build()


def with_auto_run_link():
    """Reaches out by http when opened: suspicious, quarantined by default."""
    pdf = Pdf()
    pdf.catalog_entries = b" /OpenAction << /S /URI /URI (http://tracker.invalid/opened) >>"
    return pdf.build()


def with_eicar_attached():
    return Pdf().attach(b"notes.txt", EICAR).build()


def with_attached(name, content):
    return Pdf().attach(name, content).build()


def with_executable_attached():
    return Pdf().attach(b"invoice.exe", b"MZ" + bytes(62) + b"This program cannot be run in DOS mode.").build()


def encrypted(password=b"obviously-fake"):
    """Standard security handler, revision 2 (RC4, 40 bits), with a user password that is not empty."""
    padded = (password + PADDING)[:32]
    file_id = hashlib.md5(b"e2e").digest()
    owner = rc4(hashlib.md5(padded).digest()[:5], padded)
    permissions = (-4 & 0xFFFFFFFF).to_bytes(4, "little")
    key = hashlib.md5(padded + owner + permissions + file_id).digest()[:5]
    user = rc4(key, PADDING)
    pdf = Pdf()
    handler = pdf.add(b"<< /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >>"
                      % (owner.hex().encode(), user.hex().encode()))
    pdf.trailer = b" /Encrypt %d 0 R /ID [<%s> <%s>]" % (handler, file_id.hex().encode(), file_id.hex().encode())
    return pdf.build()


def without_pages():
    """Cut before anything that could be a page: no reader can show it."""
    whole = clean()
    return whole[: whole.index(b"2 0 obj")]


def flate_bomb(times=3):
    """A few kilobytes that unfold to gigabytes, in streams within streams of filters."""
    data = b"\0" * (256 << 20)
    packed = zlib.compress(data, 9)
    packed = zlib.compress(packed, 9)
    pdf = Pdf()
    for _ in range(times * 4):
        pdf.add(b"<< /Filter [/FlateDecode /FlateDecode] /Length %d >>\nstream\n%s\nendstream" % (len(packed), packed))
    return pdf.build()


def png():
    return (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\0\1\0\0\5\0\1"
            b"\r\n-\xb4\0\0\0\0IEND\xaeB`\x82")
