"""Producers, consumers and an admin client of the broker under test."""
import threading
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from suite import BOOTSTRAP, eventually

_lock = threading.Lock()
_admin = []


def admin():
    with _lock:
        if not _admin:
            _admin.append(AdminClient({"bootstrap.servers": BOOTSTRAP, "log_level": 0, "socket.timeout.ms": 15000}))
        return _admin[0]


def topic(names, partitions=1, **config):
    """A new topic that is ready; configs with _ for the dots."""
    name = names("topic")
    settings = {key.replace("_", "."): value for key, value in config.items()}
    admin().create_topics([NewTopic(name, partitions, 1, config=settings)])[name].result(15)
    eventually(lambda: len(admin().list_topics(timeout=10).topics.get(name, _NONE).partitions) == partitions, "topic is ready")
    return name


class _None:
    partitions = {}


_NONE = _None()


def producer(**config):
    return Producer({"bootstrap.servers": BOOTSTRAP, "log_level": 0, "delivery.timeout.ms": 20000, **_dotted(config)})


def consumer(group, **config):
    """A consumer that reads from the beginning and does not commit by itself."""
    settings = {
        "bootstrap.servers": BOOTSTRAP,
        "group.id": group,
        "log_level": 0,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "heartbeat.interval.ms": 500,
        "session.timeout.ms": 10000,
        "topic.metadata.refresh.interval.ms": 1000,
    }
    return Consumer({**settings, **_dotted(config)})


def _dotted(config):
    return {key.replace("_", "."): value for key, value in config.items()}


def send(to, records, **config):
    """Sends dicts of produce() arguments, waits for every ack and gives the delivered messages; raises the first error."""
    delivered, errors = [], []

    def on_delivery(error, message):
        errors.append(error) if error else delivered.append(message)

    client = producer(**config)
    for record in records:
        client.produce(to, on_delivery=on_delivery, **record)
        client.poll(0)
    left = client.flush(20)
    if errors:
        raise RuntimeError(str(errors[0]))
    assert left == 0, f"{left} records were not delivered"
    return delivered


def fill(to, partitions, count, **config):
    return send(to, [{"value": f"v{i}", "key": f"k{i}", "partition": i % partitions} for i in range(count)], **config)


def take(client, count, seconds=20):
    """Reads until so many messages have come; raises on an error or when time is up."""
    got = []
    end = time.monotonic() + seconds
    while len(got) < count:
        assert time.monotonic() < end, f"{len(got)} of {count} messages within {seconds} s"
        for message in client.consume(count - len(got), 0.2):
            if message.error():
                raise RuntimeError(str(message.error()))
            got.append(message)
    return got


def read_all(names, of, partitions, count, **config):
    client = consumer(names("reader"), **config)
    try:
        client.assign([TopicPartition(of, p, 0) for p in range(partitions)])
        got = take(client, count)
        assert client.poll(0.3) is None, "more than was sent"
        return got
    finally:
        client.close()
