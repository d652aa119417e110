/*
 * `npm run tags -- COMMAND`: segments as tags at WeChat. Works beside a running program and without one.
 */
import { parseArgs } from 'node:util';
import { type TagReport, tellTags } from '../src/domain/tags/report';
import { messageOf } from '../src/errors';
import { createTags, tagBounds } from '../src/wechat/api/tags';
import { withServices } from '../src/with-services';
import { runCommand } from './command-line';
import { askedAccount } from './wechat/account';

const help = `用法：npm run tags -- list|sync|mark|unmark
  list                    微信上的標籤、哪些是我們的、哪些有衝突
  sync                    把標了標籤的分群同步到微信：只送有變的；中斷了再執行一次就接著做
  mark <分群> <名稱>      分群從下一次 sync 起成為這個名稱的標籤
  unmark <分群>           不再同步；下一次 sync 在微信上刪掉我們建的標籤`;

const few = (n: number): string => n.toLocaleString('en');

function asked() {
  const { client, notice, explain } = askedAccount('tags');
  if (notice) console.log(notice);
  return { wechat: createTags({ client }), explain };
}

const list = (): Promise<number> =>
  withServices('tags', async ({ services }) => {
    const { wechat, explain } = asked();
    const { tags, waiting, conflicts } = await services.tags
      .list(wechat)
      .catch((error: unknown) => Promise.reject(explain(error)));
    const own = tags.filter(({ id }) => id > tagBounds.systemIds);
    console.log(`微信上的標籤 ${own.length} 個（最多 ${tagBounds.tags} 個）：`);
    for (const { id, name, count, segment } of own)
      console.log(`  ${id}「${name}」${few(count)} 位，${segment ? `分群 ${segment}` : '在別處建立'}`);
    for (const { segment, name } of waiting) console.log(`  等下一次 sync：「${name}」，分群 ${segment}`);
    for (const { segment, why } of conflicts) console.log(`  衝突（分群 ${segment}）：${why}`);
    return 0;
  });

const sync = (): Promise<number> =>
  withServices('tags', async ({ services }) => {
    let saidAt = '';
    const { wechat, explain } = asked();
    const report = await services.tags.sync({
      wechat,
      onStep({ name, done, of }) {
        // Of each tag some ten lines, however many it has.
        const tenth = `${name}:${Math.floor((done / of) * 10)}`;
        if (tenth !== saidAt) console.log(`「${name}」${few(done)} / ${few(of)} 位 …`);
        saidAt = tenth;
      },
    });
    return tell(report, explain);
  });

function tell(report: TagReport, explain: (error: unknown) => unknown): number {
  const { conflicts, stopped } = report;
  const told = tellTags(report);
  for (const line of told) console.log(line);
  if (conflicts.length > 0)
    console.log('再標一次或換名稱：npm run tags -- mark <分群> <名稱>；取消：npm run tags -- unmark <分群>');
  if (stopped)
    console.error(
      `停在半路：${messageOf(explain(stopped))}\n做到的都記下了；排除之後再執行一次，就從這裡接著做。`,
    );
  else if (told.length === 0) console.log('沒有分群標了標籤：npm run tags -- mark <分群> <名稱>');
  return stopped || conflicts.length > 0 ? 1 : 0;
}

const mark = (segment: string, name: string | undefined): Promise<number> =>
  withServices('tags', async ({ services }) => {
    await services.tags.mark(segment, name);
    console.log(
      name === undefined
        ? `分群 ${segment} 不再同步。下一次 npm run tags -- sync 會在微信上刪掉它的標籤。`
        : `分群 ${segment} 會成為微信的標籤「${name}」：npm run tags -- sync`,
    );
    return 0;
  });

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { help: { type: 'boolean', default: false } },
  });
  const [command, segment, ...words] = positionals;
  if (command === 'list') return list();
  if (command === 'sync') return sync();
  if (command === 'mark' && segment && words.length > 0) return mark(segment, words.join(' '));
  if (command === 'unmark' && segment) return mark(segment, undefined);
  console.log(help);
  return values.help ? 0 : 2;
}

void runCommand(main);
