"""Downloads: ranges and conditions."""

from support import pdf
from support.problem import expect_problem
from support.server import Server, shared
from support.suite import holds, same, test

CONTENT = pdf.unique(200_000)
_stored = {}


def client_and_path():
    client = shared().client()
    if shared().port not in _stored:
        _stored[shared().port] = client.stored(CONTENT, "ranges.pdf")
    document = _stored[shared().port]
    return client, f"/api/documents/{document['id']}/content", f'"{document["checksum"]}"'


@test("A range gives exactly its bytes")
def ranges():
    client, path, _ = client_and_path()
    size = len(CONTENT)
    for asked, first, last in (("bytes=0-0", 0, 0), ("bytes=100-299", 100, 299), (f"bytes={size - 10}-", size - 10, size - 1),
                               ("bytes=-1", size - 1, size - 1), ("bytes=-500", size - 500, size - 1),
                               (f"bytes=5-{size * 2}", 5, size - 1), (f"bytes=-{size * 2}", 0, size - 1)):
        answer = client.get(path, Range=asked)
        same(answer.status, 206, f"status of {asked}")
        same(answer.header("Content-Range"), f"bytes {first}-{last}/{size}", f"Content-Range of {asked}")
        holds(answer.body == CONTENT[first:last + 1], f"the bytes of {asked} differ")


@test("A range outside the document is 416 and says its size")
def outside():
    client, path, _ = client_and_path()
    answer = client.get(path, Range=f"bytes={len(CONTENT)}-")
    expect_problem(answer, 416, "range_not_satisfiable")
    same(answer.header("Content-Range"), f"bytes */{len(CONTENT)}", "Content-Range")


@test("A range that is malformed or of another unit is ignored")
def ignored():
    client, path, _ = client_and_path()
    for asked in ("bytes=9-5", "pages=1-2", "bytes=a-b", "bytes="):
        answer = client.get(path, Range=asked)
        holds(answer.status == 200 and answer.body == CONTENT, f"{asked} was answered {answer.status}")


@test("A range with If-Range counts only for the same bytes")
def if_range():
    client, path, etag = client_and_path()
    same(client.get(path, Range="bytes=0-9", If_Range=etag).status, 206, "same bytes")
    same(client.get(path, Range="bytes=0-9", If_Range='"other"').status, 200, "other bytes")


@test("Bytes that a client has already are not sent again")
def not_modified():
    client, path, etag = client_and_path()
    answer = client.get(path, If_None_Match=etag)
    same((answer.status, answer.body, answer.header("ETag")), (304, b"", etag), "answer")
    same(client.get(path, If_None_Match='"other"').status, 200, "other tag")


@test("If-Match on content that is not there any more is 412")
def if_match():
    client, path, etag = client_and_path()
    same(client.get(path, If_Match=etag).status, 200, "same bytes")
    expect_problem(client.get(path, If_Match='"other"'), 412, "precondition_failed")


@test("A change of metadata does not change the tag of the bytes")
def tag_survives():
    client, path, etag = client_and_path()
    same(client.send_json("PATCH", path.removesuffix("/content"), {"processed": True}).status, 200, "patch")
    same(client.get(path, Range="bytes=0-9", If_Range=etag).status, 206, "range with the earlier tag")


@test("A document that a client knows in this version is 304, a changed one is sent")
def document_conditions():
    client = shared().client()
    path = "/api/documents/" + client.stored(pdf.unique())["id"]
    same(client.get(path, If_None_Match='"1"').status, 304, "known version")
    client.send_json("PATCH", path, {"processed": True})
    answer = client.get(path, If_None_Match='"1"')
    same((answer.status, answer.header("ETag")), (200, '"2"'), "changed document")


@test("Fifty downloads at once all get the right bytes")
def many_at_once():
    from concurrent.futures import ThreadPoolExecutor
    client, path, _ = client_and_path()
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: client.get(path), range(50)))
    same([a.status for a in answers if a.status != 200 or a.body != CONTENT], [], "wrong answers")


@test("A document whose bytes are damaged in the store is said to be, and no wrong byte is called whole")
def damaged():
    with Server() as server:
        client = server.client()
        document = client.stored(pdf.unique(50_000))
        [stored] = server.objects()
        server.home.objects.replace(server, stored, server.home.objects.read(server, stored)[:1000])
        expect_problem(client.get(f"/api/documents/{document['id']}/content"), 500, "corrupt")
        server.home.objects.remove(server, stored)
        expect_problem(client.get(f"/api/documents/{document['id']}/content"), 500, "corrupt")
        same(client.get(f"/api/documents/{document['id']}").status, 200, "its metadata")
