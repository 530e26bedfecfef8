"""Reads tables through DuckDB's extension for Iceberg and the REST catalog. Usage: duckdb_engine.py URI"""

import glob
import json
import os
import sys
import urllib.parse
import urllib.request

import duckdb
import duckdb_ext
from commands import rows_of, serve

uri = sys.argv[1]
database = duckdb.connect(config={"autoinstall_known_extensions": "false", "threads": "1"})
[folder] = glob.glob(os.path.join(list(duckdb_ext.__path__)[0], "extensions", "*", "*"))
for extension in ("httpfs", "avro", "iceberg"):
    database.execute(f"LOAD '{folder}/{extension}.duckdb_extension'")
database.execute(f"ATTACH 'quarry' AS quarry (TYPE iceberg, ENDPOINT '{uri}', AUTHORIZATION_TYPE 'none')")


def read(table, snapshot=None, first=0):
    version = "" if snapshot is None else f"AT (VERSION => {snapshot})"
    found = database.execute(f'SELECT "partition", "offset", value FROM quarry.topics."{table}" {version} WHERE "offset" >= {first}')
    return rows_of(found.fetchall())


def snapshots(table):
    with urllib.request.urlopen(f"{uri}/v1/namespaces/topics/tables/{urllib.parse.quote(table)}") as answer:
        known = json.load(answer)["metadata"]["snapshots"]
    return [[str(one["snapshot-id"]), int(one["summary"]["total-records"])] for one in known]


serve({"read": read, "snapshots": snapshots})
