/** What is answered where Apache Kafka fails inside, and says UNKNOWN_SERVER_ERROR. */
const KAFKA_FAILS = 'Apache Kafka fails inside and says UNKNOWN_SERVER_ERROR; here the code says what is wrong';
/** Where it never answers, so that the client waits for its time-out. */
const KAFKA_HANGS = 'Apache Kafka never answers; here the code says what is wrong';

/** What would change who may come in. */
const SECURITY = 'configs of listeners and their security cannot change while the broker runs, and say so';

/** Cases in which this broker answers in another way than Apache Kafka on purpose, by title, and why. */
export const deviations: Readonly<Record<string, string>> = {
  'produce: records that are null': KAFKA_HANGS,
  'produce: the same partition twice':
    'Apache Kafka appends the last of the two batches only, and answers once; here both are appended and answered',
  'metadata: Metadata by neither name nor id': KAFKA_FAILS,
  'topics: CreateTopics with more replicas than brokers':
    'replication factors up to 3 are taken, because tools ask for them: docs/operations.md says what they get',
  'topics: CreatePartitions to more than a request may make': KAFKA_FAILS,
  'cluster: UpdateFeatures of kraft.version': 'there is no KRaft here, so its feature is not offered',
  'configs: DescribeConfigs of this broker, a secret': SECURITY,
  'broker configs: sasl.enabled.mechanisms=GSSAPI': SECURITY,
  'broker configs: ssl.cipher.suites=': SECURITY,
  'broker configs: ssl.client.auth=none': SECURITY,
  'broker configs: ssl.enabled.protocols=TLSv1.2,TLSv1.3': SECURITY,
  'configs: IncrementalAlterConfigs of an unknown operation': KAFKA_FAILS,
  'configs: IncrementalAlterConfigs of a negative operation': KAFKA_FAILS,
  'configs: AlterConfigs of the same topic twice': KAFKA_HANGS,
  'transactions: AddPartitionsToTxn of no transactions': KAFKA_HANGS,
  'share groups: ShareFetch by an unknown topic id': KAFKA_FAILS,
  'security: AlterUserScramCredentials without a password': KAFKA_FAILS,
};
