import { describe, expect, test } from 'vitest';
import { topicConfig, topicConfigs, toLogConfig } from '../../../src/log/topic-configs.ts';
import { InvalidValue } from '../../../src/log/topic-configs-types.ts';

const parse = (name: string, text: string): string => {
  try {
    return topicConfig(name)!.kind.parse(text);
  } catch (error) {
    if (error instanceof InvalidValue) return error.message;
    throw error;
  }
};

// What Apache Kafka 4.3.1 accepts and refuses, asked of it by CreateTopics with validateOnly.
describe('topic configs', () => {
  test.each([
    [
      'cleanup.policy',
      ['', 'delete', 'compact', 'compact,delete', 'delete,delete', 'compact, delete'],
      ['abc', 'Delete'],
    ],
    ['compression.gzip.level', ['-1', '1', '9', ' 5 '], ['', '0', '10', '-2', '5.0', '2147483648']],
    ['compression.lz4.level', ['1', '17'], ['0', '18', '-1']],
    ['compression.type', ['gzip', 'uncompressed', 'producer'], ['none', 'GZIP', '']],
    ['compression.zstd.level', ['-3', '0', '22'], ['23']],
    ['delete.retention.ms', ['0', '9223372036854775807'], ['-1', '9223372036854775808', 'abc', '1.5']],
    ['flush.messages', ['1'], ['0']],
    ['flush.ms', ['0'], ['-1']],
    ['follower.replication.throttled.replicas', ['', '*', '0:1,1:1'], ['abc', '1', 'compact, delete']],
    ['index.interval.bytes', ['0'], ['-1', '2147483648']],
    ['local.retention.ms', ['-2'], ['-3']],
    ['max.compaction.lag.ms', ['1'], ['0']],
    ['max.message.bytes', ['0', '2147483647'], ['-1', '2147483648']],
    ['message.timestamp.type', ['CreateTime', 'LogAppendTime'], ['createtime']],
    ['min.cleanable.dirty.ratio', ['0', '1', '0.5'], ['', '1.5', '-0.1', 'abc']],
    ['min.insync.replicas', ['1', '9'], ['0']],
    ['preallocate', ['true', 'TRUE'], ['yes', '', '1']],
    ['remote.storage.enable', ['false'], ['true', 'yes']],
    ['retention.bytes', ['-3', '-1', '0'], ['']],
    ['retention.ms', ['-1', '0'], ['-2']],
    ['segment.bytes', ['1048576', '2147483647'], ['1048575', '0']],
    ['segment.index.bytes', ['4'], ['3']],
    ['segment.ms', ['1'], ['0']],
  ])('%s takes %j and refuses %j', (name, good, bad) => {
    const { kind } = topicConfig(name)!;
    for (const text of good) expect(() => kind.parse(text)).not.toThrow();
    for (const text of bad) expect(() => kind.parse(text), text).toThrow(InvalidValue);
  });

  test('values are kept in one form', () => {
    expect(parse('retention.ms', ' +5 ')).toBe('5');
    expect(parse('preallocate', 'TRUE')).toBe('true');
    expect(parse('cleanup.policy', 'compact, delete,compact')).toBe('compact,delete');
    expect(parse('min.cleanable.dirty.ratio', '1')).toBe('1.0');
    expect(parse('retention.ms', 'abc')).toBe('Not a number of type LONG');
  });

  test('there is every config of Apache Kafka 4.3 and ours, sorted, each with a default that it takes itself', () => {
    expect(topicConfigs.filter(({ name }) => !name.startsWith('quarry.'))).toHaveLength(33);
    expect(topicConfigs.map(({ name }) => name)).toEqual(topicConfigs.map(({ name }) => name).sort());
    for (const { kind, default: value } of topicConfigs) expect(kind.parse(value)).toBe(value);
  });

  test('without any setting a log has the meanings of the defaults', () => {
    expect(toLogConfig(new Map(), new Map())).toEqual({
      retentionMs: 604_800_000,
      retentionBytes: -1,
      maxMessageBytes: 1_048_588,
      compressionType: 'producer',
      timestampType: 'CreateTime',
      timestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
      timestampAfterMaxMs: 3_600_000,
      segmentBytes: 1_073_741_824,
      segmentMs: 604_800_000,
      deleteRetentionMs: 86_400_000,
      minCompactionLagMs: 0,
      maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
      minCleanableRatio: 0.5,
      compact: false,
      delete: true,
    });
  });

  test('any negative retention.bytes means no limit', () => {
    expect(toLogConfig(new Map([['retention.bytes', '-3']]), new Map()).retentionBytes).toBe(-1);
  });
});
