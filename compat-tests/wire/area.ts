import type { World } from './world.ts';

/** Cases by a sentence: what is sent. What comes back is the golden file's. */
export type WireCases = Readonly<Record<string, (world: World) => Promise<unknown>>>;

/** Cases about one part of the protocol. They run in order, and see what earlier ones left behind. */
export interface WireArea {
  readonly name: string;
  readonly cases: WireCases;
}
