"""Works on a table through pyiceberg's SqlCatalog. Usage: table.py DATABASE_URI WAREHOUSE NAMESPACE TABLE [append DATA_FILE_ROWS_JSON]

Without `append`: prints what it sees as one JSON line, the current rows and those of the first snapshot. With it: appends the rows first.
"""

import datetime
import json
import sys

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog

database, warehouse, namespace, name = sys.argv[1:5]
catalog = SqlCatalog("quarry", uri=database, warehouse=warehouse)
table = catalog.load_table((namespace, name))

if sys.argv[5:6] == ["append"]:
    rows = json.loads(sys.argv[6])
    for row in rows:
        row["timestamp"] = datetime.datetime.fromtimestamp(row["timestamp"] / 1000, datetime.timezone.utc)
    table.append(pa.Table.from_pylist(rows, schema=table.schema().as_arrow()))
    table = catalog.load_table((namespace, name))


def offsets(**options):
    found = table.scan(**options).to_arrow().to_pylist()
    return sorted((row["partition"], row["offset"]) for row in found)


history = [entry.snapshot_id for entry in table.history()]
print(
    json.dumps(
        {
            "namespaces": catalog.list_namespaces(),
            "tables": catalog.list_tables((namespace,)),
            "rows": offsets(),
            "first": offsets(snapshot_id=history[0]),
            "filtered": offsets(row_filter="offset >= 2"),
            "days": sorted(str(p["partition"]["timestamp_day"]) for p in table.inspect.partitions().to_pylist()),
            "operations": [s.summary.operation.value for s in table.metadata.snapshots],
        }
    )
)
