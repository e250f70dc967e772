"""Where a server keeps its documents: files and SQLite in its own folder, S3 and DynamoDB, or one of each.

A home hands out settings for a new server, and shows what lies in the stores behind the server's back.
"""

import os
import sqlite3
import uuid
from contextlib import closing

INNER_STATES = ("pending", "removing")


class Files:
    name = "file"

    def settings(self):
        return {}

    def keys(self, server):
        """What is stored, a name each."""
        return sorted(str(path) for path in (server.data / "objects").rglob("*") if path.is_file())

    def read(self, server, key):
        with open(key, "rb") as file:
            return file.read()

    def replace(self, server, key, content):
        self.remove(server, key)
        with open(key, "wb") as file:
            file.write(content)

    def remove(self, server, key):
        os.unlink(key)

    def unfinished(self, server):
        """Uploads in parts that nobody completed."""
        return []

    def discard(self, settings):
        pass


class Sqlite:
    name = "sqlite"

    def settings(self):
        return {}

    def rows(self, server):
        """How many documents there are, and rows of unfinished work."""
        with self._open(server) as database:
            return {table: database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
                    for table in ("documents", "open_work")}

    def outcomes(self, server):
        with self._open(server) as database:
            return {row[0] for row in database.execute("SELECT json_extract(verdict, '$.outcome') FROM documents")}

    def _open(self, server):
        return closing(sqlite3.connect(f"file:{server.data}/lazaret.db?mode=ro", uri=True, timeout=10))

    def discard(self, settings):
        pass


class S3:
    """A bucket of its own for each server, read by boto3."""

    name = "s3"

    def __init__(self, endpoint, credentials, lasting):
        import boto3
        from botocore.config import Config
        self.endpoint, self.lasting = endpoint, lasting
        self.client = boto3.client("s3", endpoint_url=endpoint, config=Config(s3={"addressing_style": "path"}), **credentials)

    def settings(self):
        # Tests cannot wait for the twenty minutes that a PUT given up may take to land.
        return {"S3_BUCKET": f"lazaret-e2e-{uuid.uuid4().hex[:16]}", "AWS_ENDPOINT_URL_S3": self.endpoint,
                "ZOMBIE_WINDOW": "1s", "SWEEP_INTERVAL": "500ms"}

    def keys(self, server):
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=server.settings["S3_BUCKET"])
        return sorted(entry["Key"] for page in pages for entry in page.get("Contents", []))

    def read(self, server, key):
        return self.client.get_object(Bucket=server.settings["S3_BUCKET"], Key=key)["Body"].read()

    def replace(self, server, key, content):
        self.client.put_object(Bucket=server.settings["S3_BUCKET"], Key=key, Body=content)

    def remove(self, server, key):
        self.client.delete_object(Bucket=server.settings["S3_BUCKET"], Key=key)

    def unfinished(self, server):
        pages = self.client.get_paginator("list_multipart_uploads").paginate(Bucket=server.settings["S3_BUCKET"])
        return sorted(upload["Key"] for page in pages for upload in page.get("Uploads", []))

    def discard(self, settings):
        """On a server that outlives the tests nothing may stay behind."""
        if not self.lasting:
            return
        bucket = settings["S3_BUCKET"]
        for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for entry in page.get("Contents", []):
                self.client.delete_object(Bucket=bucket, Key=entry["Key"])
        self.client.delete_bucket(Bucket=bucket)


class DynamoDb:
    """Tables of its own for each server, read by boto3."""

    name = "dynamodb"

    def __init__(self, endpoint, credentials, lasting):
        import boto3
        self.endpoint, self.lasting = endpoint, lasting
        self.client = boto3.client("dynamodb", endpoint_url=endpoint, **credentials)

    def settings(self):
        return {"DYNAMODB_TABLE": f"lazaret-e2e-{uuid.uuid4().hex[:16]}", "AWS_ENDPOINT_URL_DYNAMODB": self.endpoint}

    def items(self, server, table=""):
        pages = self.client.get_paginator("scan").paginate(TableName=server.settings["DYNAMODB_TABLE"] + table,
                                                           ConsistentRead=True)
        return [item for page in pages for item in page["Items"]]

    def rows(self, server):
        inner = [item["state"]["S"] in INNER_STATES for item in self.items(server)]
        return {"documents": len(inner) - sum(inner), "open_work": sum(inner)}

    def outcomes(self, server):
        return {item["verdict"]["M"]["outcome"]["S"] for item in self.items(server)
                if item["state"]["S"] not in INNER_STATES}

    def discard(self, settings):
        if not self.lasting:
            return
        from botocore.exceptions import ClientError
        for table in (settings["DYNAMODB_TABLE"], settings["DYNAMODB_TABLE"] + "-index"):
            try:
                self.client.update_table(TableName=table, DeletionProtectionEnabled=False)
            except ClientError:  # an engine without such protection
                pass
            self.client.delete_table(TableName=table)


class Home:
    def __init__(self, objects, metadata, credentials=None):
        self.objects, self.metadata, self.credentials = objects, metadata, credentials or {}

    def settings(self):
        return {**self.credentials, **self.objects.settings(), **self.metadata.settings()}

    def discard(self, settings):
        self.objects.discard(settings)
        self.metadata.discard(settings)


EMBEDDED = Home(Files(), Sqlite())
