from confluent_kafka import KafkaError, KafkaException, TopicPartition

from clients import consumer, fill, take, topic
from suite import case, eventually, same


def _until(members, condition, what):
    """Polls the members in turn until the condition holds; gives the messages that came."""
    got = []

    def poll():
        for member in members:
            message = member.poll(0.02)
            if message is not None and not message.error():
                got.append(message)
        return condition()

    eventually(poll, what, 25)
    return got


def _shared(members, partitions):
    owned = [(p.topic, p.partition) for member in members for p in member.assignment()]
    return all(m.assignment() for m in members) and len(owned) == len(set(owned)) == partitions


def _two_members(names, strategy):
    name = topic(names, 4)
    group = names("group")
    one, two = (consumer(group, partition_assignment_strategy=strategy) for _ in range(2))
    one.subscribe([name])
    _until([one], lambda: len(one.assignment()) == 4, "the first has all")
    two.subscribe([name])
    _until([one, two], lambda: _shared([one, two], 4), "both share")
    fill(name, 4, 40)
    seen = []

    def poll():
        for member in (one, two):
            message = member.poll(0.05)
            if message is not None and not message.error():
                seen.append((message.partition(), message.offset()))
        return len(seen) >= 40

    eventually(poll, "all records")
    same(len(set(seen)), 40, "each record once")
    two.close()
    _until([one], lambda: len(one.assignment()) == 4, "the one that stays has all")
    one.close()


for _strategy in ("range", "roundrobin", "cooperative-sticky"):
    case(f"group-{_strategy}-two-members")(lambda names, strategy=_strategy: _two_members(names, strategy))


@case("group-commit-and-resume")
def commit_and_resume(names):
    name = topic(names)
    group = names("group")
    fill(name, 1, 100)
    one = consumer(group)
    one.subscribe([name])
    last = take(one, 40)[-1]
    one.commit(message=last, asynchronous=False)
    one.close()
    two = consumer(group)
    two.subscribe([name])
    same([m.offset() for m in take(two, 60)], list(range(40, 100)), "the rest")
    two.close()


@case("group-auto-commit")
def auto_commit(names):
    name = topic(names)
    group = names("group")
    fill(name, 1, 30)
    one = consumer(group, enable_auto_commit=True, auto_commit_interval_ms=200)
    one.subscribe([name])
    take(one, 30)
    one.close()
    two = consumer(group)
    same(two.committed([TopicPartition(name, 0)], timeout=10)[0].offset, 30, "committed")
    two.close()


@case("group-commit-metadata")
def commit_metadata(names):
    name = topic(names, 2)
    client = consumer(names("group"))
    client.commit(offsets=[TopicPartition(name, 0, 7, "a note ☃")], asynchronous=False)
    found = client.committed([TopicPartition(name, 0), TopicPartition(name, 1)], timeout=10)
    same((found[0].offset, found[0].metadata), (7, "a note ☃"), "committed")
    same(found[1].offset, -1001, "nothing committed")
    client.close()


@case("group-static-membership")
def static_membership(names):
    name = topic(names, 4)
    group = names("group")
    revoked = []
    one = consumer(group, group_instance_id="one")
    one.subscribe([name], on_revoke=lambda _, partitions: revoked.append(partitions))
    two = consumer(group, group_instance_id="two")
    two.subscribe([name])
    _until([one, two], lambda: _shared([one, two], 4), "both share")
    before = sorted(p.partition for p in two.assignment())
    revocations = len(revoked)
    two.close()
    again = consumer(group, group_instance_id="two")
    again.subscribe([name])
    _until([one, again], lambda: again.assignment(), "the member is back")
    same(sorted(p.partition for p in again.assignment()), before, "its partitions")
    same(len(revoked), revocations, "revocations of the other")
    one.close()
    again.close()


@case("group-static-fencing")
def static_fencing(names):
    name = topic(names)
    group = names("group")
    one = consumer(group, group_instance_id="same")
    one.subscribe([name])
    _until([one], lambda: one.assignment(), "the first is in")
    two = consumer(group, group_instance_id="same")
    two.subscribe([name])
    _until([two], lambda: two.assignment(), "the second is in")
    found = []

    def poll():
        message = one.poll(0.2)
        if message is not None and message.error():
            found.append(message.error())
        return bool(found)

    eventually(poll, "the first is fenced")
    assert found[0].fatal() or found[0].code() in (KafkaError._FATAL, KafkaError.FENCED_INSTANCE_ID), found[0]
    two.close()


@case("group-stale-commit")
def stale_commit(names):
    name = topic(names)
    group = names("group")
    one = consumer(group)
    one.subscribe([name])
    _until([one], lambda: one.assignment(), "the member is in")
    stranger = consumer(group)
    try:
        stranger.commit(offsets=[TopicPartition(name, 0, 3)], asynchronous=False)
    except KafkaException as error:
        assert error.args[0].name() in ("UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION"), error
    else:
        raise AssertionError("a stranger's commit was accepted")
    stranger.close()
    one.close()


@case("group-many-members")
def many_members(names):
    name = topic(names, 12)
    group = names("group")
    members = [consumer(group) for _ in range(6)]
    for member in members:
        member.subscribe([name])
    _until(members, lambda: _shared(members, 12), "six share twelve")
    for member in members[4:]:
        member.close()
    rest = members[:4]
    _until(rest, lambda: _shared(rest, 12), "four share twelve")
    for member in rest:
        member.close()


@case("group-regex-subscription")
def regex(names):
    one, two = topic(names), topic(names)
    for name in (one, two):
        fill(name, 1, 5)
    client = consumer(names("group"))
    client.subscribe(["^" + one.rsplit("topic", 1)[0] + "topic.*"])
    same(len(take(client, 10)), 10, "records of both")
    client.close()
