"""Works on tables through pyiceberg's REST catalog. Usage: pyiceberg_engine.py URI [USER PASSWORD]"""

import datetime
import sys

import pyarrow as pa
from commands import rows_of, serve
from pyiceberg.catalog import load_catalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField, StringType

uri, *login = sys.argv[1:]
options = {"auth": {"type": "basic", "basic": dict(zip(("username", "password"), login))}} if login else {}
catalog = load_catalog("quarry", type="rest", uri=uri, **options)
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


def read(table, snapshot=None, first=0):
    columns = ("partition", "offset", "value")
    options = {"row_filter": f"offset >= {first}"}
    if snapshot is not None:
        options["snapshot_id"] = int(snapshot)
    found = catalog.load_table(("topics", table)).scan(selected_fields=columns, **options).to_arrow()
    return rows_of((row["partition"], row["offset"], row["value"]) for row in found.to_pylist())


def snapshots(table):
    known = catalog.load_table(("topics", table)).metadata.snapshots
    return [[str(one.snapshot_id), int(one.summary["total-records"])] for one in known]


def append(table, partition, offset, value):
    found = catalog.load_table(("topics", table))
    row = {
        "partition": partition,
        "offset": offset,
        "timestamp": NOW,
        "timestamp_type": 0,
        "key": None,
        "value": value.encode(),
        "headers": [],
    }
    found.append(pa.Table.from_pylist([row], schema=found.schema().as_arrow()))


def own(namespace):
    """A table of one's own: created in a transaction, filled, evolved, changed, renamed, dropped."""
    catalog.create_namespace(namespace, {"owner": "pyiceberg"})
    schema = Schema(NestedField(1, "id", LongType(), required=False), NestedField(2, "name", StringType(), required=False))
    arrow = pa.schema([("id", pa.int64()), ("name", pa.string())])
    with catalog.create_table_transaction((namespace, "t"), schema) as transaction:
        transaction.append(pa.Table.from_pylist([{"id": n, "name": f"n{n}"} for n in range(10)], schema=arrow))
    table = catalog.load_table((namespace, "t"))
    with table.update_schema() as update:
        update.add_column("more", StringType())
        update.rename_column("name", "title")
    table.delete("id >= 8")
    wider = pa.schema([("id", pa.int64()), ("title", pa.string()), ("more", pa.string())])
    table.append(pa.Table.from_pylist([{"id": 100, "title": "new", "more": "m"}], schema=wider))
    catalog.rename_table((namespace, "t"), (namespace, "u"))
    found = sorted(catalog.load_table((namespace, "u")).scan().to_arrow().to_pylist(), key=lambda row: row["id"])
    listed = catalog.list_tables(namespace)
    catalog.drop_table((namespace, "u"))
    catalog.drop_namespace(namespace)
    return {"rows": [[row["id"], row["title"], row["more"]] for row in found], "listed": listed}


def make(namespace):
    catalog.create_namespace(namespace)
    catalog.create_table((namespace, "many"), pa.schema([("writer", pa.int64()), ("n", pa.int64())]))


def commit_many(namespace, writer, times):
    """Appends one row after the other, each until it is in."""
    conflicts = 0
    for n in range(times):
        while True:
            try:
                table = catalog.load_table((namespace, "many"))
                table.append(pa.Table.from_pylist([{"writer": writer, "n": n}], schema=table.schema().as_arrow()))
                break
            except CommitFailedException:
                conflicts += 1
    return conflicts


def many(namespace):
    found = catalog.load_table((namespace, "many")).scan().to_arrow().to_pylist()
    return sorted([row["writer"], row["n"]] for row in found)


def refused(table, action):
    """What the catalog says to a change that is not for clients."""
    found = catalog.load_table(("topics", table))
    try:
        if action == "property":
            with found.transaction() as transaction:
                transaction.set_properties({"quarry.offsets": '{"0": 1000000}'})
        elif action == "schema":
            with found.update_schema() as update:
                update.delete_column("value")
        else:
            catalog.drop_table(("topics", table))
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "done"


serve(
    {
        "read": read,
        "snapshots": snapshots,
        "append": append,
        "own": own,
        "make": make,
        "commit_many": commit_many,
        "many": many,
        "refused": refused,
    }
)
