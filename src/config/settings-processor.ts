import { wrongClass } from '../base/storage-classes.ts';
import { choice, decimal, flag, integer, type SettingType, setting } from './types.ts';

const storageClass: SettingType<string> = {
  describe: 'a storage class',
  parse(value) {
    const wrong = value === '' ? undefined : wrongClass(value);
    if (wrong !== undefined) throw new Error(wrong);
    return value;
  },
};

/** What keys of objects may begin with: every store can hold them. */
const keyPrefix: SettingType<string> = {
  describe: 'names joined by single slashes',
  parse(value) {
    const sound = value.split('/').every((name) => !['', '.', '..'].includes(name) && Buffer.byteLength(name) <= 255);
    if (!sound || Buffer.byteLength(value) > 900 || /[\p{Cc}\\]/u.test(value))
      throw new Error(`expected names joined by single slashes, got '${value}'`);
    return value;
  },
};

/** Background work: packs, text indexes, deletion. */
export const processorSettings = {
  'processor.mode': setting(
    choice('normal', 'recovery', 'maintenance'),
    'normal',
    'How the processor runs.',
    'PROCESSOR_MODE',
  ),
  'processor.profile': setting(
    choice('default', 'low-latency', 'high-throughput', 'debugging'),
    'default',
    'A named set of defaults for the processor settings; see docs/operations.md.',
  ),
  'processor.interval.ms': setting(integer(100), 30_000, 'Pause between runs over the sealed WAL segments.'),
  'processor.min.segment.age.ms': setting(
    integer(0),
    10_000,
    'Age that a sealed WAL segment must have before it is packed.',
  ),
  'processor.max.segments.per.run': setting(integer(1), 100, 'WAL segments taken by one run.'),
  'processor.delete.after.index': setting(flag, true, 'Let a WAL segment go once packs and indexes hold it.'),
  'processor.parallel.indexing': setting(flag, true, 'Work on several WAL segments at once.'),
  'processor.max.concurrent.tasks': setting(integer(1, 64), 4, 'Segments worked on at once when parallel.'),
  'processor.max.concurrent.uploads': setting(integer(1, 64), 4, 'Uploads to the object store at once.'),
  'processor.index.base.path': setting(keyPrefix, 'indexes', 'Prefix of text-segment objects in the object store.'),
  'processor.retry.attempts': setting(integer(1), 5, 'Attempts of an upload within one run; the next run tries again.'),
  'processor.retry.base.ms': setting(integer(1), 200, 'First pause between attempts; each next one is longer.'),
  'processor.retry.max.ms': setting(integer(1), 10_000, 'Longest pause between attempts.'),
  'processor.retry.factor': setting(decimal(1, 10), 2.5, 'How much longer each next pause is.'),
  'processor.replay.batch.size': setting(
    integer(1, 1_000_000),
    1000,
    'Entries of the log that search takes in, and records that tables take in, before other work of their thread has its turn.',
  ),
  'processor.replay.interval.ms': setting(
    integer(10, 600_000),
    5000,
    'Longest pause between two looks at the log for search when nothing says that it has grown.',
  ),
  'processor.garbage.grace.ms': setting(integer(0), 60_000, 'Time before an object that nothing refers to is deleted.'),
  'storage.class': setting(
    storageClass,
    '',
    'Default of the topic setting `quarry.storage.class`: the class of the object store in which old objects are kept.',
  ),
  'storage.class.after.ms': setting(
    integer(0),
    30 * 86_400_000,
    'Default of the topic setting `quarry.storage.class.after.ms`: age at which an object moves to it.',
  ),
  'storage.class.interval.ms': setting(
    integer(10),
    3_600_000,
    'Pause between two looks for objects that are old enough for another storage class.',
  ),
  'processor.jobs.max.concurrent': setting(integer(1, 64), 8, 'Background jobs of all kinds at once.'),
  'processor.scrub.bytes.per.second': setting(
    integer(0),
    4 * 1024 * 1024,
    'Rate at which stored segments are read back and checked; 0 is never.',
  ),
  'processor.scrub.interval.ms': setting(
    integer(1000),
    86_400_000,
    'Pause between two passes that read all stored segments back.',
  ),
  'index.memory.bytes': setting(
    integer(1024 * 1024),
    64 * 1024 * 1024,
    'Memory of live text indexes above which the largest are sealed.',
  ),
} as const;

/** What each profile changes; a setting given explicitly wins. */
export const profiles: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  default: {},
  'low-latency': {
    'processor.interval.ms': '10000',
    'processor.min.segment.age.ms': '5000',
    'processor.max.segments.per.run': '200',
    'processor.max.concurrent.tasks': '8',
  },
  'high-throughput': {
    'processor.interval.ms': '300000',
    'processor.min.segment.age.ms': '60000',
    'processor.max.segments.per.run': '1000',
    'processor.max.concurrent.tasks': '16',
  },
  debugging: {
    'processor.interval.ms': '5000',
    'processor.min.segment.age.ms': '1000',
    'processor.max.segments.per.run': '10',
    'processor.delete.after.index': 'false',
    'processor.parallel.indexing': 'false',
  },
};
