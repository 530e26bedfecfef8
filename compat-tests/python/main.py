"""confluent-kafka (librdkafka): BOOTSTRAP, PREFIX and ONLY come from the environment."""
import group_cases  # noqa: F401  groups first: they wait a lot, and the rest fills the lanes beside them
import produce_cases  # noqa: F401
import consume_cases  # noqa: F401
import transaction_cases  # noqa: F401
import admin_cases  # noqa: F401
import suite

suite.run()
