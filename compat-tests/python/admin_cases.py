from confluent_kafka import ConsumerGroupState, ConsumerGroupTopicPartitions, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

from clients import admin, consumer, fill, send, topic
from suite import case, eventually, same


def _fails(code, call, what):
    try:
        call()
    except KafkaException as error:
        same(error.args[0].name(), code, what)
    else:
        raise AssertionError(f"{what}: succeeded, want {code}")


def _one(futures):
    return next(iter(futures.values())).result(15)


def _configs(name):
    return _one(admin().describe_configs([ConfigResource(ResourceType.TOPIC, name)]))


@case("admin-create-delete-topics")
def create_delete(names):
    name = topic(names, 3)
    same(len(admin().list_topics(name, timeout=10).topics[name].partitions), 3, "partitions")
    _fails("TOPIC_ALREADY_EXISTS", lambda: _one(admin().create_topics([NewTopic(name, 1, 1)])), "twice")
    _one(admin().delete_topics([name]))
    eventually(lambda: name not in admin().list_topics(timeout=10).topics, "gone")
    _fails("UNKNOWN_TOPIC_OR_PART", lambda: _one(admin().delete_topics([name])), "delete twice")


@case("admin-invalid-topic")
def invalid_topic(names):
    _fails("TOPIC_EXCEPTION", lambda: _one(admin().create_topics([NewTopic("a b", 1, 1)])), "name")
    _fails("INVALID_PARTITIONS", lambda: _one(admin().create_topics([NewTopic(names("t"), 0, 1)])), "partitions")
    _fails("INVALID_REPLICATION_FACTOR", lambda: _one(admin().create_topics([NewTopic(names("t"), 1, 9)])), "replicas")
    _fails("INVALID_CONFIG", lambda: _one(admin().create_topics([NewTopic(names("t"), 1, 1, config={"no.such": "1"})])), "config")


@case("admin-create-partitions")
def partitions(names):
    name = topic(names, 1)
    _one(admin().create_partitions([NewPartitions(name, 3)]))
    eventually(lambda: len(admin().list_topics(name, timeout=10).topics[name].partitions) == 3, "three")
    _fails("INVALID_PARTITIONS", lambda: _one(admin().create_partitions([NewPartitions(name, 2)])), "fewer")


@case("admin-describe-topics")
def describe(names):
    name = topic(names, 3)
    found = _one(admin().describe_topics(TopicCollection([name])))
    same((found.name, len(found.partitions), found.is_internal), (name, 3, False), "description")
    same({len(p.isr) for p in found.partitions}, {1}, "in-sync replicas")
    _fails("UNKNOWN_TOPIC_OR_PART", lambda: _one(admin().describe_topics(TopicCollection([names("no")]))), "unknown")


@case("admin-describe-configs")
def describe_configs(names):
    found = _configs(topic(names, retention_ms="5000"))
    same((found["retention.ms"].value, found["retention.ms"].source), ("5000", ConfigSource.DYNAMIC_TOPIC_CONFIG.value), "set")
    same((found["max.message.bytes"].value, found["max.message.bytes"].is_default), ("1048588", True), "default")
    broker = str(next(iter(admin().list_topics(timeout=10).brokers)))
    assert "num.partitions" in _one(admin().describe_configs([ConfigResource(ResourceType.BROKER, broker)])), "broker configs"


@case("admin-incremental-alter-configs")
def alter_configs(names):
    name = topic(names, retention_ms="5000")

    def alter(key, value, op):
        entry = ConfigEntry(key, value, incremental_operation=op)
        _one(admin().incremental_alter_configs([ConfigResource(ResourceType.TOPIC, name, incremental_configs=[entry])]))

    alter("max.message.bytes", "7777", AlterConfigOpType.SET)
    eventually(lambda: _configs(name)["max.message.bytes"].value == "7777", "set")
    same(_configs(name)["retention.ms"].value, "5000", "the other stays")
    alter("retention.ms", None, AlterConfigOpType.DELETE)
    eventually(lambda: _configs(name)["retention.ms"].value == "604800000", "deleted")
    alter("cleanup.policy", "compact", AlterConfigOpType.APPEND)
    eventually(lambda: set(_configs(name)["cleanup.policy"].value.split(",")) == {"delete", "compact"}, "appended")
    _fails("INVALID_CONFIG", lambda: alter("retention.ms", "soon", AlterConfigOpType.SET), "not a number")


@case("admin-alter-configs")
def replace_configs(names):
    """The old call replaces all that was set."""
    name = topic(names, retention_ms="5000", max_message_bytes="7777")
    _one(admin().alter_configs([ConfigResource(ResourceType.TOPIC, name, set_config={"retention.ms": "6000"})]))
    eventually(lambda: _configs(name)["retention.ms"].value == "6000", "set")
    eventually(lambda: _configs(name)["max.message.bytes"].value == "1048588", "what was not given is back to its default")


@case("admin-list-offsets")
def list_offsets(names):
    name = topic(names)
    send(name, [{"value": "x", "timestamp": stamp} for stamp in (1000, 5000, 3000)])
    at = TopicPartition(name, 0)
    wanted = ((OffsetSpec.earliest(), 0), (OffsetSpec.latest(), 3), (OffsetSpec.max_timestamp(), 1), (OffsetSpec.for_timestamp(1001), 1))
    for spec, offset in wanted:
        same(_one(admin().list_offsets({at: spec})).offset, offset, type(spec).__name__)


@case("admin-delete-records")
def delete_records(names):
    name = topic(names)
    fill(name, 1, 10)
    same(_one(admin().delete_records([TopicPartition(name, 0, 4)])).low_watermark, 4, "low watermark")
    _fails("OFFSET_OUT_OF_RANGE", lambda: _one(admin().delete_records([TopicPartition(name, 0, 40)])), "beyond the end")


@case("admin-describe-cluster")
def cluster(names):
    found = admin().describe_cluster().result(10)
    same(len(found.nodes), 1, "nodes")
    assert found.cluster_id and found.controller is not None, found


def _member(names, name, group):
    client = consumer(group, client_id="a-client")
    client.subscribe([name])

    def poll():
        client.poll(0.05)
        return client.assignment()

    eventually(poll, "assignment")
    return client


@case("admin-groups")
def groups(names):
    name = topic(names)
    living, empty = names("living"), names("empty")
    member = _member(names, name, living)
    other = consumer(empty)
    other.commit(offsets=[TopicPartition(name, 0, 1)], asynchronous=False)
    other.close()
    listed = {g.group_id: g.state for g in admin().list_consumer_groups().result(10).valid}
    same((listed.get(living), listed.get(empty)), (ConsumerGroupState.STABLE, ConsumerGroupState.EMPTY), "listed")
    stable = {g.group_id for g in admin().list_consumer_groups(states={ConsumerGroupState.STABLE}).result(10).valid}
    assert living in stable and empty not in stable, "filtered by state"
    found = _one(admin().describe_consumer_groups([living]))
    same((found.state, [m.client_id for m in found.members]), (ConsumerGroupState.STABLE, ["a-client"]), "described")
    same([(p.topic, p.partition) for p in found.members[0].assignment.topic_partitions], [(name, 0)], "assignment")
    _fails("NON_EMPTY_GROUP", lambda: _one(admin().delete_consumer_groups([living])), "a living group")
    _one(admin().delete_consumer_groups([empty]))
    _fails("GROUP_ID_NOT_FOUND", lambda: _one(admin().delete_consumer_groups([empty])), "twice")
    member.close()


@case("admin-group-offsets")
def group_offsets(names):
    name = topic(names, 2)
    group = names("group")
    wanted = [TopicPartition(name, 0, 4), TopicPartition(name, 1, 5)]
    _one(admin().alter_consumer_group_offsets([ConsumerGroupTopicPartitions(group, wanted)]))
    found = _one(admin().list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]))
    same(sorted((p.partition, p.offset) for p in found.topic_partitions), [(0, 4), (1, 5)], "offsets")


