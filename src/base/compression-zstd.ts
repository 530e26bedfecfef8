const MAGIC = 0xfd2fb528;
const FLAG_SINGLE_SEGMENT = 0x20;
const FLAG_CHECKSUM = 0x04;
const BLOCK_RLE = 1;
/** Clients write one frame. Each costs a set-up, so that many tiny ones would take more time than their bytes are worth. */
const MAX_FRAMES = 1000;

/** Where the blocks of a frame begin, and what its header says (RFC 8878, section 3.1.1.1). */
interface FrameHeader {
  readonly blocksAt: number;
  readonly contentSize: number | undefined;
  readonly checksumBytes: number;
}

function readHeader(bytes: Uint8Array, view: DataView): FrameHeader | undefined {
  if (bytes.length < 6 || view.getUint32(0, true) !== MAGIC) return undefined;
  const descriptor = bytes[4]!;
  const singleSegment = (descriptor & FLAG_SINGLE_SEGMENT) !== 0;
  const checksumBytes = (descriptor & FLAG_CHECKSUM) === 0 ? 0 : 4;
  const at = 5 + (singleSegment ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  const code = descriptor >> 6;
  if (code === 0 && !singleSegment) return { blocksAt: at, contentSize: undefined, checksumBytes };
  const width = 1 << code;
  if (bytes.length < at + width) return undefined;
  return { blocksAt: at + width, contentSize: sizeAt(view, at, code), checksumBytes };
}

function sizeAt(view: DataView, at: number, code: number): number {
  if (code === 0) return view.getUint8(at);
  if (code === 1) return view.getUint16(at, true) + 256;
  return code === 2 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}

/** Where the frame ends whose blocks begin at `blocksAt`; undefined when the bytes end before it does. */
function endOfFrame(bytes: Uint8Array, { blocksAt, checksumBytes }: FrameHeader): number | undefined {
  for (let at = blocksAt; at + 3 <= bytes.length; ) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
    const type = (word >> 1) & 3;
    at += 3 + (type === BLOCK_RLE ? 1 : word >> 3);
    if ((word & 1) === 1) return at + checksumBytes <= bytes.length ? at + checksumBytes : undefined;
  }
  return undefined;
}

/** One zstd frame. */
export interface ZstdFrame {
  readonly bytes: Uint8Array;
  /** What the frame declares; whether it is true, the decompressor finds out. */
  readonly contentSize: number | undefined;
}

/**
 * The frames that fill `bytes`, one after another. Decompressors differ in what they do behind a first frame, and not all of them stop at
 * a limit there, so each frame is decompressed by itself. Throws for anything else than frames.
 */
export function zstdFrames(bytes: Uint8Array): ZstdFrame[] {
  const frames: ZstdFrame[] = [];
  for (let rest = bytes; rest.length > 0; ) {
    const header = readHeader(rest, new DataView(rest.buffer, rest.byteOffset, rest.byteLength));
    const end = header === undefined ? undefined : endOfFrame(rest, header);
    if (frames.length === MAX_FRAMES) throw new Error(`more than ${MAX_FRAMES} zstd frames`);
    if (header === undefined || end === undefined) throw new Error('not a whole zstd frame');
    frames.push({ bytes: rest.subarray(0, end), contentSize: header.contentSize });
    rest = rest.subarray(end);
  }
  if (frames.length === 0) throw new Error('not a whole zstd frame');
  return frames;
}
