import type { AppOptions } from '../../src/app';

/** What a test adds to the services, from a module that a process of its own can read too. */
export async function domainsIn(file: string | undefined): Promise<Pick<AppOptions, 'more'>> {
  if (file === undefined) return {};
  const { default: more } = (await import(file)) as { default: NonNullable<AppOptions['more']> };
  return { more };
}
