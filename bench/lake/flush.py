"""`python flush.py FOLDER REPEATS COLUMNS`: pyarrow writes the rows that Quarry left in the folder as Parquet; the costs as JSON.

COLUMNS are fields of the JSON values that get columns of their own, as `level string, status int`; may be empty.
"""
import glob
import io
import json
import os
import sys
import time

import pyarrow as pa
import pyarrow.json
import pyarrow.parquet as parquet

FILE_ROWS = 50_000
GROUP_ROWS = 25_000
TYPES = {"string": pa.string(), "int": pa.int32()}


def promoted(table, fields):
    """The table with the fields as columns: pyarrow's own reader of JSON lines finds them."""
    lines = io.BytesIO(b"\n".join(table["value"].to_pylist()))
    schema = pa.schema([(name, TYPES[kind]) for name, kind in fields])
    options = pyarrow.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    found = pyarrow.json.read_json(lines, parse_options=options)
    for name, _ in fields:
        table = table.append_column(name, found[name])
    return table


def write(table, folder, fields):
    """Writes all rows; gives the bytes stored."""
    stored = 0
    for start in range(0, table.num_rows, FILE_ROWS):
        piece = table.slice(start, FILE_ROWS)
        if fields:
            piece = promoted(piece, fields)
        path = os.path.join(folder, "pyarrow.parquet")
        parquet.write_table(piece, path, compression="zstd", compression_level=1, row_group_size=GROUP_ROWS)
        stored += os.path.getsize(path)
    return stored


def main(folder, repeats, columns):
    pa.set_cpu_count(1)
    paths = sorted(glob.glob(os.path.join(folder, "plain-*.parquet")))
    table = pa.concat_tables([parquet.read_table(path) for path in paths]).combine_chunks()
    fields = [column.split() for column in columns.split(",") if column]
    write(table, folder, fields)
    cpu, began = time.process_time(), time.monotonic()
    for _ in range(int(repeats)):
        stored = write(table, folder, fields)
    seconds, cpu_seconds = time.monotonic() - began, time.process_time() - cpu
    print(json.dumps({"seconds": seconds, "cpuSeconds": cpu_seconds, "storedBytes": stored}))


main(*sys.argv[1:])
