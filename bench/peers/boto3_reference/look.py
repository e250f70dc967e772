"""What a careful Python program looks for in a PDF, by pikepdf, which is built on qpdf as this service's inspector is: what
acts by itself, and what its properties say. It runs in the server's own process and decodes no streams."""

import pikepdf

ACTIVE = {"/JS", "/JavaScript", "/Launch", "/OpenAction", "/AA", "/EmbeddedFiles", "/RichMedia", "/XFA", "/SubmitForm",
          "/ImportData", "/GoToR", "/GoToE"}
DEEPEST = 100


def keys_and_names(thing, depth=0):
    """Of one object, with what lies directly in it; objects that it refers to are met by themselves."""
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(thing, (pikepdf.Dictionary, pikepdf.Stream)):
        entries = thing.items() if isinstance(thing, pikepdf.Dictionary) else thing.stream_dict.items()
        for key, value in entries:
            yield key
            yield from below(value, depth)
    elif isinstance(thing, pikepdf.Array):
        for value in thing:
            yield from below(value, depth)


def below(value, depth):
    if isinstance(value, pikepdf.Name):
        yield str(value)
    elif isinstance(value, pikepdf.Object) and not value.is_indirect:
        yield from keys_and_names(value, depth + 1)


def look(path):
    """Raises pikepdf.PdfError on what is no PDF."""
    with pikepdf.open(path) as pdf:
        found = {name for thing in pdf.objects if isinstance(thing, pikepdf.Object)
                 for name in keys_and_names(thing)} & ACTIVE
        box = pdf.pages[0].mediabox if len(pdf.pages) else [0, 0, 0, 0]
        extracted = {"page_count": len(pdf.pages), "pdf_version": pdf.pdf_version, "encrypted": pdf.is_encrypted,
                     "page_sizes": f"{int(box[2] - box[0])}x{int(box[3] - box[1])}",
                     "producer": str(pdf.docinfo.get("/Producer", "")), "tagged": "/MarkInfo" in pdf.Root,
                     "creation_date": str(pdf.docinfo.get("/CreationDate", "")),
                     "language": str(pdf.Root.get("/Lang", "")), "signed": "/AcroForm" in pdf.Root}
    return {"findings": sorted(found), "extracted": extracted}
