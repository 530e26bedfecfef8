/** Subscription bytes of a text like `t|u@1`: topics, and user data after the `@` (ConsumerProtocolSubscription version 0). */
export function subscriptionBytes(text: string): Uint8Array {
  const [topicText = '', userData] = text.split('@');
  const topics = topicText === '' ? [] : topicText.split('|');
  const parts: Buffer[] = [Buffer.alloc(6)];
  parts[0]?.writeInt32BE(topics.length, 2);
  for (const topic of topics) {
    const length = Buffer.alloc(2);
    length.writeInt16BE(topic.length);
    parts.push(length, Buffer.from(topic));
  }
  const userLength = Buffer.alloc(4);
  userLength.writeInt32BE(userData === undefined ? -1 : userData.length);
  parts.push(userLength, Buffer.from(userData ?? ''));
  return new Uint8Array(Buffer.concat(parts));
}

/** Reverse of `subscriptionBytes`. */
export function subscriptionText(bytes: Uint8Array): string {
  if (bytes.length === 0) return '';
  const view = Buffer.from(bytes);
  const topics: string[] = [];
  let at = 6;
  for (let i = view.readInt32BE(2); i > 0; i--) {
    const length = view.readInt16BE(at);
    topics.push(view.toString('utf8', at + 2, at + 2 + length));
    at += 2 + length;
  }
  const user = view.readInt32BE(at);
  return topics.join('|') + (user < 0 ? '' : `@${view.toString('utf8', at + 4)}`);
}
