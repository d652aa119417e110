import { z } from 'zod';
import { tellChange } from '../../../domain/campaigns/changes';
import { isPublished, stateNames } from '../../../domain/campaigns/states';
import { readCodeFile, readCodeLines } from '../../../domain/prizes/read-codes';
import { AppError } from '../../../errors';
import { maskCode } from '../../../kit/mask';
import { act, done, may, page, part } from '../console';
import { id, lines, maybe, reason, upload, whole } from '../form';
import { confirm, form, type Tone, table, tiles } from '../parts';
import { slowly } from '../slowly';
import { queryOf } from '../winner-list';

const one = z.object({ campaign: id, prize: id });
const perPage = 100;
const shownProblems = 30;

const states = {
  free: ['待發', 'blue'],
  held: ['發放中', 'yellow'],
  given: ['已發出', 'green'],
  back: ['不再發', 'grey'],
  spare: ['備用', 'grey'],
} as const satisfies Record<string, [string, Tone]>;
type State = keyof typeof states;

const codesPath = (asked: { campaign: string; prize: string }): string => `/prizes/codes${queryOf(asked)}`;
const refusedCodes = (field: 'file' | 'codes', why: string) =>
  new AppError('Invalid', 'codes.read', '有的碼讀不了，一個都沒有放進去。', {
    details: { fields: { [field]: why } },
  });

type Given = { file?: { name: string; bytes: Buffer } | undefined; codes?: string | undefined };

/** Codes of a file, or as they were pasted. @throws AppError at the field with what is wrong, line by line */
async function codesOf({ file, codes }: Given): Promise<string[]> {
  const field = file ? 'file' : 'codes';
  const read = file
    ? await readCodeFile(file).catch((error: unknown) =>
        Promise.reject(
          error instanceof AppError && error.expose ? refusedCodes('file', error.message) : error,
        ),
      )
    : readCodeLines(codes ?? '');
  if (read.problems.length > 0) {
    const more = read.problems.length - shownProblems;
    const told = read.problems
      .slice(0, shownProblems)
      .map(({ line: n, message }) => (n === undefined ? message : `第 ${n} 行：${message}`));
    throw refusedCodes(field, [...told, ...(more > 0 ? [`……還有 ${more} 處`] : [])].join('\n'));
  }
  if (read.codes.length === 0) throw refusedCodes(field, '請選一個文件，或把碼貼進來，一行一個');
  return read.codes;
}

export default [
  page(
    '/prizes/codes',
    may('prizes.see'),
    {
      title: '兌換碼',
      template: 'codes',
      asks: z.object({
        ...one.shape,
        state: maybe(z.enum(Object.keys(states) as [State])),
        cursor: maybe(whole(1, 1e6)),
      }),
    },
    async ({ services, ...visit }, asked) => {
      const { campaign, prize } = asked;
      const row = await services.campaigns.row(campaign);
      const found = row.prizes.find((each) => each.id === prize);
      if (!found) throw new AppError('NotFound', 'prize.unknown', `活動「${row.title}」沒有這個獎品。`);
      const hidden = [
        { name: 'campaign', label: '', kind: 'hidden' as const, value: campaign },
        { name: 'prize', label: '', kind: 'hidden' as const, value: prize },
      ];
      const published = isPublished(row.state);
      return {
        title: `兌換碼：${found.name}`,
        name: found.name,
        campaign: row.title,
        state: stateNames[row.state],
        quantity: found.quantity,
        published,
        list: `/prizes/codes/list${queryOf({ ...one.parse(asked), state: asked.state })}${asked.cursor ? `&cursor=${asked.cursor}` : ''}`,
        add: form({
          to: '/prizes/codes/add',
          submit: published ? '提出補碼，等另一位批准' : '補碼',
          fields: [
            ...hidden,
            {
              name: 'file',
              label: '文件',
              kind: 'file',
              accept: '.xlsx,.csv',
              help: '第一行是欄名「兌換碼」，下面一行一個。請把這一欄設成文字，前面的 0 才不會丟。',
            },
            { name: 'codes', label: '或直接貼', kind: 'lines', help: '一行一個。已經有的不會再放一次。' },
          ],
        }),
        takeOut: form({
          to: '/prizes/codes/take-out',
          submit: '提出取出，等另一位批准',
          tone: 'danger',
          fields: [
            ...hidden,
            {
              name: 'codes',
              label: '寫錯、還沒發的碼',
              kind: 'lines',
              required: true,
              help: '一行一個。取出後不再發，舊文件也放不回來；已經發出去的要作廢那一份獎品。批准以前還可能發出去，急的話先暫停活動。',
            },
          ],
        }),
        canTakeOut: published && found.codes !== undefined,
        proposal: row.proposal && {
          by: row.proposal.by,
          at: row.proposal.at,
          changes: row.proposal.changes.map(tellChange),
          mine: row.proposal.by === visit.by,
          approve: form({ to: '/prizes/codes/approve', submit: '批准', fields: hidden }),
          reject: confirm({
            id: 'reject',
            to: '/prizes/codes/reject',
            label: '駁回',
            title: '駁回這個修改？',
            text: '提出的人可以改好再提。',
            reason: '原因',
            submit: '駁回',
            fields: hidden,
          }),
        },
      };
    },
  ),
  part(
    '/prizes/codes/list',
    may('prizes.see'),
    {
      template: 'codes-list',
      asks: z.object({
        ...one.shape,
        state: maybe(z.enum(Object.keys(states) as [State])),
        cursor: maybe(whole(1, 1e6)),
      }),
    },
    async ({ services, ...visit }, asked) => {
      const { campaign, prize, state, cursor: from = 0 } = asked;
      const found = (await services.campaigns.row(campaign)).prizes.find((each) => each.id === prize);
      if (!found) throw new AppError('NotFound', 'prize.unknown', '這個活動沒有這個獎品。');
      const all = await slowly(() => services.tickets.codesOf(campaign, found));
      const some = state === undefined ? all : all.filter((each) => each.state === state);
      const full = visit.may('people.full');
      const count = (which: State) => all.filter((each) => each.state === which).length;
      return {
        tiles: tiles(
          (Object.keys(states) as State[]).map((which) => ({
            label: states[which][0],
            value: count(which),
            href: codesPath({ campaign, prize, ...{ state: which } }),
          })),
        ),
        full,
        table: table({
          caption: '兌換碼',
          path: '/prizes/codes',
          asked: { ...asked },
          filters: [
            {
              kind: 'select',
              name: 'state',
              label: '狀態',
              value: state,
              options: (Object.keys(states) as State[]).map((value) => ({ value, label: states[value][0] })),
            },
          ],
          columns: [{ label: '碼' }, { label: '狀態' }],
          rows: some.slice(from, from + perPage).map(({ code, state: its }) => [
            { text: full && its !== 'held' && its !== 'given' ? code : maskCode(code), own: true },
            { text: states[its][0], tone: states[its][1] },
          ]),
          total: some.length,
          next: some.length > from + perPage ? String(from + perPage) : undefined,
          empty: { title: '還沒有碼', text: '上傳一個文件，或把碼貼進來，一行一個。' },
        }),
      };
    },
  ),
  act(
    '/prizes/codes/add',
    may('quiz.edit'),
    {
      what: '補兌換碼',
      asks: z.object({ ...one.shape, file: upload.optional(), codes: maybe(lines(200_000)) }),
      most: 21 * 1024 * 1024,
    },
    async ({ services, house, by }, { campaign, prize, file, codes }) => {
      const given = await codesOf({ file, codes });
      const { takenBy } = house;
      const { kind, added, out } = await services.campaigns.addCodes({
        id: campaign,
        prize,
        codes: given,
        by,
        takenBy,
      });
      const kept = out.length > 0 ? `其中 ${out.length} 個取出過，沒有再放進去。` : '';
      const said =
        added === 0
          ? `這 ${given.length} 個碼都已經有了，沒有改動。`
          : kind === 'saved'
            ? `補了 ${added} 個碼；草稿要重新檢查。`
            : `提出補 ${added} 個碼，等另一位批准才生效。`;
      return done(`${said}${kept}`, { to: codesPath({ campaign, prize }), after: { added } });
    },
  ),
  act(
    '/prizes/codes/take-out',
    may('quiz.edit'),
    { what: '取出兌換碼', asks: z.object({ ...one.shape, codes: lines(200_000) }) },
    async ({ services, house, by }, { campaign, prize, codes }) => {
      const wrong = await codesOf({ codes });
      const { takenBy } = house;
      await services.campaigns
        .takeOut({ id: campaign, prize, codes: wrong, by, takenBy })
        .catch((error: unknown) =>
          Promise.reject(
            error instanceof AppError && /^codes\./.test(error.code)
              ? refusedCodes('codes', error.message)
              : error,
          ),
        );
      return done(`提出取出 ${wrong.length} 個碼，等另一位批准才生效；之前還可能發出去。`, {
        to: codesPath({ campaign, prize }),
        after: { wrong: wrong.length },
      });
    },
  ),
  act(
    '/prizes/codes/approve',
    may('quiz.approve'),
    { what: '批准兌換碼的修改', asks: one },
    async ({ services, house, by, asSecond }, asked) => {
      const { proposal } = await services.campaigns.row(asked.campaign);
      if (proposal) await asSecond([proposal.by]);
      const { takenBy } = house;
      const changes = await services.campaigns.approve({ id: asked.campaign, by, takenBy });
      return done('修改生效了。', { to: codesPath(asked), after: changes.map(tellChange) });
    },
  ),
  act(
    '/prizes/codes/reject',
    may('quiz.approve'),
    { what: '駁回兌換碼的修改', asks: z.object({ ...one.shape, reason }) },
    async ({ services, by }, asked) => {
      await services.campaigns.reject({ id: asked.campaign, by, reason: asked.reason });
      return done('駁回了。', { to: codesPath(asked) });
    },
  ),
];
