import { readFileSync } from 'node:fs';
import { createLogger, type Logger } from '../../base/logger.ts';
import { Broker, isIncomplete, recover } from '../../broker/index.ts';
import { moduleLevels } from '../../config/log-levels.ts';
import { loadSettings, SettingsError } from '../../config/load.ts';
import type { Settings } from '../../config/settings.ts';
import { endAsked, tolerateClosedOutput } from '../ending.ts';
import { recoveryProgress } from '../progress.ts';

/** Time that a stop may take before the process ends anyway. */
const STOP_LIMIT_MS = 10_000;

/** `quarry serve`: runs the broker until SIGINT or SIGTERM; with processor.mode recovery, only processes what is there. Exit code 0 after a clean stop, 1 for a failed start or stop, 2 for wrong settings. */
export async function run(args: readonly string[]): Promise<number> {
  const asked = endAsked();
  tolerateClosedOutput(() => {});
  let loaded: ReturnType<typeof loadSettings>;
  try {
    loaded = loadSettings({ flags: args, environment: process.env, readFile: (path) => readFileSync(path, 'utf8') });
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return wrongSettings(error);
  }
  const { settings, warnings } = loaded;
  const logger = createLogger(settings['log.level'], moduleLevels(settings['log.levels']));
  for (const warning of warnings) logger.warn({}, warning);
  asked.addEventListener('abort', () => limitStop(asked, logger), { once: true });
  if (settings['processor.mode'] === 'recovery') return recoverOnly(settings, logger, asked);
  let broker: Broker;
  try {
    broker = await Broker.start({ settings, logger, onRecovery: recoveryProgress(logger, process.stderr) });
  } catch (err) {
    if (err instanceof SettingsError) return wrongSettings(err);
    logger.error({ err }, `the broker cannot start: ${(err as Error).message}`);
    return 1;
  }
  if (!asked.aborted) {
    process.stdout.write(`quarry ready kafka=${broker.bootstrap} http=${broker.httpAddress}\n`);
    await new Promise((resolve) => asked.addEventListener('abort', resolve, { once: true }));
  }
  return stop(broker, logger);
}

function wrongSettings(error: SettingsError): number {
  process.stderr.write(`quarry: ${error.message}\n`);
  return 2;
}

/** Processes everything that a data directory holds, prints what was done, and ends. Exit code 1 when something is left. */
async function recoverOnly(settings: Settings, logger: Logger, asked: AbortSignal): Promise<number> {
  try {
    const onRecovery = recoveryProgress(logger, process.stderr);
    const summary = await recover({ settings, logger, onRecovery }, asked);
    process.stdout.write(`${JSON.stringify(summary, undefined, 2)}\n`);
    return isIncomplete(summary) ? 1 : 0;
  } catch (err) {
    if (err instanceof SettingsError) return wrongSettings(err);
    logger.error({ err }, `the data directory cannot be recovered: ${(err as Error).message}`);
    return 1;
  }
}

/** To be called when the process is asked to end, be it in the middle of the start: ends it when that takes too long. */
function limitStop({ reason }: AbortSignal, logger: Logger): void {
  logger.info({ signal: (reason as Error).cause }, 'stopping');
  AbortSignal.timeout(STOP_LIMIT_MS).addEventListener('abort', () => {
    logger.error({}, 'the stop took too long; ending now, the next start recovers');
    process.exit(1);
  });
}

async function stop(broker: Broker, logger: Logger): Promise<number> {
  try {
    await broker.stop();
    logger.info({}, 'stopped');
    return 0;
  } catch (err) {
    logger.error({ err }, 'the broker did not stop cleanly; the next start recovers');
    return 1;
  }
}
