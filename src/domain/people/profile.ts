import { beijingMoment } from '../../kit/beijing';

type Copy = Record<string, readonly object[]>;
type Row = Record<string, unknown>;

/** One thing that happened, for people. `at` in ms; `own`: what at the end of `what` somebody wrote herself. */
export type Event = { at: number; what: string; own?: string };

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
  messages: ({ at, body, about }) => {
    const own = typeof body === 'string' ? saidIn(body) : text(about);
    return { at: ms(at), what: `說：${own}`, own };
  },
  prizes: ({ at, what, prize }) => ({
    at: ms(at),
    what: `得獎：${text((what as Row | undefined)?.['name']) || text(prize)}`,
  }),
  movements: ({ at, delta, _id }) => ({
    at: ms(at),
    what: `積分 ${Number(delta) > 0 ? '+' : ''}${text(delta)}（${causeOf(text(_id))}）`,
  }),
  surveys: ({ at, survey }, { survey: titled = () => undefined }) => ({
    at: ms(at),
    what: `答了問卷「${titled(text(survey)) ?? text(survey)}」`,
  }),
  stageMoves: ({ at, on, from, to }, { stage = () => undefined }) => ({
    at: ms(at) || Date.parse(`${text(on)}T00:00:00+08:00`),
    what: `階段 ${stage(text(from)) ?? text(from)} → ${stage(text(to)) ?? text(to)}`,
  }),
  purchases: ({ on, fen, what }) => ({
    at: Date.parse(`${text(on)}T00:00:00+08:00`),
    what: `購買 ¥${(Number(fen) / 100).toFixed(2)} ${text(what)}`,
  }),
  notes: ({ at, words, by }) => ({
    at: ms(at),
    what: `備註（${text(by)}）：${text(words)}`,
    own: text(words),
  }),
  told: ({ at, state }) => ({
    at: ms(at),
    what: `發給她一則消息（${toldStates[text(state)] ?? text(state)}）`,
  }),
  pushes: ({ at, push, state }) => ({
    at: ms(at),
    what: `推送 ${text(push)}：${deliveryStates[text(state)] ?? text(state)}`,
  }),
  subscriber: ({ followedAt }) => ({ at: ms(followedAt), what: '關注' }),
};

/** Why points moved: the first word of the row's name. */
const causes: Record<string, string> = {
  answer: '答題',
  award: '獎品',
  spend: '花掉',
  survey: '問卷',
  reversal: '收回',
  crowd: '示例',
};
export const causeOf = (id: string): string => causes[id.split('/')[0] ?? ''] ?? id.split('/')[0] ?? '';

const toldStates: Record<string, string> = {
  pending: '還沒送',
  sending: '正在送',
  done: '送到了',
  posted: '放進她下一次的回覆',
  failed: '沒有送成',
  unknown: '不確定送到沒有',
  cancelled: '取消了',
};
const deliveryStates: Record<string, string> = {
  sent: '發了',
  handed: '交給群發了',
  failed: '沒有發成',
  unknown: '不確定發了沒有',
  skipped: '沒有發',
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
  survey?: (id: string) => string | undefined;
  campaign?: (id: string) => string | undefined;
};

/** One thing known of her; without a value it is not known. `from`: where it is from, `at`: since when, ms; `consent`: to which words she agreed. */
export type Known = {
  name: string;
  value?: string;
  from: string;
  at?: number;
  consent?: string;
  /** In words of hers or of an operator. */
  own?: true;
};

/** What is known of her, each with where it is from. */
export function knownOf(copy: Copy, names: Names = {}): Known[] {
  const [row = {}] = (copy['subscriber'] ?? []) as Row[];
  const [points = {}] = (copy['points'] ?? []) as Row[];
  const channel = row['channel'] as { first: string; last: string } | undefined;
  const attributes = (copy['attributes'] ?? []) as Row[];
  const quizzes = (copy['quizzes'] ?? []) as Row[];
  const [standing = {}] = (copy['stages'] ?? []) as Row[];
  const [member] = (copy['members'] ?? []) as Row[];
  const bought = (copy['purchases'] ?? []) as Row[];
  const known = (name: string, value: unknown, from: string): Known => ({
    name,
    ...(value === undefined || value === '' ? {} : { value: text(value) }),
    from,
  });
  return [
    known('關注', row['followedAt'] ? beijingMoment(ms(row['followedAt'])) : undefined, '微信'),
    known('最後來過', row['seenAt'] ? beijingMoment(ms(row['seenAt'])) : undefined, '看見的'),
    known(
      '渠道',
      channel && (channel.first === channel.last ? channel.first : `先 ${channel.first}，後 ${channel.last}`),
      '她掃的碼',
    ),
    known(
      '用字',
      { hant: '繁體', hans: '簡體' }[text(row['script'])],
      row['scriptChosen'] ? '她選的' : '看她怎麼寫',
    ),
    known('城市', names.city?.(text(row['cityId'])) ?? row['cityId'], '她問過或在那裡'),
    known('積分', points['points'] ?? 0, '積分賬'),
    ...attributes.map(
      ({ name, value, source, at, consent }): Known => ({
        ...{ name: text(name), value: text(value), from: sourceIn(text(source), names), at: ms(at) },
        ...(text(consent) === '' ? {} : { consent: text(consent) }),
        own: true,
      }),
    ),
    known('階段', names.stage?.(text(standing['stage'])) ?? standing['stage'], '判定'),
    ...(member ? [known('會員', text(member['level']) || '是', '導入的會員')] : []),
    ...(bought.length > 0
      ? [
          known(
            '買過',
            `${bought.length} 次，共 ¥${(bought.reduce((sum, { fen }) => sum + Number(fen), 0) / 100).toFixed(2)}`,
            '導入的購買',
          ),
        ]
      : []),
    ...quizzes.map(({ quiz, points: score, level, days }) =>
      known(
        `活動 ${names.campaign?.(text(quiz)) ?? text(quiz)}`,
        `${text(score)} 分，第 ${text(level)} 關，玩了 ${text(days)} 天`,
        '活動',
      ),
    ),
  ];
}

/** `survey:wishes` → 問卷「旅行偏好」 */
function sourceIn(source: string, names: Names): string {
  const [kind = '', id = ''] = source.split(/:(.*)/s);
  const titled = (what: string, title: string | undefined) => `${what}「${title ?? id}」`;
  if (id === '') return source === 'location' ? '她發的位置' : source;
  if (kind === 'survey') return titled('問卷', names.survey?.(id));
  if (kind === 'quiz') return titled('活動', names.campaign?.(id));
  return source;
}

/** Her profile in lines; what she told us with where it is from. */
export const profileOf = (copy: Copy, names: Names = {}): string[] =>
  knownOf(copy, names).map(
    ({ name, value = '未知', from, at }) =>
      `${name}　${value}${at === undefined ? '' : `（${from}，${beijingMoment(at).slice(0, 10)}）`}`,
  );
