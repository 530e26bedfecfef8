import { describe, expect, test } from 'vitest';
import { MemoryDriver } from './script/memory-driver.ts';
import { runScript } from './script/run-script.ts';

/** The script with what happens; the same when it happens as it stands there. */
const outcome = async (script: string, settings = {}): Promise<string> =>
  runScript(script, await MemoryDriver.open(settings));

describe('a group that becomes one of another kind', () => {
  test('gives its classic members their whole time to join again, whatever they were waited for before', async () => {
    const script = `join a session=60000 rebalance=10000
=> a join MEMBER_ID_REQUIRED member=a1
join a session=60000 rebalance=10000
=> a join NONE generation=1 protocol=consumer/range leader=a1 member=a1 [a1(t)]
sync a assign=a1:
=> a sync NONE protocol=consumer/range assignment=
beat b
=> b beat NONE epoch=2 [t-1]
heartbeat a
=> a heartbeat REBALANCE_IN_PROGRESS
advance 9000
beat b epoch=-1
=> b beat NONE epoch=-1
list a
=> a list NONE g/consumer/PreparingRebalance/classic
# The time that the consumer group gave is over now.
advance 2000
list a
=> a list NONE g/consumer/PreparingRebalance/classic
advance 8000
list a
=> a list NONE g/consumer/Empty/classic
`;
    expect(await outcome(script)).toBe(script);
  });

  test('a streams group without members makes room for classic members, who find its offsets', async () => {
    const script = `stream a
=> a stream NONE epoch=2 member=a active=[0-0 0-1] standby=[] warmup=[] known=0
commit a offsets=t-0:5
=> a commit t-0:NONE
join b
=> b join INCONSISTENT_GROUP_PROTOCOL
stream a epoch=-1
=> a stream NONE epoch=-1 member=a known=0
join b member=unknown
=> b join UNKNOWN_MEMBER_ID member=unknown
list b
=> b list NONE g/streams/Empty/streams
join b member=-
=> b join MEMBER_ID_REQUIRED member=b1
join b
=> b join NONE generation=1 protocol=consumer/range leader=b1 member=b1 [b1(t)]
sync b assign=b1:B
=> b sync NONE protocol=consumer/range assignment=B
fetch b
=> b fetch NONE t-0:5
restart
list b
=> b list NONE g/consumer/Stable/classic
fetch b
=> b fetch NONE t-0:5
`;
    expect(await outcome(script, { 'streams.initialRebalanceDelayMs': 0 })).toBe(script);
  });
});
