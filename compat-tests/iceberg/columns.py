"""Prints a topic's table as pyiceberg reads it, as one JSON line: its columns by field id, and the promoted columns of each row by offset.

Usage: columns.py DATABASE WAREHOUSE NAMESPACE TABLE
"""

import json
import sys

from pyiceberg.catalog.sql import SqlCatalog

database, warehouse, namespace, name = sys.argv[1:5]
table = SqlCatalog("quarry", uri=f"sqlite:///{database}", warehouse=warehouse).load_table((namespace, name))
promoted = [field for field in table.schema().fields if field.field_id > 10]
rows = sorted(table.scan().to_arrow().to_pylist(), key=lambda row: (row["partition"], row["offset"]))
print(
    json.dumps(
        {
            "columns": [f"{field.field_id} {field.name} {field.field_type}" for field in promoted],
            "rows": [[row[field.name] for field in promoted] for row in rows],
        },
        default=str,
    )
)
