import type { Api } from '../../../../protocol/schema/index.ts';

/** A command of a script: the request that it sends, made of what the script says and the actor remembers. */
export interface CommandOf<Context> {
  readonly api: Api;
  readonly version: number;
  build(context: Context): object;
}

export const command = <Context>(
  api: unknown,
  version: number,
  build: CommandOf<Context>['build'],
): CommandOf<Context> => ({ api: api as Api, version, build });

/** The parts of a comma list; none for nothing. */
export const list = (text: string | undefined): string[] => (text === undefined || text === '' ? [] : text.split(','));
