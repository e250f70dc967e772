"""Stores that hold many documents: a thousand over the API, more by copying rows while the server is stopped."""

import json
import shutil
import sqlite3
import uuid
from datetime import datetime, timedelta, timezone

import servers

FIRST_TIME = datetime(2025, 1, 1, tzinfo=timezone.utc)


def seeded_folder(contender, count, tools, note):
    """A folder with `count` documents of `contender`; made once, then kept for later runs."""
    folder = servers.BUILD / "seed" / f"{contender.name}-{count}"
    if (folder / "complete").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    note(f"seeding {contender.label} with {count:,} documents")
    if count <= 1000:
        server = contender.start(folder)
        try:
            tools.load(server, ["--path", "/api/documents", "--upload", str(tools.document("tiny")), "--field",
                                "categories=lab_results", "--expect", "201", "--connections", "16",
                                "--requests", str(count)])
        finally:
            server.stop()
    else:
        shutil.copytree(seeded_folder(contender, 1000, tools, note) / "data", folder / "data")
        CLONERS[contender.name](folder / "data", count)
    (folder / "complete").touch()
    return folder


FORMS = ("lab-result", "prescription", "referral", "discharge-letter", "scan")
CATEGORIES = ("lab_results", "medication_schedules", "patient_records", "clinical_guidelines", "research_papers")


class Copy:
    """What differs from one copied document to the next: name, time, size, category; half are processed."""

    def __init__(self, index, count):
        self.moment = FIRST_TIME + timedelta(seconds=index * 31_536_000 / count)
        self.milliseconds = int(self.moment.timestamp() * 1000)
        self.id = uuid.UUID(int=self.milliseconds << 80 | 7 << 76 | 2 << 62 | index)
        self.words = [*FORMS[index % len(FORMS)].split("-"), f"{index:07d}", "pdf"]
        self.filename = "-".join(self.words[:-1]) + ".pdf"
        self.size = 2000 + index * 7919 % 5_000_000
        self.category = CATEGORIES[index // 5 % len(CATEGORIES)]
        self.processed = index % 2


def insert_all(database, table, columns, rows):
    database.executemany(f"INSERT INTO {table} ({','.join(columns)}) VALUES ({','.join('?' * len(columns))})", rows)


def copying(path):
    """The database, without a wait for the disk at every step."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA synchronous=OFF")
    database.execute("PRAGMA cache_size=-400000")
    database.execute("BEGIN")
    columns = [row[1] for row in database.execute("PRAGMA table_info(documents)")]
    template = dict(zip(columns, database.execute("SELECT * FROM documents LIMIT 1").fetchone()))
    have = database.execute("SELECT COUNT(*) FROM documents").fetchone()[0]
    return database, columns, template, have


def finish(database):
    database.execute("COMMIT")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def clone_flask(data, count):
    database, columns, template, have = copying(data / "documents.db")

    def rows():
        for index in range(count - have):
            copy = Copy(index, count)
            yield tuple({**template, "id": str(copy.id), "filename": copy.filename, "size": copy.size,
                         "categories": json.dumps([copy.category]), "processed": copy.processed,
                         "upload_date": copy.moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                         }.values())

    insert_all(database, "documents", columns, rows())
    database.execute("COMMIT")
    database.execute("ANALYZE")
    database.execute("BEGIN")
    finish(database)


def clone_lazaret(data, count):
    """Follows src/metadata/sqlite/schema: the rows, the table of facets with its counts, the words of the names."""
    database, columns, template, have = copying(data / "lazaret.db")
    facets = {}
    for category in CATEGORIES:
        for processed in (0, 1):
            database.execute("INSERT OR IGNORE INTO facets (state, content_type, processed, categories, documents) "
                             "VALUES (0, 'application/pdf', ?, ?, 0)", (processed, category))
            facets[category, processed] = database.execute(
                "SELECT facet FROM facets WHERE state = 0 AND content_type = 'application/pdf' AND processed = ? AND "
                "categories = ?", (processed, category)).fetchone()[0]

    def rows():
        for index in range(count - have):
            copy = Copy(index, count)
            yield tuple({**template, "serial": have + 1 + index, "id": copy.id.bytes, "filename": copy.filename,
                         "filename_key": copy.filename, "original_filename": copy.filename, "size": copy.size,
                         "words": " " + " ".join(copy.words) + " ", "upload_date": copy.milliseconds,
                         "categories": copy.category, "processed": copy.processed,
                         "facet": facets[copy.category, copy.processed]}.values())

    def words():
        for index in range(count - have):
            copy = Copy(index, count)
            for sort, key in enumerate((copy.milliseconds, copy.filename, copy.size)):
                for word in dict.fromkeys(copy.words):
                    yield (sort, 0, word, key, copy.id.bytes, have + 1 + index,
                           facets[copy.category, copy.processed], copy.size, copy.milliseconds)

    insert_all(database, "documents", columns, rows())
    insert_all(database, "document_word",
               ("sort", "state", "word", "key", "id", "serial", "facet", "size", "upload_date"), words())
    database.execute("UPDATE facets SET documents = (SELECT COUNT(*) FROM documents d WHERE d.facet = facets.facet)")
    finish(database)


CLONERS = {"flask": clone_flask, "lazaret": clone_lazaret}
