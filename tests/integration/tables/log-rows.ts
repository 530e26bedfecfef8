import type { Kafka } from 'kafkajs';
import type { Row } from './lake.ts';

/** Every committed record of a topic as a Kafka client reads it, by partition and offset. */
export async function logRows(kafka: Kafka, topic: string, count: number): Promise<Row[]> {
  const consumer = kafka.consumer({ groupId: `rows-${topic}-${count}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const rows: Row[] = [];
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachMessage: ({ partition, message }) => {
          const key = message.key?.toString() ?? null;
          rows.push({ partition, offset: Number(message.offset), key, value: message.value?.toString() ?? null });
          if (rows.length === count) resolve();
          return Promise.resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return rows.sort((left, right) => left.partition - right.partition || left.offset - right.offset);
}
