import { uuidToString } from '../src/base/random.ts';

/** The topic of which keys are deleted. */
export const TOPIC = 'people';
export const TOPIC_ID = uuidToString(new Uint8Array(16).fill(6));
export const PARTITIONS = 2;
/** How the keys of objects are written in the table's metadata. */
export const BASE_URI = 'memory:/objects';
