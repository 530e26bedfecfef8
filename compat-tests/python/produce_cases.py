import os
import time

from confluent_kafka import KafkaException, TIMESTAMP_CREATE_TIME, TIMESTAMP_LOG_APPEND_TIME

from clients import fill, producer, read_all, send, topic
from suite import case, same


def _value(i):
    return None if i % 7 == 0 else ("value %d " % i + "abc " * (i % 50)).encode()


def _round_trip(names, codec):
    name = topic(names, 3)
    records = [
        {
            "key": f"key {i}",
            "value": _value(i),
            "partition": i % 3,
            "timestamp": 1_700_000_000_000 + i,
            "headers": [("number", str(i).encode()), ("empty", b"")] if i % 3 == 0 else None,
        }
        for i in range(600)
    ]
    send(name, records, compression_type=codec, linger_ms=20)
    for message in read_all(names, name, 3, 600):
        i = message.offset() * 3 + message.partition()
        same(message.key(), b"key %d" % i, "key")
        same(message.value(), _value(i), "value")
        same(message.timestamp(), (TIMESTAMP_CREATE_TIME, 1_700_000_000_000 + i), "timestamp")
        same(message.headers(), records[i]["headers"], "headers")


for _codec in ("none", "gzip", "snappy", "lz4", "zstd"):
    case(f"produce-{_codec}")(lambda names, codec=_codec: _round_trip(names, codec))


@case("produce-headers-keys-nulls")
def headers(names):
    name = topic(names)
    many = [("a", b"1"), ("a", b"2"), ("nothing", None), ("raw", b"\x00\xff"), ("häder ☃", "ünïcode 雪".encode())]
    pairs = [(None, None), (b"", b""), (b"k", None), (None, b"v"), (b"\x00\xff", b"\xfe")]
    send(name, [{"key": k, "value": v, "headers": many} for k, v in pairs])
    got = read_all(names, name, 1, len(pairs))
    same([(m.key(), m.value()) for m in got], pairs, "keys and values")
    for message in got:
        same(message.headers(), many, "headers")


@case("produce-big-message")
def big(names):
    value = os.urandom(950_000)
    name = topic(names)
    send(name, [{"value": value}])
    assert read_all(names, name, 1, 1)[0].value() == value, "changed"
    wide = topic(names, max_message_bytes="9000000")
    value = os.urandom(8_000_000)
    send(wide, [{"value": value}], message_max_bytes=9_000_000)
    assert read_all(names, wide, 1, 1, fetch_message_max_bytes=2000)[0].value() == value, "changed"


@case("produce-idempotent")
def idempotent(names):
    name = topic(names, 2)
    fill(name, 2, 5000, enable_idempotence=True, batch_num_messages=20)
    for message in read_all(names, name, 2, 5000):
        same(message.value(), b"v%d" % (message.offset() * 2 + message.partition()), "order")


@case("produce-acks")
def acks(names):
    name = topic(names)
    for wanted in (0, 1, -1):
        fill(name, 1, 100, acks=wanted)
    read_all(names, name, 1, 300)


@case("produce-many-partitions")
def many_partitions(names):
    name = topic(names, 50)
    fill(name, 50, 2500)
    following = [0] * 50
    for message in read_all(names, name, 50, 2500):
        same(message.offset(), following[message.partition()], "offset")
        following[message.partition()] += 1


@case("produce-partitioner")
def partitioner(names):
    name = topic(names, 6)
    send(name, [{"key": f"k{i % 20}", "value": str(i)} for i in range(400)], partitioner="murmur2_random")
    at = {}
    for message in read_all(names, name, 6, 400):
        same(at.setdefault(message.key(), message.partition()), message.partition(), "one partition for a key")


@case("produce-log-append-time")
def log_append_time(names):
    name = topic(names, message_timestamp_type="LogAppendTime")
    before = time.time() * 1000
    acked = send(name, [{"value": "x", "timestamp": 5}])[0]
    kind, at = read_all(names, name, 1, 1)[0].timestamp()
    same(kind, TIMESTAMP_LOG_APPEND_TIME, "type")
    assert before - 1000 <= at <= time.time() * 1000 + 1000, f"time {at}"
    same(acked.timestamp()[1], at, "time in the ack")


@case("produce-auto-create")
def auto_create(names):
    name = names("auto")
    fill(name, 1, 10)
    read_all(names, name, 1, 10)


@case("produce-big-batches")
def big_batches(names):
    name = topic(names)
    values = [os.urandom(1000) for _ in range(3000)]
    send(name, [{"value": v} for v in values], batch_size=1_000_000, linger_ms=50, compression_type="lz4")
    same([m.value() for m in read_all(names, name, 1, 3000)], values, "values")


@case("error-message-too-large")
def too_large(names):
    name = topic(names, max_message_bytes="10000")
    try:
        send(name, [{"value": os.urandom(50_000)}])
    except RuntimeError as error:
        assert "MSG_SIZE_TOO_LARGE" in str(error), error
    else:
        raise AssertionError("accepted")


@case("error-unknown-partition")
def unknown_partition(names):
    name = topic(names)
    client = producer()
    errors = []
    try:
        client.produce(name, "x", partition=9, on_delivery=lambda error, _: errors.append(error))
        client.flush(10)
    except KafkaException as error:
        errors.append(error.args[0])
    assert errors and errors[0].name() == "_UNKNOWN_PARTITION", errors


@case("error-invalid-topic-name")
def invalid_topic(names):
    try:
        send("not valid!", [{"value": "x"}], delivery_timeout_ms=4000)
    except (RuntimeError, KafkaException) as error:
        assert "TOPIC" in str(error).upper() or "TIMED_OUT" in str(error), error
    else:
        raise AssertionError("accepted")
