import { z } from 'zod';
import { type RuleState, stateOfRule } from '../../../domain/replies/replies';
import type { Match, Rule } from '../../../domain/replies/rule';
import { AppError } from '../../../errors';
import { beijingMoment } from '../../../kit/beijing';
import type { Reply } from '../../../wechat/protocol/reply';
import { act, done, may, page, type Visit } from '../console';
import { cursor, id, line, lines, maybe, moment, reason, rows, ticked, whole } from '../form';
import { confirm, type Tone, table } from '../parts';
import { wordsOfReply } from './replies-try';

const pageSize = 50;

export const stateNames: Record<RuleState, [string, Tone]> = {
  on: ['啟用', 'green'],
  off: ['停用', 'grey'],
  waiting: ['還沒到', 'blue'],
  over: ['已過期', 'yellow'],
  removed: ['已刪除', 'red'],
};
const kindNames: Record<Match['kind'], string> = { exact: '', contains: '含 ', click: '按鈕 ' };
const replyKinds = [
  { value: 'text', label: '文字' },
  { value: 'news', label: '圖文' },
  { value: 'image', label: '圖片' },
  { value: 'voice', label: '語音' },
  { value: 'video', label: '視頻' },
] as const;

const listed = (rule: Rule, now: number) => {
  const [name, tone] = stateNames[stateOfRule(rule, now)];
  const words = rule.match.flatMap((one) => one.words.map((word) => `${kindNames[one.kind]}${word}`));
  const [first] = rule.replies;
  const more = rule.replies.length > 1 ? `（共 ${rule.replies.length} 則）` : '';
  return [
    { text: rule.name, href: `/replies/${rule._id}`, own: true },
    { text: shortened(words.join('、'), 60), own: true },
    { text: `${shortened(first ? wordsOfReply(first) : '', 60)}${more}`, own: true },
    rule.priority,
    rule.media === 'temporary'
      ? { text: name, tone, note: '裡面的圖片或語音三天後失效，請換成永久素材' }
      : { text: name, tone },
    {
      text: beijingMoment((rule.editedAt ?? rule.createdAt).getTime()),
      note: rule.editedBy ?? rule.by ?? (rule.source === 'import' ? '從公眾平台搬來' : ''),
    },
  ];
};
const shortened = (text: string, most: number) =>
  [...text].length > most ? `${[...text].slice(0, most).join('')}…` : text;

const words = lines(6_000).transform((text) => [
  ...new Set(
    text
      .split(/[\n\t、]/)
      .map((one) => one.trim())
      .filter((one) => one !== ''),
  ),
]);

const replyRow = z.object({
  kind: z.enum(['text', 'news', 'image', 'voice', 'video']),
  text: lines(3_000).default(''),
  title: maybe(line(64)),
  description: maybe(line(120)),
  url: maybe(line(1_000)),
  picUrl: maybe(line(1_000)),
  mediaId: maybe(line(200)),
});
const written = z.object({
  name: line(60),
  exact: words,
  contains: words,
  click: words,
  replies: rows(replyRow, 10),
  mode: z.enum(['all', 'random']),
  priority: whole(-100, 100),
  from: maybe(moment),
  until: maybe(moment),
  on: ticked,
});
type Written = z.output<typeof written>;

function replyOf(row: z.output<typeof replyRow>): Reply {
  const { kind, text, title = '', description, url = '', picUrl, mediaId = '' } = row;
  switch (kind) {
    case 'text':
      return { kind, text: text.trim() };
    case 'news':
      return {
        kind,
        articles: [{ title, url, ...(description ? { description } : {}), ...(picUrl ? { picUrl } : {}) }],
      };
    case 'video':
      return {
        kind,
        mediaId,
        ...(title ? { title } : {}),
        ...(description ? { description } : {}),
      };
    default:
      return { kind, mediaId };
  }
}

const matchOf = ({ exact, contains, click }: Pick<Written, 'exact' | 'contains' | 'click'>): Match[] =>
  Object.entries({ exact, contains, click }).flatMap(([kind, list]) =>
    list.length > 0 ? [{ kind: kind as Match['kind'], words: list }] : [],
  );

/** A word that a handler answers by itself never reaches the rule: better said now than wondered at later. */
function refuseTaken({ house }: Visit, { exact, click }: Written): void {
  const fields: Record<string, string> = {};
  for (const word of exact) {
    const file = house.comesFirst(word);
    if (file)
      fields['exact'] ??= `「${word}」由 ${file} 先回答，輪不到這條規則；請拿掉，或請工程師改那個文件。`;
  }
  for (const key of click)
    if (house.menu.keys.includes(key))
      fields['click'] ??= `按鈕「${key}」已由程序回答，輪不到這條規則；請換一個 key。`;
  const [first] = Object.values(fields);
  if (first) throw new AppError('Conflict', 'replies.taken', first, { details: { fields } });
}

/** Worth knowing of a rule that was kept all the same. */
function warnings({ services, house }: Visit, match: readonly Match[], of?: string): string[] {
  const shared = services.replies
    .shared(match, of)
    .map(({ word, rule }) => `「${word}」也在規則「${rule.name}」裡：優先級高的先答，一樣高時先建的先答。`);
  const first = match.flatMap(({ kind, words: list }) =>
    kind === 'click'
      ? []
      : list.flatMap((word) => {
          const file = house.comesFirst(word);
          return file ? [`只說「${word}」時，由 ${file} 先回答；句子裡含它、別人又答不上時才輪到這條。`] : [];
        }),
  );
  return [...shared, ...first];
}

/** Where the domain's refusal stands in the form. */
const atField =
  (asked: Written) =>
  (error: unknown): never => {
    const { part, n = 0 } = ((error as AppError).details ?? {}) as { part?: string; n?: number };
    if (!(error instanceof AppError) || part === undefined) throw error;
    const { kind } = asked.replies[n] ?? {};
    const cell =
      kind === 'text'
        ? 'text'
        : kind !== 'news'
          ? 'mediaId'
          : /標題/.test(error.message)
            ? 'title'
            : /圖片/.test(error.message)
              ? 'picUrl'
              : 'url';
    const field = { words: 'exact', dates: 'until', replies: `replies.${n}.${cell}` }[part] ?? 'name';
    const details = { fields: { [field]: error.message } };
    throw new AppError('Invalid', error.code, error.message, { details });
  };

async function keep(visit: Visit, asked: Written, of?: { id: string; base: number }) {
  const { name, replies, mode, priority, from, until, on } = asked;
  refuseTaken(visit, asked);
  const match = matchOf(asked);
  const rule = await visit.services.replies
    .save(
      {
        name,
        match,
        replies: replies.map(replyOf),
        mode,
        priority,
        on,
        validFrom: from === undefined ? undefined : new Date(from),
        validUntil: until === undefined ? undefined : new Date(until),
      },
      of?.id,
      { by: visit.by, base: of?.base },
    )
    .catch(atField(asked));
  const told = warnings(visit, match, rule);
  return { rule, said: ['存好了，幾秒後用戶就得到新的回覆。', ...told].join('\n') };
}

const localTime = (at: Date | undefined) =>
  at ? new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 16) : '';
const wordsIn = (match: readonly Match[], kind: Match['kind']) =>
  match.flatMap((one) => (one.kind === kind ? one.words : [])).join('\n');

const rowOf = (reply?: Reply) => {
  const article = reply?.kind === 'news' ? reply.articles[0] : undefined;
  return {
    kinds: replyKinds.map((one) => ({ ...one, chosen: one.value === (reply?.kind ?? 'text') })),
    text: reply?.kind === 'text' ? reply.text : '',
    title: article?.title ?? (reply?.kind === 'video' ? (reply.title ?? '') : ''),
    description: article?.description ?? (reply?.kind === 'video' ? (reply.description ?? '') : ''),
    url: article?.url ?? '',
    picUrl: article?.picUrl ?? '',
    mediaId: reply && 'mediaId' in reply ? reply.mediaId : '',
  };
};

const editor = (rule: Partial<Rule>, to: string, miss = '') => ({
  to,
  miss,
  base: rule.v ?? 0,
  draft: `reply:${rule._id ?? 'new'}`,
  name: rule.name ?? '',
  exact: wordsIn(rule.match ?? [], 'exact'),
  contains: wordsIn(rule.match ?? [], 'contains'),
  click: wordsIn(rule.match ?? [], 'click'),
  replies: (rule.replies ?? [undefined]).map(rowOf),
  empty: rowOf(),
  mode: rule.mode ?? 'all',
  priority: rule.priority ?? 0,
  from: localTime(rule.validFrom),
  until: localTime(rule.validUntil),
  on: rule.on ?? true,
});

const audited = ({ name, match, replies, mode, priority, on, validFrom, validUntil }: Rule) => ({
  name,
  match,
  replies: replies.map(wordsOfReply),
  mode,
  priority,
  on,
  validFrom,
  validUntil,
});

const one = z.object({ id });
const filters = z.object({
  q: maybe(line(40)),
  state: maybe(z.enum(['on', 'off', 'waiting', 'over', 'removed'])),
  sort: maybe(z.enum(['edited', 'priority', 'name'])),
  try: maybe(line(200)),
  cursor,
});

export default [
  page(
    '/replies',
    may('replies.see'),
    { title: '關鍵字回覆', menu: { group: 'content', at: 10 }, template: 'replies', asks: filters },
    async ({ services, now }, asked) => {
      const from = Number(asked.cursor ?? 0) || 0;
      const { rules, total } = await services.replies.page({ ...asked, from, most: pageSize });
      return {
        said: asked.try ?? '',
        exports: `/replies/file?${new URLSearchParams({
          format: 'xlsx',
          ...(asked.q ? { q: asked.q } : {}),
          ...(asked.state && asked.state !== 'removed' ? { state: asked.state } : {}),
        }).toString()}`,
        table: table({
          caption: '關鍵字回覆的規則',
          path: '/replies',
          asked: { q: asked.q, state: asked.state, sort: asked.sort, cursor: asked.cursor },
          columns: [
            { label: '規則', sort: 'name' },
            { label: '關鍵詞' },
            { label: '回覆' },
            { label: '優先', number: true, sort: 'priority' },
            { label: '狀態' },
            { label: '最後改動', sort: 'edited' },
          ],
          filters: [
            { kind: 'text', name: 'q', label: '名稱、關鍵詞或回覆', value: asked.q },
            {
              kind: 'select',
              name: 'state',
              label: '狀態',
              value: asked.state,
              options: Object.entries(stateNames).map(([value, [label]]) => ({ value, label })),
            },
          ],
          rows: rules.map((rule) => listed(rule, now)),
          total,
          next: from + rules.length < total ? String(from + pageSize) : undefined,
          empty: {
            title: '還沒有規則',
            text: '用戶說到某個詞，就回你寫的話。不必寫的：天氣、酒店這些小藝自己會答的，先在上面試一句。',
            href: '/replies/new',
            label: '寫第一條',
          },
        }),
      };
    },
  ),
  page(
    '/replies/new',
    may('replies.edit'),
    {
      title: '新規則',
      template: 'reply',
      asks: z.object({ word: maybe(line(40)), key: maybe(line(128)), miss: maybe(id), copy: maybe(id) }),
    },
    async ({ services }, { word, key, miss, copy }) => {
      const from = copy ? await services.replies.get(copy) : undefined;
      const match: Match[] = [
        ...(word ? [{ kind: 'exact' as const, words: [word] }] : []),
        ...(key ? [{ kind: 'click' as const, words: [key] }] : []),
      ];
      const start: Partial<Rule> = from
        ? { name: `${from.name}（副本）`, replies: from.replies, mode: from.mode, priority: from.priority }
        : { name: word ?? key ?? '', match };
      return { title: '新規則', edit: editor(start, '/replies/new', miss), rule: '', warnings: [] };
    },
  ),
  act(
    '/replies/new',
    may('replies.edit'),
    { what: '建立關鍵字規則', asks: written.extend({ miss: maybe(id) }) },
    async (visit, asked) => {
      const { rule, said } = await keep(visit, asked);
      if (asked.miss) await visit.services.misses.mark(asked.miss, 'done', visit.by);
      const after = audited(await visit.services.replies.get(rule));
      return done(said, { to: asked.miss ? '/replies/misses' : `/replies/${rule}`, after });
    },
  ),
  page(
    '/replies/:id',
    may('replies.see'),
    { title: '規則', template: 'reply', asks: one },
    async (visit, asked) => {
      const rule = await visit.services.replies.get(asked.id);
      const [state, tone] = stateNames[stateOfRule(rule, visit.now)];
      return {
        title: rule.name,
        edit: editor(rule, `/replies/${rule._id}/save`),
        warnings: rule.removed ? [] : warnings(visit, rule.match, rule._id),
        rule: {
          id: rule._id,
          name: rule.name,
          state,
          tone,
          on: rule.on,
          tryWord: rule.match.find(({ kind }) => kind !== 'click')?.words[0] ?? '',
          removed: rule.removed
            ? { by: rule.removed.by, why: rule.removed.why, at: rule.removed.at.getTime() }
            : '',
          created: rule.createdAt.getTime(),
          by: rule.by ?? (rule.source === 'import' ? '從公眾平台搬來' : ''),
          edited: rule.editedAt?.getTime() ?? 0,
          editedBy: rule.editedBy ?? '',
          remove: confirm({
            id: 'remove',
            to: `/replies/${rule._id}/remove`,
            label: '刪除',
            title: `刪除「${rule.name}」`,
            text: '幾秒後用戶就不再得到它的回覆。在「已刪除」裡隨時可以恢復。',
            reason: '原因',
            submit: '刪除',
          }),
        },
      };
    },
  ),
  act(
    '/replies/:id/save',
    may('replies.edit'),
    { what: '修改關鍵字規則', asks: written.extend({ id, base: whole(0, 1e9) }) },
    async (visit, asked) => {
      const before = audited(await visit.services.replies.get(asked.id));
      const { rule, said } = await keep(visit, asked, { id: asked.id, base: asked.base });
      return done(said, { before, after: audited(await visit.services.replies.get(rule)) });
    },
  ),
  act(
    '/replies/:id/switch',
    may('replies.edit'),
    { what: '啟用或停用關鍵字規則', asks: one.extend({ on: ticked }) },
    async ({ services, by }, asked) => {
      const before = await services.replies.get(asked.id);
      await services.replies.switchOn(asked.id, asked.on, by);
      return done(asked.on ? `啟用了「${before.name}」。` : `停用了「${before.name}」。`, {
        before: { on: before.on },
        after: { on: asked.on },
      });
    },
  ),
  act(
    '/replies/:id/remove',
    may('replies.edit'),
    { what: '刪除關鍵字規則', asks: one.extend({ reason }) },
    async ({ services, by }, asked) => {
      const { name } = await services.replies.get(asked.id);
      await services.replies.remove(asked.id, { by, why: asked.reason });
      return done(`刪除了「${name}」。在「已刪除」裡可以恢復。`, { to: '/replies' });
    },
  ),
  act(
    '/replies/:id/restore',
    may('replies.edit'),
    { what: '恢復關鍵字規則', asks: one },
    async ({ services, by }, asked) => {
      const { name } = await services.replies.get(asked.id);
      await services.replies.restore(asked.id, by);
      return done(`「${name}」恢復了。`);
    },
  ),
];
