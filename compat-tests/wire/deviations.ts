/** Cases in which this broker answers in another way than Apache Kafka on purpose, by title, and why. */
export const deviations: Readonly<Record<string, string>> = {};
