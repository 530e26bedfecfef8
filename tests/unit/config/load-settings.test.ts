import { describe, expect, test } from 'vitest';
import { loadSettings, SettingsError } from '../../../src/config/load.ts';

const load = (flags: string[] = [], environment: Record<string, string> = {}, file = '') =>
  loadSettings({ flags, environment, readFile: () => file }).settings;

describe('settings', () => {
  test('flags beat the environment, which beats the file, which beats the profile', () => {
    const file = 'processor:\n  profile: low-latency\n  interval.ms: 11000\nkafka.port: 1\nhttp: { port: 1 }\n';
    const environment = { STORAGE_CONFIG_PATH: 'x.yaml', QUARRY_KAFKA_PORT: '2', QUARRY_HTTP_PORT: '2' };
    const settings = load(['--kafka.port', '3'], environment, file);
    expect(settings['kafka.port']).toBe(3);
    expect(settings['http.port']).toBe(2);
    expect(settings['processor.interval.ms']).toBe(11_000);
    expect(settings['processor.max.segments.per.run']).toBe(200);
  });

  test('a flag takes its value after a space or an equals sign, and what is true or false needs none', () => {
    expect(load(['--search=false'])['search']).toBe(false);
    expect(load(['--search', 'false'])['search']).toBe(false);
    expect(load(['--table', '--search=false'])['table']).toBe(true);
  });

  test('the names that the sources use work without a prefix', () => {
    const settings = load([], { LOG_LEVEL: 'warn', METRICS_PORT: '9400', PROCESSOR_MODE: 'maintenance' });
    expect(settings['log.level']).toBe('warn');
    expect(settings['metrics.port']).toBe(9400);
    expect(settings['processor.mode']).toBe('maintenance');
  });

  test('what cannot be used is refused with a sentence', () => {
    expect(() => load(['--kafka.prot', '1'])).toThrow(SettingsError);
    expect(() => load(['--kafka.port', '99999'])).toThrow(/'kafka.port' \(flag\): expected integer from 0 to 65535/);
    expect(() => load(['--wal.seal.bytes', '4294967296'])).toThrow(/expected integer from 65536 to 2147483648/);
    expect(() => load(['stray'])).toThrow(/unexpected argument 'stray'/);
    expect(() => load(['--config', 'x'], {}, ': : :\n - {')).toThrow(/cannot read the settings file/);
  });

  test('a flag whose value was forgotten is refused', () => {
    expect(() => load(['--data.dir'])).toThrow("setting 'data.dir' (flag): its value is missing");
    expect(() => load(['--kafka.port', '--http.port', '0'])).toThrow("'kafka.port' (flag): its value is missing");
  });

  test('an unknown name is answered with the one that was probably meant', () => {
    expect(() => load(['--kafka.prot', '1'])).toThrow(
      "unknown setting 'kafka.prot' (flag); did you mean 'kafka.port'?",
    );
    expect(() => load(['--seal.bytes', '1'])).toThrow(/did you mean 'wal.seal.bytes'\?/);
    expect(() => load([], { STORAGE_CONFIG_PATH: 'x.yaml' }, 'colour: red')).toThrow(/`quarry settings` lists all/);
  });

  test('a number in the file is taken as it is written', () => {
    const settings = load(
      [],
      { STORAGE_CONFIG_PATH: 'x.yaml' },
      'ssl.key.password: 0012345678901234567890\nhttp.port: 0x50\n',
    );
    expect(settings['ssl.key.password']).toBe('0012345678901234567890');
    expect(settings['http.port']).toBe(80);
  });

  test.each([
    ['data.dir:\n', "setting 'data.dir' (file x.yaml): its value is missing"],
    ['just words', "the settings file 'x.yaml' does not consist of names with values"],
    ['- data.dir', "the settings file 'x.yaml' does not consist of names with values"],
  ])('a file of %j is refused', (file, sentence) => {
    expect(() => load([], { STORAGE_CONFIG_PATH: 'x.yaml' }, file)).toThrow(sentence);
  });

  test.each(['', '# nothing yet\n', 'wal:\n  # seal.bytes: 33554432\nhttp.port: 9200\n'])(
    'a file of %j is none that is wrong',
    (file) => {
      expect(load([], { STORAGE_CONFIG_PATH: 'x.yaml' }, file)['http.port']).toBe(9200);
    },
  );

  test('an empty data directory is refused: it would be the folder that one happens to be in', () => {
    expect(() => load([], { QUARRY_DATA_DIR: '' })).toThrow(
      "setting 'data.dir' (environment): expected text that is not empty, got ''",
    );
  });

  test.each(['', '/indexes', 'indexes/', 'a//b', '../up', 'a\\b'])(
    'no object could be stored below the prefix %j',
    (prefix) => {
      expect(() => load([`--processor.index.base.path=${prefix}`])).toThrow(/expected names joined by single slashes/);
      expect(load(['--processor.index.base.path=a/b c'])['processor.index.base.path']).toBe('a/b c');
    },
  );

  test('records are kept for ever or for some time, as in Kafka not for none', () => {
    for (const name of ['log.retention.hours', 'log.retention.minutes', 'log.retention.ms'])
      expect(() => load([`--${name}=0`])).toThrow(`setting '${name}' (flag): expected integer`);
    expect(load(['--log.retention.ms=-1'])['log.retention.ms']).toBe(-1);
  });

  test('a cleanup policy that there is not is refused: topics with it would keep everything', () => {
    expect(() => load(['--log.cleanup.policy=delet'])).toThrow(/'log.cleanup.policy' \(flag\).*compact and delete/);
    expect(load(['--log.cleanup.policy=compact,delete'])['log.cleanup.policy']).toEqual(['compact', 'delete']);
    expect(load(['--log.cleanup.policy='])['log.cleanup.policy']).toEqual([]);
  });

  test('a foreign variable with our prefix is named in a warning', () => {
    const environment = { QUARRY_NO_SUCH: '1', QUARRY_HTTP_USER: 'of commands' };
    const loaded = loadSettings({ flags: [], environment, readFile: () => '' });
    expect(loaded.warnings).toEqual([expect.stringContaining('QUARRY_NO_SUCH')]);
  });
});
