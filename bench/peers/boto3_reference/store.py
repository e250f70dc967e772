"""S3 and DynamoDB as a careful Python program uses them: the calls that this service makes, by boto3, on tables with the
same indexes and with items that hold the same attributes.

An upload is a pending row, the object, the rows that lists are made from, and the flip that makes the document visible.
"""

import json
import os
import re
import secrets

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config

from identity import now, uuid7

BUCKET, TABLE = os.environ["S3_BUCKET"], os.environ["DYNAMODB_TABLE"]
INDEX = TABLE + "-index"
CONNECTIONS = int(os.environ.get("CONNECTIONS", 16))
SHARDS = 4
LISTED = ("size", "content_type", "categories", "processed", "checksum", "_words")
INDEXES = {"by-date": ("_lp", "_lk", LISTED), "by-name": ("_np", "_nk", ("upload_date", *LISTED)),
           "by-size": ("_sp", "_sk", ("upload_date", *LISTED[1:])), "open": ("_op", "_ok", ("s3_key", "_attempt"))}
NOT_INSPECTED = {"findings": [], "extracted": {}}


def clients():
    """One pair a process: boto3's clients may be shared by threads."""
    config = Config(s3={"addressing_style": "path"}, max_pool_connections=CONNECTIONS, retries={"mode": "standard"},
                    parameter_validation=False)
    return (boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL_S3"], config=config),
            boto3.client("dynamodb", endpoint_url=os.environ["AWS_ENDPOINT_URL_DYNAMODB"], config=config))


def make_tables(dynamodb):
    text = lambda name: {"AttributeName": name, "AttributeType": "S"}  # noqa: E731
    key = lambda name, kind: {"AttributeName": name, "KeyType": kind}  # noqa: E731
    dynamodb.create_table(
        TableName=TABLE, BillingMode="PAY_PER_REQUEST", KeySchema=[key("id", "HASH")],
        AttributeDefinitions=[text("id"), *(text(name) for keys in INDEXES.values() for name in keys[:2])],
        GlobalSecondaryIndexes=[{"IndexName": name, "KeySchema": [key(hash_, "HASH"), key(range_, "RANGE")],
                                 "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(others)}}
                                for name, (hash_, range_, others) in INDEXES.items()])
    dynamodb.create_table(TableName=INDEX, BillingMode="PAY_PER_REQUEST",
                          KeySchema=[key("pk", "HASH"), key("sk", "RANGE")], AttributeDefinitions=[text("pk"), text("sk")])
    for table in (TABLE, INDEX):
        dynamodb.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1})


to_value, from_value = TypeSerializer().serialize, TypeDeserializer().deserialize
WHOLE = ("size", "version")  # boto3 reads numbers as Decimal, which Flask writes as text


def words_of(filename):
    return re.findall(r"[a-z0-9]+", filename.lower())


def to_item(document, attempt):
    item = {name: to_value(value) for name, value in document.items()}
    identity, shard = document["id"], int(document["id"][-1], 16) % SHARDS
    keys = {"_attempt": attempt, "_words": f" {' '.join(words_of(document['filename']))} ",
            "_extracted": json.dumps(document["metadata"].get("extracted", {})),
            "_lp": f"L#A#{document['upload_date'][:7]}#{shard}", "_lk": f"{document['upload_date']}#{identity}",
            "_np": f"N#A#{shard}", "_nk": f"{document['filename'].lower()}\x01{identity}",
            "_sp": f"Z#A#{shard}", "_sk": f"{document['size']:016}#{identity}"}
    return item | {name: {"S": value} for name, value in keys.items()}


def to_document(item):
    document = {name: from_value(value) for name, value in item.items() if not name.startswith("_")}
    return document | {name: int(document[name]) for name in WHOLE}


def index_rows(document):
    """For the lists by category and by word, and for checksums."""
    month, words = document["upload_date"][:7], words_of(document["filename"])
    row = {"sk": {"S": f"{document['upload_date']}#{document['id']}"}, "_v": {"N": "1"}}
    worded = {**row, "_words": {"S": f" {' '.join(words)} "}}
    return [*({"pk": {"S": f"C#{name}#A#{month}"}, **row} for name in document["categories"]),
            *({"pk": {"S": f"T#{start}#A#{month}"}, **worded} for start in {word[:3] for word in words if len(word) >= 3}),
            {"pk": {"S": f"S#{document['checksum']}"}, **row}]


def store(s3, dynamodb, file, size, checksum, filename, categories, metadata, inspected=None):
    """`file` is at its start; `inspected` is what look.py says of it. Gives the document."""
    identity, attempt, moment = uuid7(), secrets.token_hex(8), now()
    key = f"medical_documents/{moment[:4]}/{moment[5:7]}/{moment[8:10]}/{identity}/{attempt}"
    dynamodb.put_item(TableName=TABLE, ConditionExpression="attribute_not_exists(id)", Item={
        "id": {"S": identity}, "state": {"S": "pending"}, "s3_key": {"S": key}, "_attempt": {"S": attempt},
        "_op": {"S": f"pending#{int(identity[-1], 16) % SHARDS}"}, "_ok": {"S": f"{moment}#{identity}"}})
    s3.put_object(Bucket=BUCKET, Key=key, Body=file, ContentLength=size, ContentType="application/pdf")
    looked = inspected or NOT_INSPECTED
    verdict = {"engine": "look.py", "findings": looked["findings"], "inspected_at": moment, "policy_version": "1",
               "outcome": "clean" if inspected else "not_inspected"}
    document = {"id": identity, "filename": filename, "original_filename": filename, "s3_key": key, "size": size,
                "upload_date": now(), "categories": categories, "content_type": "application/pdf", "checksum": checksum,
                "processed": False, "metadata": metadata | {"extracted": looked["extracted"]}, "state": "available",
                "verdict": verdict, "version": 1}
    left = {INDEX: [{"PutRequest": {"Item": row}} for row in index_rows(document)]}
    while left:
        left = dynamodb.batch_write_item(RequestItems=left)["UnprocessedItems"]
    dynamodb.put_item(TableName=TABLE, Item=to_item(document, attempt),
                      ConditionExpression="#state = :pending AND #attempt = :attempt",
                      ExpressionAttributeNames={"#state": "state", "#attempt": "_attempt"},
                      ExpressionAttributeValues={":pending": {"S": "pending"}, ":attempt": {"S": attempt}})
    return document


def find(dynamodb, identity):
    item = dynamodb.get_item(TableName=TABLE, Key={"id": {"S": identity}}, ConsistentRead=True).get("Item")
    return to_document(item) if item and item["state"]["S"] == "available" else None


def newest(dynamodb, limit):
    """The first page by date: four shards of this month, merged, and their documents in batches."""
    month, rows = now()[:7], []
    for shard in range(SHARDS):
        rows += dynamodb.query(TableName=TABLE, IndexName="by-date", KeyConditionExpression="#p = :p",
                               ProjectionExpression="id, #k", ExpressionAttributeNames={"#p": "_lp", "#k": "_lk"},
                               ExpressionAttributeValues={":p": {"S": f"L#A#{month}#{shard}"}}, ScanIndexForward=False,
                               Limit=limit)["Items"]
    rows.sort(key=lambda row: row["_lk"]["S"], reverse=True)
    wanted, found = [row["id"] for row in rows[:limit]], {}
    for start in range(0, len(wanted), 100):
        left = {TABLE: {"Keys": [{"id": id_} for id_ in wanted[start:start + 100]]}}
        while left:
            answer = dynamodb.batch_get_item(RequestItems=left)
            found |= {item["id"]["S"]: to_document(item) for item in answer["Responses"][TABLE]}
            left = answer["UnprocessedKeys"]
    return [found[id_["S"]] for id_ in wanted if id_["S"] in found]
