import type { Codec, Codecs } from '../../protocol/records/index.ts';
import { assert } from '../base/assert.ts';

const none: Codec = {
  compress() {
    assert(false, 'a batch without compression needs no codec');
  },
  decompress() {
    assert(false, 'a batch without compression needs no codec');
  },
};

/** For batches that are known to be without compression. */
export const NO_CODECS: Codecs = { gzip: none, snappy: none, lz4: none, zstd: none };
