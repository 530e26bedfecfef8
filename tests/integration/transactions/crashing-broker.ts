/** A broker that ends itself as by kill −9 at the moment that its parent names. Arguments: data directory. */
import { Broker } from '../../../src/broker/index.ts';

let moment = '';
process.on('message', (named) => {
  moment = String(named);
  process.send?.('understood');
});
const broker = await Broker.start({
  settings: { 'data.dir': process.argv[2] ?? '', search: false },
  parts: {
    reached(reached) {
      if (reached === moment) process.kill(process.pid, 'SIGKILL');
    },
  },
});
process.send?.(broker.bootstrap);
