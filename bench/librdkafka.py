"""librdkafka load through confluent-kafka: librdkafka.py COMMAND BOOTSTRAP TOPIC [key=value …]; prints one JSON line.

produce COUNT PAYLOAD, consume COUNT, ack COUNT, fresh COUNT URL, trickle BYTES_PER_S PAYLOAD (until stdin closes),
topic PARTITIONS, drop.
"""
import json
import select
import sys
import time
import urllib.request

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

SIZE = 1024


def percentiles(times):
    times = sorted(times)
    at = lambda q: times[min(len(times) - 1, int(len(times) * q))]
    return {"p50Ms": at(0.5), "p99Ms": at(0.99), "maxMs": times[-1], "count": len(times)}


def lines_of(path):
    with open(path, "rb") as file:
        return [line[:SIZE] for line in file.read().split(b"\n") if line]


def connected(topic, conf):
    producer = Producer(conf)
    producer.list_topics(topic, timeout=20)
    return producer


def produce(topic, conf, count, payload):
    errors = []
    conf.setdefault("queue.buffering.max.messages", 1000000)
    conf["delivery.report.only.error"] = True
    conf["on_delivery"] = lambda error, _: errors.append(str(error)) if error else None
    lines = lines_of(payload)
    producer = connected(topic, conf)
    began = time.perf_counter()
    for i in range(count):
        while True:
            try:
                producer.produce(topic, lines[i % len(lines)])
                break
            except BufferError:
                producer.poll(0.01)
        if i % 4096 == 0:
            producer.poll(0)
    left = producer.flush(180)
    seconds = time.perf_counter() - began
    if left or errors:
        raise SystemExit(f"{left} records not delivered, errors {errors[:3]}")
    return {"seconds": seconds, "bytes": count * SIZE}


def consume(topic, conf, count):
    conf = {"group.id": f"bench-{time.time_ns()}", "enable.auto.commit": False, "queued.min.messages": 200000, "fetch.queue.backoff.ms": 10, **conf}
    consumer = Consumer(conf)
    partitions = consumer.list_topics(topic, timeout=20).topics[topic].partitions
    consumer.assign([TopicPartition(topic, p, 0) for p in partitions])
    got = total = 0
    began = last = time.perf_counter()
    while got < count:
        for message in consumer.consume(min(10000, count - got), 1.0):
            if message.error():
                raise SystemExit(str(message.error()))
            total += len(message.value())
            got += 1
            last = None
        now = time.perf_counter()
        last = now if last is None else last
        if now - last > 20:
            raise SystemExit(f"only {got} of {count} records")
    seconds = time.perf_counter() - began
    consumer.close()
    return {"seconds": seconds, "bytes": total}


def ack(topic, conf, count):
    """One record in flight: time from produce() to its ack."""
    producer = connected(topic, {**conf, "linger.ms": 0})
    value = b"x" * SIZE
    times = []
    for i in range(count + count // 10):
        began = time.perf_counter()
        producer.produce(topic, value, partition=0)
        if producer.flush(20):
            raise SystemExit("no ack within 20 s")
        times.append((time.perf_counter() - began) * 1000)
    return percentiles(times[count // 10 :])


def fresh(topic, conf, count, url):
    """Time from the ack of a record until a search finds it."""
    producer = connected(topic, {**conf, "linger.ms": 0})
    times = []
    for i in range(count):
        token = f"token{time.time_ns():x}"
        producer.produce(topic, json.dumps({"message": f"needle {token}"}))
        if producer.flush(20):
            raise SystemExit("no ack within 20 s")
        began = time.perf_counter()
        while True:
            with urllib.request.urlopen(f"{url}/{topic}/_search?q={token}&size=1", timeout=20) as answer:
                if json.load(answer)["hits"]["hits"]:
                    break
            if time.perf_counter() - began > 20:
                raise SystemExit("not searchable within 20 s")
            time.sleep(0.005)
        times.append((time.perf_counter() - began) * 1000)
        time.sleep(0.05)
    return percentiles(times)


def trickle(topic, conf, rate, payload):
    """Produces at a steady rate until stdin is closed."""
    lines = lines_of(payload)
    producer = connected(topic, conf)
    began, sent = time.perf_counter(), 0
    while not select.select([sys.stdin], [], [], 0.01)[0]:
        while sent * SIZE < (time.perf_counter() - began) * rate:
            producer.produce(topic, lines[sent % len(lines)])
            sent += 1
        producer.poll(0)
    producer.flush(20)
    return {"seconds": time.perf_counter() - began, "bytes": sent * SIZE}


def create(topic, conf, partitions):
    admin = AdminClient(conf)
    admin.create_topics([NewTopic(topic, partitions, 1)])[topic].result(60)
    for _ in range(400):
        found = admin.list_topics(topic, timeout=20).topics[topic].partitions
        if len(found) == partitions and all(p.leader >= 0 for p in found.values()):
            return {"partitions": partitions}
        time.sleep(0.05)
    raise SystemExit(f"{topic} is not ready")


def drop(topic, conf):
    admin = AdminClient(conf)  # must outlive the answer
    admin.delete_topics([topic])[topic].result(60)
    return {}


def main():
    command, bootstrap, topic, *rest = sys.argv[1:]
    settings = dict(argument.split("=", 1) for argument in rest if "=" in argument and "/" not in argument)
    words = [argument for argument in rest if "=" not in argument or "/" in argument]
    arguments = [int(word) if word.isdigit() else word for word in words]
    commands = {"produce": produce, "consume": consume, "ack": ack, "fresh": fresh, "trickle": trickle, "topic": create, "drop": drop}
    conf = {"bootstrap.servers": bootstrap, "log_level": 3, **settings}
    print(json.dumps(commands[command](topic, conf, *arguments)))


main()
