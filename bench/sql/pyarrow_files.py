"""`python sql.py FOLDER`: pyarrow writes the rows of the table in the folder as its own files of a million rows, with its own defaults but zstd."""
import glob
import json
import os
import sys

import pyarrow.dataset as dataset
import pyarrow.parquet as parquet

FILE_ROWS = 1_000_000


def main(folder):
    paths = sorted(glob.glob(os.path.join(folder, "objects", "lake", "lines", "data", "*.parquet")))
    rows, files, writer = 0, 0, None
    for batch in dataset.dataset(paths).to_batches(batch_size=FILE_ROWS // 10):
        if writer is None:
            path = os.path.join(folder, f"pyarrow-{files:03}.parquet")
            writer = parquet.ParquetWriter(path, batch.schema, compression="zstd", compression_level=1)
        writer.write_batch(batch, row_group_size=FILE_ROWS)
        rows += batch.num_rows
        if rows >= FILE_ROWS * (files + 1):
            writer.close()
            files, writer = files + 1, None
    if writer is not None:
        writer.close()
    print(json.dumps({"rows": rows}))


main(*sys.argv[1:])
