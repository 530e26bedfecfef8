/**
 * Where the fields of a record batch of magic 2 lie, in bytes from its start (docs/formats/record-batch.md; KIP-98).
 * Base offset, length and leader epoch are outside the CRC, so that a broker can set them without a new one.
 */
export const AT = {
  baseOffset: 0,
  batchLength: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
  records: 61,
} as const;

/** Bytes before the first record. */
export const HEADER_BYTES = AT.records;

/** Base offset and length: what `batchLength` does not count. */
export const PREFIX_BYTES = AT.partitionLeaderEpoch;

/** The smallest record: length, attributes, both deltas, null key, null value and header count of one byte each. */
export const MIN_RECORD_BYTES = 7;

export const ATTRIBUTE = {
  compression: 0x07,
  logAppendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
  deleteHorizon: 0x40,
} as const;

export const NO_TIMESTAMP = -1;
export const NO_PRODUCER_ID = -1;
export const NO_PRODUCER_EPOCH = -1;
export const NO_SEQUENCE = -1;
