"""Works on tables through Spark SQL and Iceberg's REST catalog. Usage: spark_engine.py URI FOLDER_OF_JARS [USER PASSWORD]"""

import datetime
import glob
import sys

from commands import rows_of, serve
from pyspark.sql import SparkSession

uri, jars, *login = sys.argv[1:]
settings = {
    "spark.jars": ",".join(glob.glob(f"{jars}/*.jar")),
    "spark.driver.memory": "640m",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
    "spark.sql.catalog.quarry": "org.apache.iceberg.spark.SparkCatalog",
    "spark.sql.catalog.quarry.type": "rest",
    "spark.sql.catalog.quarry.uri": uri,
    # Every query asks the catalog where the table is.
    "spark.sql.catalog.quarry.cache-enabled": "false",
}
if login:
    for name, value in {"type": "basic", "basic.username": login[0], "basic.password": login[1]}.items():
        settings[f"spark.sql.catalog.quarry.rest.auth.{name}"] = value
builder = SparkSession.builder.master("local[1]").appName("compat")
for name, value in settings.items():
    builder = builder.config(name, value)
spark = builder.getOrCreate()
spark.sparkContext.setLogLevel("ERROR")


EPOCH = datetime.date(1970, 1, 1)


def read(table, snapshot=None, first=0):
    version = "" if snapshot is None else f"VERSION AS OF {snapshot}"
    found = spark.sql(f"SELECT `partition`, offset, value FROM quarry.topics.`{table}` {version} WHERE offset >= {first}")
    return rows_of((row[0], row[1], row[2]) for row in found.collect())


def snapshots(table):
    found = spark.sql(
        f"SELECT snapshot_id, summary['total-records'] FROM quarry.topics.`{table}`.snapshots ORDER BY committed_at"
    )
    return [[str(row[0]), int(row[1])] for row in found.collect()]


def append(table, partition, offset, value):
    spark.sql(
        f"INSERT INTO quarry.topics.`{table}` SELECT {partition}, {offset}L, TIMESTAMP '2026-01-01 00:00:00', 0, "
        f"CAST(NULL AS BINARY), encode('{value}', 'UTF-8'), CAST(array() AS ARRAY<STRUCT<key: STRING, value: BINARY>>)"
    )


def sql(text):
    return [[None if value is None else str(value) for value in row] for row in spark.sql(text).collect()]


def delete_values(table, values):
    """Deletes rows by their value, as Flink does: by Iceberg's own writer of equality deletes, one file for each partition of the table."""
    jvm = spark._jvm
    iceberg = jvm.org.apache.iceberg
    found = iceberg.spark.Spark3Util.loadIcebergTable(spark._jsparkSession, f"quarry.topics.`{table}`")
    columns = jvm.java.util.ArrayList()
    columns.add("value")
    schema = found.schema().select(columns)
    ids = spark.sparkContext._gateway.new_array(jvm.int, 1)
    ids[0] = found.schema().findField("value").fieldId()
    factory = iceberg.data.GenericAppenderFactory(found.schema(), found.spec(), ids, schema, None)
    days = spark.sql(f"SELECT DISTINCT partition.timestamp_day FROM quarry.topics.`{table}`.files").collect()
    change = found.newRowDelta()
    for number, (day,) in enumerate(days):
        partition = iceberg.PartitionData(found.spec().partitionType())
        partition.set(0, (day - EPOCH).days)
        place = f"{found.location()}/data/deletes-{len(values)}-{number}.parquet"
        output = iceberg.encryption.EncryptedFiles.plainAsEncryptedOutput(found.io().newOutputFile(place))
        writer = factory.newEqDeleteWriter(output, iceberg.FileFormat.PARQUET, partition)
        for value in values:
            record = iceberg.data.GenericRecord.create(schema)
            record.setField("value", jvm.java.nio.ByteBuffer.wrap(value.encode()))
            writer.write(record)
        writer.close()
        change.addDeletes(writer.toDeleteFile())
    change.commit()


serve({"read": read, "snapshots": snapshots, "append": append, "sql": sql, "delete_values": delete_values})
