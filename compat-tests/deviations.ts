/**
 * Cases of the conformance program that pass on Apache Kafka and not on Quarry, each with its reason. `npm run test:compat`
 * forgives these and no others, and complains of one that passes.
 */
export const deviations: Readonly<Record<string, string>> = {
  'admin-unregister-unknown-broker':
    'UnregisterBroker (64) is not served: there is one broker, and it cannot be without itself',
};
