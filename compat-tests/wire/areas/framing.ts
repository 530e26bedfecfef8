import { apiVersionsApi, apis, fetchApi, metadataApi } from '../../../protocol/messages/index.ts';
import type { WireArea, WireCases } from '../area.ts';
import type { World } from '../world.ts';

const metadata = { topics: null, includeClusterAuthorizedOperations: false, includeTopicAuthorizedOperations: false };

/** The frame of a Metadata request, changed. */
function metadataFrame(world: World, change: (frame: Buffer) => Buffer): Promise<unknown> {
  return world.raw(change(world.frame(metadataApi, 9, metadata)));
}

function relabelled(frame: Buffer, key: number, version: number): Buffer {
  frame.writeInt16BE(key, 4);
  frame.writeInt16BE(version, 6);
  return frame;
}

/** Above and below what is advertised, for each API with a broker's listener. */
const versions: WireCases = Object.fromEntries(
  apis
    .filter(({ key }) => key !== apiVersionsApi.key && key !== 71 && key !== 72)
    .map((api) => [
      `${api.name} in the version above its last`,
      (world: World) => metadataFrame(world, (frame) => relabelled(frame, api.key, api.versions[1] + 1)),
    ]),
);

export const framing: WireArea = {
  name: 'framing',
  cases: {
    'an API that does not exist': (world) => metadataFrame(world, (frame) => relabelled(frame, 999, 0)),
    'a negative API key': (world) => metadataFrame(world, (frame) => relabelled(frame, -1, 0)),
    'a negative version': (world) => metadataFrame(world, (frame) => relabelled(frame, 3, -1)),
    'an API between brokers (LeaderAndIsr)': (world) => metadataFrame(world, (frame) => relabelled(frame, 4, 7)),
    'an API of controllers (Vote)': (world) => metadataFrame(world, (frame) => relabelled(frame, 52, 0)),
    'Fetch in a version that Kafka 4 dropped': (world) =>
      metadataFrame(world, (frame) => relabelled(frame, fetchApi.key, 3)),
    'a body that is cut off': (world) =>
      metadataFrame(world, (frame) => {
        const cut = Buffer.from(frame.subarray(0, frame.length - 2));
        cut.writeInt32BE(cut.length - 4, 0);
        return cut;
      }),
    'bytes after the body': (world) =>
      metadataFrame(world, (frame) => {
        const longer = Buffer.concat([frame, Buffer.alloc(5)]);
        longer.writeInt32BE(longer.length - 4, 0);
        return longer;
      }),
    'a negative length': (world) => world.raw(Buffer.of(0xff, 0xff, 0xff, 0xff)),
    'a length above socket.request.max.bytes': (world) => world.raw(Buffer.of(0x7f, 0xff, 0xff, 0xff)),
    'an empty frame': (world) => world.raw(Buffer.of(0, 0, 0, 0)),
    'an HTTP request': (world) => world.raw(Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')),
    'no client id': (world) => world.ask(metadataApi, 9, metadata, { clientId: null }),
    'ApiVersions without the name of the client': (world) =>
      world.ask(apiVersionsApi, 3, { clientSoftwareName: '', clientSoftwareVersion: '1' }),
    'ApiVersions with a name that is none': (world) =>
      world.ask(apiVersionsApi, 3, { clientSoftwareName: 'a b', clientSoftwareVersion: '1' }),
    'ApiVersions with a version that is none': (world) =>
      world.ask(apiVersionsApi, 4, { clientSoftwareName: 'a', clientSoftwareVersion: '-' }),
    'ApiVersions in a version that does not exist': async (world) => {
      const frame = world.frame(apiVersionsApi, 4, { clientSoftwareName: 'a', clientSoftwareVersion: '1' });
      const reply = await world.raw(relabelled(frame, apiVersionsApi.key, 99));
      world.write(`error ${reply?.readInt16BE(4)}, ${reply?.readInt32BE(6)} API`);
    },
    'ApiVersions v3 leaves out features that can be at level 0': (world) =>
      world.ask(
        apiVersionsApi,
        3,
        { clientSoftwareName: 'a', clientSoftwareVersion: '1' },
        { show: ['supportedFeatures'] },
      ),
    ...versions,
  },
};
