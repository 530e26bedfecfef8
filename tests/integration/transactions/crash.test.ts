import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { programFlags } from '../../../scripts/node24.mjs';
import { temporaryFolder } from '../broker/process.ts';
import { type RunsOn, TransactionScript } from './script.ts';

const PROGRAM = join(import.meta.dirname, 'crashing-broker.ts');

/** The broker in a process of its own, that ends at a moment of a transaction and is started again on its data. */
class MortalBroker implements RunsOn {
  readonly #data = temporaryFolder();
  #child: ChildProcess | undefined;

  async start(): Promise<number> {
    const child = fork(PROGRAM, [this.#data.path], { execArgv: programFlags() });
    this.#child = child;
    const [bootstrap] = (await once(child, 'message')) as [string];
    return Number(bootstrap.split(':').pop());
  }

  async crashAt(moment: string): Promise<void> {
    this.#child?.send(moment);
    await once(this.#child!, 'message');
  }

  async restart(): Promise<number> {
    await this.#end();
    return this.start();
  }

  async #end(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async remove(): Promise<void> {
    await this.#end();
    this.#data.remove();
  }
}

let broker: MortalBroker | undefined;
afterEach(async () => broker?.remove());

/** Runs a script whose lines are given with what they should give. */
async function plays(script: string): Promise<void> {
  broker = new MortalBroker();
  const port = await broker.start();
  const trimmed = script.replace(/^ +/gm, '').trim();
  expect(await new TransactionScript(port, '', broker).run(trimmed)).toBe(`${trimmed}\n`);
}

test.for(['decided', 'marked', 'completed'])(
  'a commit that was interrupted when it was %s is carried out at the start',
  (moment) =>
    plays(`
    topic t
    => NONE
    init p
    => NONE A 0
    produce p t-0 t-1
    => t-0:NONE@0 t-1:NONE@0
    offsets p g t-0:5
    => t-0:NONE
    crash ${moment}
    => done
    end p commit
    => closed
    restart broker
    => done
    describe p
    => CompleteCommit A 1
    log t-0
    => end=2 stable=2
    log t-1
    => end=2 stable=2
    fetch g t-0 stable
    => t-0:5
    end p commit
    => NONE A 1
    produce p t-0
    => t-0:NONE@2
    end p abort
    => NONE A 2
    log t-0
    => end=4 stable=4`),
);

test.for(['decided', 'marked', 'completed'])('so is an abort of an older client, when it was %s', (moment) =>
  plays(`
    topic t
    => NONE
    init p v=4
    => NONE A 0
    add p t-0
    => t-0:NONE
    produce p t-0 v=11
    => t-0:NONE@0
    add-offsets p g
    => NONE
    offsets p g t-0:5 v=3
    => t-0:NONE
    crash ${moment}
    => done
    end p abort v=4
    => closed
    restart broker
    => done
    describe p
    => CompleteAbort A 0
    log t-0
    => end=2 stable=2
    fetch g t-0 stable
    => t-0:-1
    end p abort v=4
    => NONE
    add p t-0
    => t-0:NONE
    produce p t-0 v=11
    => t-0:NONE@2
    end p commit v=4
    => NONE
    log t-0
    => end=4 stable=4`),
);

test('a transaction of version 2 that is going on when the process dies goes on after the start', () =>
  plays(`
    topic t
    => NONE
    init p
    => NONE A 0
    produce p t-0 t-1
    => t-0:NONE@0 t-1:NONE@0
    offsets p g t-0:5
    => t-0:NONE
    init q
    => NONE B 0
    offsets q h t-0:7
    => t-0:NONE
    restart broker
    => done
    describe p
    => Ongoing A 0 t-0 t-1
    describe q
    => Ongoing B 0
    log t-0
    => end=1 stable=0
    fetch g t-0 stable
    => t-0:UNSTABLE_OFFSET_COMMIT
    produce p t-0
    => t-0:NONE@1
    end p commit
    => NONE A 1
    end q abort
    => NONE B 1
    log t-0
    => end=3 stable=3
    fetch g t-0 stable
    => t-0:5
    fetch h t-0 stable
    => t-0:-1`));

test('the next transaction, begun right after the end of the last one, is not ended with it', () =>
  plays(`
    topic t
    => NONE
    init p
    => NONE A 0
    produce p t-0
    => t-0:NONE@0
    end p commit
    => NONE A 1
    produce p t-0 t-1
    => t-0:NONE@2 t-1:NONE@0
    restart broker
    => done
    describe p
    => Ongoing A 1 t-0 t-1
    log t-0
    => end=3 stable=2
    end p commit
    => NONE A 2
    log t-1
    => end=2 stable=2`));
