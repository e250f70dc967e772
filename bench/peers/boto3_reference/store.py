"""S3 and DynamoDB as a careful Python program uses them: the calls that this service makes, by boto3.

An upload is a pending row, the object, the rows that lists are made from, and the flip that makes the document visible.
"""

import json
import os
import re
import secrets

import boto3
from botocore.config import Config

from identity import now, uuid7

BUCKET, TABLE = os.environ["S3_BUCKET"], os.environ["DYNAMODB_TABLE"]
INDEX = TABLE + "-index"
CONNECTIONS = int(os.environ.get("CONNECTIONS", 16))
HIDDEN = ("_lp", "_lk", "_op", "_ok", "_attempt")


def clients():
    """One pair a process: boto3's clients may be shared by threads."""
    config = Config(s3={"addressing_style": "path"}, max_pool_connections=CONNECTIONS, retries={"mode": "standard"},
                    parameter_validation=False)
    return (boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL_S3"], config=config),
            boto3.client("dynamodb", endpoint_url=os.environ["AWS_ENDPOINT_URL_DYNAMODB"], config=config))


def make_tables(dynamodb):
    """The indexes that the pages below need, and no more."""
    text = lambda name: {"AttributeName": name, "AttributeType": "S"}  # noqa: E731
    key = lambda name, kind: {"AttributeName": name, "KeyType": kind}  # noqa: E731
    indexes = [("by-date", "_lp", "_lk"), ("open", "_op", "_ok")]
    dynamodb.create_table(
        TableName=TABLE, BillingMode="PAY_PER_REQUEST", KeySchema=[key("id", "HASH")],
        AttributeDefinitions=[text("id"), *(text(name) for _, hash_, range_ in indexes for name in (hash_, range_))],
        GlobalSecondaryIndexes=[{"IndexName": name, "KeySchema": [key(hash_, "HASH"), key(range_, "RANGE")],
                                 "Projection": {"ProjectionType": "KEYS_ONLY"}} for name, hash_, range_ in indexes])
    dynamodb.create_table(TableName=INDEX, BillingMode="PAY_PER_REQUEST",
                          KeySchema=[key("pk", "HASH"), key("sk", "RANGE")], AttributeDefinitions=[text("pk"), text("sk")])
    for table in (TABLE, INDEX):
        dynamodb.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1})


def starts(filename):
    return {word[:3] for word in re.findall(r"[a-z0-9]+", filename.lower()) if len(word) >= 3 and word != "pdf"}


def to_item(document):
    item = {"id": {"S": document["id"]}, "size": {"N": str(document["size"])}, "version": {"N": "1"},
            "processed": {"BOOL": False}, "categories": {"L": [{"S": name} for name in document["categories"]]},
            "metadata": {"S": json.dumps(document["metadata"])}}
    for name in ("filename", "original_filename", "s3_key", "upload_date", "content_type", "checksum", "state"):
        item[name] = {"S": document[name]}
    return item


def to_document(item):
    document = {name: value.get("S") for name, value in item.items() if name not in HIDDEN}
    document |= {"size": int(item["size"]["N"]), "version": int(item["version"]["N"]),
                 "processed": item["processed"]["BOOL"], "categories": [c["S"] for c in item["categories"]["L"]],
                 "metadata": json.loads(item["metadata"]["S"])}
    return document


def store(s3, dynamodb, file, size, checksum, filename, categories, metadata):
    """`file` is at its start. Gives the document."""
    identity, attempt, moment = uuid7(), secrets.token_hex(8), now()
    key = f"medical_documents/{moment[:4]}/{moment[5:7]}/{moment[8:10]}/{identity}/{attempt}"
    dynamodb.put_item(TableName=TABLE, ConditionExpression="attribute_not_exists(id)", Item={
        "id": {"S": identity}, "state": {"S": "pending"}, "s3_key": {"S": key}, "_attempt": {"S": attempt},
        "_op": {"S": f"pending#{int(identity[-1], 16) % 4}"}, "_ok": {"S": f"{moment}#{identity}"}})
    s3.put_object(Bucket=BUCKET, Key=key, Body=file, ContentLength=size, ContentType="application/pdf")
    document = {"id": identity, "filename": filename, "original_filename": filename, "s3_key": key, "size": size,
                "upload_date": now(), "categories": categories, "content_type": "application/pdf", "checksum": checksum,
                "processed": False, "metadata": metadata, "state": "available", "version": 1}
    month, row = document["upload_date"][:7], f"{document['upload_date']}#{identity}"
    partitions = [*(f"C#{name}#{month}" for name in categories), *(f"T#{start}#{month}" for start in starts(filename)),
                  f"S#{checksum}"]
    left = {INDEX: [{"PutRequest": {"Item": {"pk": {"S": partition}, "sk": {"S": row}}}} for partition in partitions]}
    while left:
        left = dynamodb.batch_write_item(RequestItems=left)["UnprocessedItems"]
    item = to_item(document)
    names = {f"#{number}": name for number, name in enumerate(item) if name != "id"}
    dynamodb.update_item(
        TableName=TABLE, Key={"id": {"S": identity}},
        UpdateExpression="SET " + ", ".join(f"{alias} = :{alias[1:]}" for alias in names) +
        ", #lp = :lp, #lk = :lk REMOVE #op, #ok",
        ConditionExpression="#state = :pending AND #attempt = :attempt",
        ExpressionAttributeNames={**names, "#lp": "_lp", "#lk": "_lk", "#op": "_op", "#ok": "_ok", "#state": "state",
                                  "#attempt": "_attempt"},
        ExpressionAttributeValues={**{f":{alias[1:]}": item[name] for alias, name in names.items()},
                                   ":lp": {"S": f"L#A#{month}#{int(identity[-1], 16) % 4}"}, ":lk": {"S": row},
                                   ":pending": {"S": "pending"}, ":attempt": {"S": attempt}})
    return document


def find(dynamodb, identity):
    item = dynamodb.get_item(TableName=TABLE, Key={"id": {"S": identity}}, ConsistentRead=True).get("Item")
    return to_document(item) if item and item["state"]["S"] == "available" else None


def newest(dynamodb, limit):
    """The first page by date: four shards of this month, merged, and their documents in batches."""
    month, rows = now()[:7], []
    for shard in range(4):
        rows += dynamodb.query(TableName=TABLE, IndexName="by-date", KeyConditionExpression="#p = :p",
                               ExpressionAttributeNames={"#p": "_lp"},
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
