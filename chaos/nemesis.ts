import { scheduler } from 'node:timers/promises';
import type { Random } from '../src/base/random.ts';
import { below } from '../src/base/random.ts';
import type { Victim } from './broker.ts';
import { FAIR, type Proxy, type Weather } from './proxy.ts';

/** What faults act upon. */
export interface Theatre {
  readonly victim: Victim;
  readonly proxy: Proxy;
  readonly random: Random;
  readonly note: (what: string) => void;
}

const between = (random: Random, from: number, to: number): number => from + below(random, to - from);

async function badWeather({ proxy }: Theatre, weather: Partial<Weather>, ms: number): Promise<void> {
  proxy.weather = { ...FAIR, ...weather };
  await scheduler.wait(ms);
  proxy.weather = FAIR;
  // A half-open connection is noticed by nobody until it is cut.
  proxy.cut();
}

type Fault = (theatre: Theatre) => Promise<void>;

/** The faults by name; each leaves the world whole. */
const FAULTS: Readonly<Record<string, Fault>> = {
  async kill({ victim, random }) {
    await victim.kill();
    await scheduler.wait(between(random, 0, 1500));
    await victim.start();
  },
  /** Again, while recovery or what follows is at work. */
  async 'kill twice'({ victim, random }) {
    for (let i = 0; i < 2; i++) {
      await victim.kill();
      await victim.start();
      await scheduler.wait(between(random, 0, 400));
    }
  },
  async pause({ victim, random }) {
    victim.pause();
    await scheduler.wait(between(random, 500, 9000));
    victim.resume();
  },
  async cut({ proxy, random }) {
    for (let i = between(random, 1, 6); i > 0; i--) {
      proxy.cut();
      await scheduler.wait(between(random, 10, 400));
    }
  },
  'no answers': (theatre) => badWeather(theatre, { silent: 'to-client' }, between(theatre.random, 500, 7000)),
  'no requests': (theatre) => badWeather(theatre, { silent: 'to-broker' }, between(theatre.random, 500, 7000)),
  unreachable: (theatre) => badWeather(theatre, { silent: 'both', refuses: true }, between(theatre.random, 500, 7000)),
  slow: (theatre) =>
    badWeather(theatre, { slowMs: between(theatre.random, 20, 400) }, between(theatre.random, 2000, 8000)),
};

/** Faults of a random subset in random order, with quiet periods, until `until` says stop. Throws when the broker dies by itself. */
export async function torment(theatre: Theatre, until: () => boolean): Promise<void> {
  const { random, victim, note } = theatre;
  const names = Object.keys(FAULTS);
  while (!until()) {
    const subset = names.filter(() => below(random, 2) === 0);
    for (let i = 0; i < 4 && subset.length > 0 && !until(); i++) {
      const name = subset[below(random, subset.length)] ?? 'kill';
      note(name);
      await FAULTS[name]?.(theatre);
      if (!victim.alive) throw new Error('the broker ended by itself');
      await scheduler.wait(between(random, 200, 4000));
    }
    await scheduler.wait(between(random, 1000, 6000));
  }
}
