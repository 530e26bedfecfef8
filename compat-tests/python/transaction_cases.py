from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition

from clients import admin, consumer, fill, producer, read_all, take, topic
from suite import case, eventually, same


def _transactional(identity, **config):
    client = producer(transactional_id=identity, **config)
    client.init_transactions(20)
    return client


def _values(messages):
    return sorted(message.value().decode() for message in messages)


@case("txn-commit-and-abort")
def _(names):
    name = topic(names, 2)
    client = _transactional(names("id"))
    for index, commits in enumerate([True, False, True]):
        client.begin_transaction()
        for partition in range(2):
            client.produce(name, f"{index}-{partition}", partition=partition)
        # An abort throws away what has not been sent yet.
        client.flush(10)
        client.commit_transaction(20) if commits else client.abort_transaction(20)
    got = read_all(names, name, 2, 4, isolation_level="read_committed")
    same(_values(got), ["0-0", "0-1", "2-0", "2-1"], "committed records")
    everything = read_all(names, name, 2, 6, isolation_level="read_uncommitted")
    same(len(everything), 6, "all records")


@case("txn-open-is-invisible")
def _(names):
    name = topic(names)
    client = _transactional(names("id"))
    client.begin_transaction()
    client.produce(name, "open")
    client.flush(10)
    fill(name, 1, 1)
    reader = consumer(names("reader"), isolation_level="read_committed")
    reader.assign([TopicPartition(name, 0, 0)])
    same(reader.poll(1.0), None, "nothing while the transaction is open")
    client.commit_transaction(20)
    same([message.value() for message in take(reader, 2)], [b"open", b"v0"], "both afterwards")
    reader.close()


@case("txn-offsets")
def _(names):
    name = topic(names)
    group = names("group")
    reader = consumer(group)
    client = _transactional(names("id"))

    def committed():
        wanted = ConsumerGroupTopicPartitions(group, [TopicPartition(name, 0)])
        found = admin().list_consumer_group_offsets([wanted], require_stable=True)[group].result(10)
        return found.topic_partitions[0].offset

    for offset, commits, wanted in [(3, True, 3), (7, False, 3), (9, True, 9)]:
        client.begin_transaction()
        client.produce(name, str(offset))
        client.send_offsets_to_transaction([TopicPartition(name, 0, offset)], reader.consumer_group_metadata(), 20)
        client.commit_transaction(20) if commits else client.abort_transaction(20)
        eventually(lambda: committed() == wanted, f"offset {wanted}")
    reader.close()


@case("txn-fenced")
def _(names):
    name = topic(names)
    identity = names("id")
    first = _transactional(identity)
    first.begin_transaction()
    first.produce(name, "first")
    first.flush(10)
    second = _transactional(identity)
    second.begin_transaction()
    second.produce(name, "second")
    try:
        first.commit_transaction(20)
        raise AssertionError("the fenced producer committed")
    except KafkaException as error:
        same(error.args[0].fatal(), True, "a fatal error")
    second.commit_transaction(20)
    got = read_all(names, name, 1, 1, isolation_level="read_committed")
    same(_values(got), ["second"], "committed records")


@case("txn-consume-transform-produce")
def _(names):
    source, target = topic(names), topic(names)
    fill(source, 1, 12)
    client = _transactional(names("id"))
    reader = consumer(names("group"), isolation_level="read_committed")
    reader.subscribe([source])
    done, attempts = 0, 0
    while done < 12:
        message = take(reader, 1)[0]
        client.begin_transaction()
        client.produce(target, message.value().decode() + "!")
        reached = [TopicPartition(source, message.partition(), message.offset() + 1)]
        client.send_offsets_to_transaction(reached, reader.consumer_group_metadata(), 20)
        attempts += 1
        if attempts % 3 == 0:
            client.abort_transaction(20)
            reader.seek(TopicPartition(source, message.partition(), message.offset()))
        else:
            client.commit_transaction(20)
            done += 1
    reader.close()
    got = read_all(names, target, 1, 12, isolation_level="read_committed")
    same(_values(got), sorted(f"v{i}!" for i in range(12)), "transformed records")


@case("txn-times-out")
def _(names):
    name = topic(names)
    client = _transactional(names("id"), transaction_timeout_ms=2000, delivery_timeout_ms=2000)
    client.begin_transaction()
    client.produce(name, "late")
    client.flush(10)
    fill(name, 1, 1)
    # The coordinator looks for such transactions every ten seconds.
    got = read_all(names, name, 1, 1, isolation_level="read_committed")
    same(_values(got), ["v0"], "the transaction was aborted")
