import { beijingMoment } from '../../kit/beijing';

type Copy = Record<string, readonly object[]>;
type Row = Record<string, unknown>;

/** One thing that happened, for people. `at` in ms. */
export type Event = { at: number; what: string };

const few = 60;
const short = (text: string): string =>
  [...text].length > few ? `${[...text].slice(0, few).join('')}…` : text;
const ms = (value: unknown): number =>
  value instanceof Date ? value.getTime() : typeof value === 'number' ? value : 0;
const text = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

/** What she said of a message, out of its body. */
function saidIn(body: string): string {
  const said = /<Content><!\[CDATA\[([^]*?)\]\]><\/Content>/.exec(body)?.[1];
  const event = /<Event><!\[CDATA\[(.*?)\]\]>/.exec(body)?.[1];
  return said === undefined ? `〔${event ?? '圖片、語音或位置'}〕` : short(said);
}

/** How each kind of row of her copy is told as something that happened. */
const told: Record<string, (row: Row, names: Names) => Event> = {
  messages: ({ at, body, about }) => ({
    at: ms(at),
    what: `說：${typeof body === 'string' ? saidIn(body) : text(about)}`,
  }),
  prizes: ({ at, what, prize }) => ({
    at: ms(at),
    what: `得獎：${text((what as Row | undefined)?.['name']) || text(prize)}`,
  }),
  movements: ({ at, delta, _id }) => ({
    at: ms(at),
    what: `積分 ${Number(delta) > 0 ? '+' : ''}${text(delta)}（${text(_id).split('/')[0]}）`,
  }),
  surveys: ({ at, survey }) => ({ at: ms(at), what: `答了問卷 ${text(survey)}` }),
  stageMoves: ({ at, on, from, to }, { stage = () => undefined }) => ({
    at: ms(at) || Date.parse(`${text(on)}T00:00:00+08:00`),
    what: `階段 ${stage(text(from)) ?? text(from)} → ${stage(text(to)) ?? text(to)}`,
  }),
  purchases: ({ on, fen, what }) => ({
    at: Date.parse(`${text(on)}T00:00:00+08:00`),
    what: `購買 ¥${(Number(fen) / 100).toFixed(2)} ${text(what)}`,
  }),
  notes: ({ at, words, by }) => ({ at: ms(at), what: `備註（${text(by)}）：${text(words)}` }),
  told: ({ at, state }) => ({ at: ms(at), what: `發給她一則消息（${text(state)}）` }),
};

/** Her time-line, newest first. */
export function timelineOf(copy: Copy, names: Names = {}, limit = 40): Event[] {
  return Object.entries(told)
    .flatMap(([name, tell]) => (copy[name] ?? []).map((row) => tell(row as Row, names)))
    .filter(({ at }) => at > 0)
    .toSorted((a, b) => b.at - a.at)
    .slice(0, limit);
}

/** What codes are called. */
export type Names = {
  city?: (id: string) => string | undefined;
  stage?: (code: string) => string | undefined;
};

/** Her profile in lines, each with where it is from. */
export function profileOf(copy: Copy, names: Names = {}): string[] {
  const [row = {}] = (copy['subscriber'] ?? []) as Row[];
  const [points = {}] = (copy['points'] ?? []) as Row[];
  const channel = row['channel'] as { first: string; last: string } | undefined;
  const attributes = (copy['attributes'] ?? []) as Row[];
  const quizzes = (copy['quizzes'] ?? []) as Row[];
  const [standing = {}] = (copy['stages'] ?? []) as Row[];
  const [member] = (copy['members'] ?? []) as Row[];
  const bought = (copy['purchases'] ?? []) as Row[];
  const known = (name: string, value: unknown) =>
    value === undefined || value === '' ? `${name}　未知` : `${name}　${text(value)}`;
  return [
    known('關注', row['followedAt'] ? beijingMoment(ms(row['followedAt'])) : undefined),
    known('最後來過', row['seenAt'] ? beijingMoment(ms(row['seenAt'])) : undefined),
    known(
      '渠道',
      channel && (channel.first === channel.last ? channel.first : `先 ${channel.first}，後 ${channel.last}`),
    ),
    known('用字', { hant: '繁體', hans: '簡體' }[text(row['script'])]),
    known('城市', names.city?.(text(row['cityId'])) ?? row['cityId']),
    known('積分', points['points'] ?? 0),
    ...attributes.map(
      ({ name, value, source, at }) =>
        `${text(name)}　${text(value)}（${text(source)}，${beijingMoment(ms(at)).slice(0, 10)}）`,
    ),
    known('階段', names.stage?.(text(standing['stage'])) ?? standing['stage']),
    ...(member ? [`會員　${text(member['level']) || '是'}`] : []),
    ...(bought.length > 0
      ? [
          `買過　${bought.length} 次，共 ¥${(bought.reduce((sum, { fen }) => sum + Number(fen), 0) / 100).toFixed(2)}`,
        ]
      : []),
    ...quizzes.map(
      ({ quiz, points: score, level, days }) =>
        `活動 ${text(quiz)}　${text(score)} 分，第 ${text(level)} 關，玩了 ${text(days)} 天`,
    ),
  ];
}
