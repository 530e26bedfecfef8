"""Reads Parquet files with pyarrow, which checks the checksum of every page, and prints rows, or what is wrong, as one JSON line.

Usage: checksums.py FILE...
"""

import json
import sys

import pyarrow.parquet as pq


def read(path):
    try:
        return pq.ParquetFile(path, page_checksum_verification=True).read(columns=["offset", "n", "level"]).to_pylist()
    except OSError as error:
        return str(error)


print(json.dumps([read(path) for path in sys.argv[1:]]))
