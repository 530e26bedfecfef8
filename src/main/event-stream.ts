/** One server-sent event. */
export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

/** Longest event that is read. */
const MAX_CHARS = 1024 * 1024;

/** Takes the text of an event stream apart (HTML standard, section 9.2.6), as far as brokers write it: lines end in LF. */
export async function* eventsOf(text: AsyncIterable<string>): AsyncGenerator<ServerEvent> {
  let rest = '';
  for await (const piece of text) {
    const blocks = (rest + piece).split('\n\n');
    rest = blocks.pop() ?? '';
    if (rest.length > MAX_CHARS) throw new RangeError('an event of the broker has no end');
    for (const block of blocks) {
      const event = eventOf(block);
      if (event !== undefined) yield event;
    }
  }
}

/** Comments and what only concerns the connection are no events. */
function eventOf(block: string): ServerEvent | undefined {
  let name = 'message';
  let data: string | undefined;
  for (const line of block.split('\n')) {
    const [, field, value = ''] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (field === 'event') name = value;
    else if (field === 'data') data = data === undefined ? value : `${data}\n${value}`;
  }
  return data === undefined ? undefined : { name, data };
}
