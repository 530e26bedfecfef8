"""confluent-kafka (librdkafka) with logins over TLS: the profile 'tls'. BOOTSTRAP, PREFIX, ONLY and TLS_FOLDER come from the environment."""
import os
import time

from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient, ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion

import suite
from suite import BOOTSTRAP, case, eventually

FOLDER = os.environ["TLS_FOLDER"]
MECHANISMS = {"SCRAM-SHA-256": ScramMechanism.SCRAM_SHA_256, "SCRAM-SHA-512": ScramMechanism.SCRAM_SHA_512}


def settings(mechanism, user, password):
    return {
        "bootstrap.servers": BOOTSTRAP,
        "log_level": 0,
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": os.path.join(FOLDER, "ca.pem"),
        "sasl.mechanism": mechanism,
        "sasl.username": user,
        "sasl.password": password,
    }


def bearer():
    def token(_config):
        with open(os.path.join(FOLDER, "good.jwt"), encoding="ascii") as file:
            return file.read(), time.time() + 3000

    return {**settings("OAUTHBEARER", "", ""), "oauth_cb": token}


def user(names, mechanism):
    """A new user of SCRAM; its settings."""
    name = names("user")
    admin = AdminClient(settings("PLAIN", "admin", "admin-secret"))
    upsertion = UserScramCredentialUpsertion(name, ScramCredentialInfo(MECHANISMS[mechanism], 4096), b"pencil")
    admin.alter_user_scram_credentials([upsertion])[name].result(15)
    login = settings(mechanism, name, "pencil")
    eventually(lambda: gets_in(login), "log in")
    return login


def gets_in(login):
    client = Producer(login)
    try:
        client.list_topics(timeout=5)
        return True
    except KafkaException:
        return False


def round_trip(names, login):
    topic = names("topic")
    producer = Producer(login)
    for i in range(200):
        producer.produce(topic, value=f"value {i}")
    assert producer.flush(20) == 0, "not everything was sent"
    consumer = Consumer({**login, "group.id": names("group"), "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    got = []
    end = time.monotonic() + 20
    while len(got) < 200 and time.monotonic() < end:
        message = consumer.poll(1)
        if message is not None and message.error() is None:
            got.append(message.value().decode())
    consumer.close()
    assert sorted(got) == sorted(f"value {i}" for i in range(200)), f"{len(got)} records"


@case("tls-plain")
def plain(names):
    round_trip(names, settings("PLAIN", "alice", "alice-secret"))


@case("tls-scram-sha-256")
def scram_256(names):
    round_trip(names, user(names, "SCRAM-SHA-256"))


@case("tls-scram-sha-512")
def scram_512(names):
    round_trip(names, user(names, "SCRAM-SHA-512"))


@case("tls-oauthbearer")
def oauth(names):
    round_trip(names, bearer())


@case("tls-wrong-password")
def wrong(_names):
    for mechanism in ("PLAIN", *MECHANISMS):
        assert not gets_in(settings(mechanism, "alice", "wrong")), mechanism


suite.run("python-tls")
