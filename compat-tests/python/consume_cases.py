import threading
import time

from confluent_kafka import KafkaError, OFFSET_BEGINNING, OFFSET_END, TopicPartition

from clients import admin, consumer, fill, read_all, send, take, topic
from suite import case, eventually, same


@case("consume-from-beginning")
def from_beginning(names):
    name = topic(names, 3)
    fill(name, 3, 300)
    client = consumer(names("group"))
    client.subscribe([name])
    same(len({m.value() for m in take(client, 300)}), 300, "different values")
    client.close()


@case("consume-read-committed")
def read_committed(names):
    name = topic(names)
    fill(name, 1, 50)
    read_all(names, name, 1, 50, isolation_level="read_committed")


@case("consume-read-uncommitted")
def read_uncommitted(names):
    name = topic(names)
    fill(name, 1, 50)
    read_all(names, name, 1, 50, isolation_level="read_uncommitted")


@case("consume-seek")
def seek(names):
    name = topic(names)
    fill(name, 1, 100)
    client = consumer(names("group"))
    client.assign([TopicPartition(name, 0, OFFSET_BEGINNING)])
    take(client, 1)
    for offset in (50, 99, 0, 7):
        client.seek(TopicPartition(name, 0, offset))
        same(take(client, 1)[0].offset(), offset, "first after the seek")
    client.close()


@case("consume-seek-by-time")
def by_time(names):
    name = topic(names)
    records = [{"value": f"v{i}", "timestamp": 1_700_000_000_000 + i * 1000} for i in range(100)]
    send(name, records, linger_ms=100, compression_type="zstd")
    client = consumer(names("group"))
    for stamp, want in ((1, 0), (1_700_000_041_500, 42), (1_700_000_099_000, 99)):
        found = client.offsets_for_times([TopicPartition(name, 0, stamp)], timeout=10)[0]
        same(found.offset, want, f"offset for {stamp}")
    same(client.offsets_for_times([TopicPartition(name, 0, 1_700_000_099_001)], timeout=10)[0].offset, OFFSET_END, "after the last")
    client.assign([TopicPartition(name, 0, 42)])
    same(take(client, 1)[0].value(), b"v42", "record there")
    client.close()


@case("consume-watermarks")
def watermarks(names):
    name = topic(names)
    fill(name, 1, 25)
    client = consumer(names("group"))
    same(client.get_watermark_offsets(TopicPartition(name, 0), timeout=10), (0, 25), "watermarks")
    client.close()


@case("consume-pause-resume")
def pause_resume(names):
    name = topic(names, 2)
    fill(name, 2, 200)
    client = consumer(names("group"))
    client.assign([TopicPartition(name, p, OFFSET_BEGINNING) for p in range(2)])
    client.pause([TopicPartition(name, 0)])
    same({m.partition() for m in take(client, 100)}, {1}, "only the other partition")
    assert client.poll(0.5) is None, "paused"
    client.resume([TopicPartition(name, 0)])
    same({m.partition() for m in take(client, 100)}, {0}, "the resumed partition")
    client.close()


@case("consume-manual-assign")
def manual_assign(names):
    name = topic(names, 4)
    fill(name, 4, 40)
    client = consumer(names("group"))
    client.assign([TopicPartition(name, 2, 5)])
    same([(m.partition(), m.offset()) for m in take(client, 5)], [(2, o) for o in range(5, 10)], "records")
    client.incremental_assign([TopicPartition(name, 3, 8)])
    same([(m.partition(), m.offset()) for m in take(client, 2)], [(3, 8), (3, 9)], "more records")
    client.close()


@case("consume-small-fetches")
def small_fetches(names):
    name = topic(names, 2)
    fill(name, 2, 600, batch_num_messages=30)
    following = [0, 0]
    for message in read_all(names, name, 2, 600, fetch_message_max_bytes=1, fetch_max_bytes=1000000):
        same(message.offset(), following[message.partition()], "offset")
        following[message.partition()] += 1


@case("consume-out-of-range-reset")
def out_of_range(names):
    name = topic(names)
    fill(name, 1, 10)
    for reset, want in (("earliest", 0), ("latest", 10)):
        client = consumer(names("group"), auto_offset_reset=reset)
        client.assign([TopicPartition(name, 0, 500)])
        client.poll(0.1)
        if reset == "latest":
            time.sleep(1)
            fill(name, 1, 1)
        same(take(client, 1)[0].offset(), want, reset)
        client.close()


@case("consume-out-of-range-error")
def out_of_range_error(names):
    name = topic(names)
    fill(name, 1, 10)
    client = consumer(names("group"), auto_offset_reset="error")
    client.assign([TopicPartition(name, 0, 500)])
    found = []

    def poll():
        message = client.poll(0.2)
        if message is not None:
            found.append(message.error())
        return bool(found)

    eventually(poll, "an error")
    same(found[0].code(), KafkaError._AUTO_OFFSET_RESET, "error")
    client.close()


@case("consume-partition-eof")
def partition_eof(names):
    name = topic(names)
    fill(name, 1, 10)
    client = consumer(names("group"), enable_partition_eof=True)
    client.assign([TopicPartition(name, 0, 0)])
    same(len(take(client, 10)), 10, "records")
    message = client.poll(10)
    assert message is not None and message.error().code() == KafkaError._PARTITION_EOF, "end of partition"
    client.close()


@case("consume-waits-for-data")
def waits_for_data(names):
    name = topic(names)
    client = consumer(names("group"), fetch_wait_max_ms=8000)
    client.assign([TopicPartition(name, 0, 0)])
    client.poll(1)
    began = time.monotonic()
    threading.Timer(0.3, lambda: fill(name, 1, 1)).start()
    take(client, 1)
    assert time.monotonic() - began < 5, "the waiting fetch was not woken"
    client.close()


@case("error-unknown-topic")
def unknown_topic(names):
    client = consumer(names("group"), allow_auto_create_topics=False)
    client.subscribe([names("nowhere")])
    found = []

    def poll():
        message = client.poll(0.2)
        if message is not None:
            found.append(message.error().code())
        return bool(found)

    eventually(poll, "an error")
    same(found[0], KafkaError.UNKNOWN_TOPIC_OR_PART, "error")
    client.close()


@case("consume-deleted-records")
def deleted_records(names):
    name = topic(names)
    fill(name, 1, 20)
    done = admin().delete_records([TopicPartition(name, 0, 12)])
    same([f.result(10).low_watermark for f in done.values()], [12], "low watermark")
    client = consumer(names("group"))
    client.assign([TopicPartition(name, 0, 3)])
    same(take(client, 8)[0].offset(), 12, "first")
    client.close()
