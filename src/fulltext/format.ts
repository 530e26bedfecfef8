import { type Analyzer, keywordAnalyzer, standardAnalyzer } from './analyzer.ts';
import { ByteReader, ByteWriter } from './bytes.ts';

/**
 * The text segment, version 1; docs/formats/text-segment.md describes it.
 *
 *   body (pages of 32 KiB, a CRC-32C each in the directory) · directory · footer (40 bytes)
 *
 * The body holds, wherever the directory says: positions, postings, dictionary blocks, columns. Positions in the file count from
 * the start of the segment, which may lie anywhere in an object.
 */
export const textFormat = {
  version: 1,
  magic: new TextEncoder().encode('QTEXTSEG'),
  footerBytes: 40,
  pageBytes: 32 * 1024,
  /** Bytes of terms after which a dictionary block is closed. */
  blockBytes: 32 * 1024,
  /** A block is closed before its last term; a term, and what is said of it in all fields, is bounded by this. */
  maxBlockBytes: 4 * 1024 * 1024,
  /** Documents per postings block. */
  postingsBlock: 128,
  /** Values per block of a number column, and documents per block of timestamps. */
  columnBlock: 2048,
  /** Positions of a term that occurs in one document lie in the dictionary when they are at most so many. */
  inlinePositions: 4,
} as const;

/** A run of bytes of the body. */
export interface Region {
  readonly position: number;
  readonly length: number;
}

/** One block of a number column: `count` values in ascending order, `low` to `high`. */
export interface NumberBlock extends Region {
  readonly count: number;
  readonly low: number;
  readonly high: number;
}

/** Times of `textFormat.columnBlock` documents (the last block: fewer). */
export interface TimeBlock extends Region {
  readonly low: number;
  readonly high: number;
}

export interface DictionaryBlock extends Region {
  /** Bytes when inflated. */
  readonly rawLength: number;
  readonly firstTerm: Uint8Array;
  /** Where the postings and positions of the block's first term lie. */
  readonly postings: number;
  readonly positions: number;
}

export interface FieldEntry {
  readonly name: string;
  readonly analyzer: Analyzer;
  /** Documents with a text value. */
  readonly documents: number;
  readonly tokens: number;
  /** The set of these documents, and their norms: a byte each, or one byte when all are equal. */
  readonly texts: Region;
  readonly norms: Region;
  /** The set of documents with a number. */
  readonly numberDocuments: Region;
  readonly numbers: readonly NumberBlock[];
  readonly dates: readonly NumberBlock[];
}

/** Everything that a reader must know before it reads anything else. */
export interface TextDirectory {
  readonly partition: number;
  /** Offsets covered: [baseOffset, lastOffset]. */
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly documents: number;
  readonly minTimestamp: number;
  readonly maxTimestamp: number;
  /** Runs of consecutive offsets. */
  readonly offsets: Region;
  readonly timestamps: readonly TimeBlock[];
  readonly fields: readonly FieldEntry[];
  readonly text: readonly DictionaryBlock[];
  readonly keyword: readonly DictionaryBlock[];
  readonly pageCrcs: Uint32Array;
}

const analyzers = [standardAnalyzer, keywordAnalyzer];

/** The directory's bytes. */
export function writeDirectory(directory: TextDirectory): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter(4096);
  out.varint(directory.partition);
  out.varint(directory.baseOffset);
  out.varint(directory.lastOffset);
  out.varint(directory.documents);
  out.signed(directory.minTimestamp);
  out.signed(directory.maxTimestamp);
  writeRegion(out, directory.offsets);
  out.varint(directory.timestamps.length);
  for (const block of directory.timestamps) {
    writeRegion(out, block);
    out.signed(block.low);
    out.signed(block.high);
  }
  out.varint(analyzers.length);
  for (const { name, version } of analyzers) {
    out.text(name);
    out.varint(version);
  }
  out.varint(directory.fields.length);
  for (const field of directory.fields) writeField(out, field);
  writeBlocks(out, directory.text);
  writeBlocks(out, directory.keyword);
  out.varint(directory.pageCrcs.length);
  for (const crc of directory.pageCrcs) out.uint32(crc);
  return out.view();
}

function writeRegion(out: ByteWriter, { position, length }: Region): void {
  out.varint(position);
  out.varint(length);
}

function writeField(out: ByteWriter, field: FieldEntry): void {
  out.text(field.name);
  out.varint(analyzers.findIndex(({ name }) => name === field.analyzer.name));
  out.varint(field.documents);
  out.varint(field.tokens);
  writeRegion(out, field.texts);
  writeRegion(out, field.norms);
  writeRegion(out, field.numberDocuments);
  for (const column of [field.numbers, field.dates]) {
    out.varint(column.length);
    for (const block of column) {
      writeRegion(out, block);
      out.varint(block.count);
      out.double(block.low);
      out.double(block.high);
    }
  }
}

function writeBlocks(out: ByteWriter, blocks: readonly DictionaryBlock[]): void {
  out.varint(blocks.length);
  for (const block of blocks) {
    writeRegion(out, block);
    out.varint(block.rawLength);
    out.varint(block.firstTerm.length);
    out.raw(block.firstTerm);
    out.varint(block.postings);
    out.varint(block.positions);
  }
}

/** Reads a directory; `bodyLength` is where the body ends: nothing may point beyond it. */
export function readDirectory(bytes: Uint8Array, objectKey: string, bodyLength: number): TextDirectory {
  const input = new ByteReader(bytes, objectKey);
  const region = (): Region => readRegion(input, bodyLength);
  const partition = input.upTo(0x7fffffff, 'partition');
  const baseOffset = input.varint();
  const lastOffset = input.varint();
  const documents = input.upTo(Math.min(0x7fffffff, bodyLength), 'number of documents');
  if (lastOffset < baseOffset || documents > lastOffset - baseOffset + 1) input.fail('covers no offsets');
  const minTimestamp = input.signed();
  const maxTimestamp = input.signed();
  const offsets = region();
  const timestamps = readTimes(input, region, documents);
  const known = list(input, 2, 'analyzers', () => ({ name: input.text(), version: input.varint() }));
  const fields = list(input, 8, 'fields', () => readField(input, region, known, documents));
  const text = list(input, 5, 'dictionary blocks', () => readBlock(input, region));
  const keyword = list(input, 5, 'dictionary blocks', () => readBlock(input, region));
  const pages = input.count(4, 'pages');
  if (pages !== Math.ceil(bodyLength / textFormat.pageBytes)) input.fail('has a wrong number of pages');
  const pageCrcs = Uint32Array.from({ length: pages }, () => input.uint32());
  if (input.remaining !== 0) input.fail('has bytes left after its directory');
  const times = { minTimestamp, maxTimestamp, timestamps };
  return { partition, baseOffset, lastOffset, documents, ...times, offsets, fields, text, keyword, pageCrcs };
}

function list<T>(input: ByteReader, bytesEach: number, what: string, read: () => T): T[] {
  const count = input.count(bytesEach, what);
  const items: T[] = [];
  for (let i = 0; i < count; i++) items.push(read());
  return items;
}

function readRegion(input: ByteReader, bodyLength: number): Region {
  const position = input.upTo(bodyLength, 'position');
  const length = input.upTo(bodyLength - position, 'length');
  return { position, length };
}

function readTimes(input: ByteReader, region: () => Region, documents: number): TimeBlock[] {
  const blocks = list(input, 4, 'time blocks', () => ({ ...region(), low: input.signed(), high: input.signed() }));
  if (blocks.length !== Math.ceil(documents / textFormat.columnBlock)) input.fail('has a wrong number of time blocks');
  return blocks;
}

function readField(input: ByteReader, region: () => Region, known: readonly Analyzer[], total: number): FieldEntry {
  const name = input.text();
  const analyzer = known[input.varint()] ?? input.fail('names an analyzer that it does not have');
  const documents = input.upTo(total, 'number of documents');
  const tokens = input.varint();
  const regions = { texts: region(), norms: region(), numberDocuments: region() };
  const column = (): NumberBlock[] =>
    list(input, 19, 'number blocks', () => {
      const place = region();
      const count = input.upTo(textFormat.columnBlock, 'values of a block');
      return { ...place, count, low: input.double(), high: input.double() };
    });
  return { name, analyzer, documents, tokens, ...regions, numbers: column(), dates: column() };
}

function readBlock(input: ByteReader, region: () => Region): DictionaryBlock {
  const place = region();
  const rawLength = input.upTo(textFormat.maxBlockBytes, 'dictionary block length');
  const firstTerm = input.raw(input.count(1, 'term bytes'));
  return { ...place, rawLength, firstTerm, postings: input.varint(), positions: input.varint() };
}

/** What the last 40 bytes of a segment say. */
export interface TextFooter {
  readonly directoryPosition: number;
  readonly directoryLength: number;
  readonly directoryCrc: number;
}

/** The footer: directory position, length and CRC, version, magic, and the footer's own CRC in front of the magic. */
export function writeFooter(footer: TextFooter, crc32c: (bytes: Uint8Array) => number): Uint8Array {
  const out = new ByteWriter(textFormat.footerBytes);
  writeFixed(out, footer.directoryPosition);
  writeFixed(out, footer.directoryLength);
  out.uint32(footer.directoryCrc);
  out.uint32(textFormat.version);
  out.uint32(0);
  out.uint32(crc32c(out.view()));
  out.raw(textFormat.magic);
  return out.view();
}

/** A 48-bit integer in eight bytes. */
function writeFixed(out: ByteWriter, value: number): void {
  out.uint32(value % 0x100000000);
  out.uint32(Math.floor(value / 0x100000000));
}

/** Reads the footer of a segment of `length` bytes. */
export function readFooter(
  bytes: Uint8Array,
  objectKey: string,
  length: number,
  crc32c: (bytes: Uint8Array) => number,
): TextFooter {
  const input = new ByteReader(bytes, objectKey);
  if (bytes.length !== textFormat.footerBytes) input.fail('is shorter than a footer');
  if (Buffer.compare(bytes.subarray(32), textFormat.magic) !== 0) input.fail('is not a text segment');
  const directoryPosition = input.uint32() + input.uint32() * 0x100000000;
  const directoryLength = input.uint32() + input.uint32() * 0x100000000;
  const directoryCrc = input.uint32();
  const version = input.uint32();
  input.skip(4);
  if (input.uint32() !== crc32c(bytes.subarray(0, 28))) input.fail('has a wrong CRC in its footer');
  if (version !== textFormat.version) input.fail(`has version ${version}; this program reads ${textFormat.version}`);
  if (directoryPosition + directoryLength + textFormat.footerBytes !== length) input.fail('has a wrong length');
  return { directoryPosition, directoryLength, directoryCrc };
}
