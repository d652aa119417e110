import type { TestConsole } from './console';

/** The list of people as somebody sees it in the end: on a busy machine it follows a moment later, by itself. */
export async function listed(
  who: Pick<Awaited<ReturnType<TestConsole['as']>>, 'reads'>,
  path: string,
): Promise<string> {
  const html = await who.reads(encodeURI(path));
  const [, rest] = /hx-get="(\/subscribers\/rows\?[^"]*)"/.exec(html) ?? [];
  return rest === undefined ? html : html + (await who.reads(rest.replaceAll('&amp;', '&')));
}
