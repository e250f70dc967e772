"""Stores that hold many documents: a thousand over the API, more by copying rows while the server is stopped."""

import json
import shutil
import sqlite3
import uuid
from datetime import datetime, timedelta, timezone

import servers

FIRST_TIME = datetime(2025, 1, 1, tzinfo=timezone.utc)


def spread_time(index, count):
    """Upload times from the first of 2025 on, one every few seconds, in the form both stores keep."""
    moment = FIRST_TIME + timedelta(seconds=index * 31_536_000 / count)
    return moment


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


def clone_flask(data, count):
    database = sqlite3.connect(data / "documents.db", isolation_level=None)
    columns = [row[1] for row in database.execute("PRAGMA table_info(documents)")]
    templates = database.execute("SELECT * FROM documents").fetchall()

    def rows():
        for index in range(count - len(templates)):
            row = dict(zip(columns, templates[index % len(templates)]))
            moment = spread_time(index, count)
            row["id"] = str(uuid7(moment, index))
            row["upload_date"] = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            row["filename"] = f"copy-{index:07d}.pdf"
            row["size"] = 2000 + index % 50_000
            yield tuple(row.values())

    database.execute("PRAGMA synchronous=OFF")
    database.execute("BEGIN")
    database.executemany(f"INSERT INTO documents VALUES ({','.join('?' * len(columns))})", rows())
    database.execute("COMMIT")
    database.execute("ANALYZE")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def uuid7(moment, index):
    """Deterministic: the time, then the index."""
    number = int(moment.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | index
    return uuid.UUID(int=number)


CLONERS = {"flask": clone_flask}
