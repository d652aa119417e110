import { beijingDays } from '../../../kit/beijing';
import { fold } from '../../../kit/text';
import type { Prize } from '../../prizes/prize';
import type { Content } from '../campaign';
import type { Finding, Found, Kind, Text } from '../kind';
import list from './compliance-rules.json';

/** Facts from outside the campaign. */
export type Facts = {
  /** With how many codes a promise can be kept, by prize id. Absent: not asked. */
  codes?: ReadonlyMap<string, number>;
  /** How many tickets lie in store or are given, and how many prizes are somebody's. */
  tickets?: ReadonlyMap<string, number>;
  awards?: ReadonlyMap<string, number>;
};

export type Rule = {
  id: string;
  level: 'refuse' | 'warn';
  kind: 'words' | 'fact';
  looksFor: string;
  reason: string;
  sources: string[];
  /** `marketing`: not in questions, where 「國家級非遺」 is a fact and no boast. */
  in?: 'all' | 'marketing';
  words?: string[];
  /** For questions instead of `words`: 「邀請」 and 「分享」 are ordinary words there. */
  questionWords?: string[];
  unless?: string;
};
export const refusal = (rule: string, where: string, reason: string): Finding => ({
  level: 'refuse',
  rule,
  where,
  reason,
});

export const rules: readonly Rule[] = list.rules as Rule[];

/**
 * The compliance gate: everything that the list (compliance-rules.json) has against a campaign. Asked at `check`, again before
 * it is published and again when it begins. What is refused may not be published.
 */
export function judge(campaign: Content, kind: Kind, outside: Facts = {}): Finding[] {
  const texts = [...textsOf(campaign), ...kind.texts(campaign)];
  return rules.flatMap((rule) => {
    const found =
      rule.kind === 'words'
        ? wordsIn(texts, rule)
        : ((facts[rule.id] ?? kind.facts[rule.id])?.(campaign, outside) ?? []);
    return found.map(({ where, more }) => ({
      level: rule.level,
      rule: rule.id,
      where,
      reason: more ? `${more}。${rule.reason}` : rule.reason,
    }));
  });
}

/** Promised by nobody and needing nobody: 「不必分享」 is no inducement. */
const not = '不需要?|无需|不用|不必|无须|不须|不要求|不会因|禁止|严禁|不得|请勿|不能以|不以';
const negatedBefore = new RegExp(`(${not})[^,、:]{0,2}$`, 'u');
const negatedInside = new RegExp(not, 'u');

function wordsIn(texts: Text[], rule: Rule): Found[] {
  const compiled = (sources: string[] = []) => sources.map((source) => new RegExp(source, 'u'));
  const patterns = compiled(rule.words);
  const inQuestions = rule.questionWords ? compiled(rule.questionWords) : patterns;
  const unless = rule.unless ? new RegExp(rule.unless, 'u') : undefined;
  return texts.flatMap(({ where, text, kind }) => {
    if (rule.in === 'marketing' && kind === 'question') return [];
    for (const sentence of text.split(/[。!;\uff01\uff1b\n]+/)) {
      const folded = fold(sentence);
      if (unless?.test(folded)) continue;
      for (const pattern of kind === 'question' ? inQuestions : patterns) {
        const match = pattern.exec(folded);
        if (!match || negatedInside.test(match[0]) || negatedBefore.test(folded.slice(0, match.index)))
          continue;
        return [{ where, more: `寫了「${sentence.trim().slice(0, 40)}」` }];
      }
    }
    return [];
  });
}

function textsOf(campaign: Content): Text[] {
  const marketing = (where: string, text: string | undefined): Text[] =>
    text ? [{ where, text, kind: 'marketing' }] : [];
  return [
    ...marketing('標題', campaign.title),
    ...marketing('介紹', campaign.intro),
    ...marketing('規則', campaign.rules),
    ...marketing('逾期處理', campaign.forfeiture),
    ...campaign.sponsors.flatMap(({ name, words }) => marketing(`贊助商「${name}」`, words)),
    ...campaign.prizes.flatMap((prize) =>
      [prize.name, prize.conditions, prize.delivery, prize.usedAt].flatMap((text) =>
        marketing(of(prize), text),
      ),
    ),
  ];
}

const of = ({ name, id }: Prize): string => `獎品「${name || id}」`;
const vague = /^(神秘|精美|豪华|超值|惊喜)?(大)?(礼物|礼品|奖品|礼包|大奖|好礼)(一份)?$/;

/** One function for each rule of kind `fact`, beside those that a kind brings; a test holds the two together. */
export const facts: Record<string, (campaign: Content, outside: Facts) => Found[]> = {
  organiser: ({ organiser }) => (organiser.trim() ? [] : [{ where: '主辦單位', more: '空著' }]),
  contact: ({ contact }) => (contact.trim() ? [] : [{ where: '聯絡方式', more: '空著' }]),
  period: ({ startsAt, endsAt }) => (startsAt > 0 && endsAt > startsAt ? [] : [{ where: '起訖時間' }]),
  rules: ({ rules: text }) => ([...text.trim()].length >= 20 ? [] : [{ where: '規則', more: '空著或太短' }]),
  forfeiture: ({ forfeiture, prizes }) =>
    prizes.length === 0 || forfeiture.trim() ? [] : [{ where: '逾期處理', more: '空著' }],
  'prize-name': each(({ name }) => name.trim() === '' || vague.test(fold(name)), '名稱沒說清楚是什麼'),
  'prize-price': each(({ priceFen }) => priceFen <= 0, '沒有單價'),
  'prize-quantity': each(({ quantity }) => quantity <= 0, '沒有數量'),
  'prize-too-high': each(({ priceFen }) => priceFen > 5_000_000, '一份超過 50,000 元'),
  'draw-time': (campaign) =>
    each(
      ({ way }) => way.kind === 'draw' && way.at <= campaign.endsAt,
      '沒有開獎時間，或不晚於活動結束',
    )(campaign),
  'draw-method': each(({ way }) => way.kind === 'draw' && way.publicValue.trim() === '', '沒有寫公開數'),
  'claim-time': each(({ claimDays }) => claimDays < 1, '沒有領取天數'),
  'claim-conditions': each(({ conditions }) => !conditions?.trim(), '沒有領取條件'),
  delivery: each(({ delivery }) => !delivery?.trim(), '沒有發放方式'),
  'coupon-terms': each(
    ({ kind, usedAt, validUntil }) => kind === 'coupon' && (!usedAt?.trim() || validUntil === undefined),
    '沒有使用地點或有效期',
  ),
  stock: (campaign, { codes }) => campaign.prizes.flatMap((prize) => lackOf(prize, campaign, codes)),
  'too-many': ({ prizes }, { codes, tickets, awards }) =>
    prizes.flatMap((prize) => [
      ...surplus(prize, codes, '導入了', '個碼，多的不會發'),
      ...surplus(prize, tickets, '庫存卻有', '張票'),
      ...surplus(prize, awards, '卻已經發出', '份'),
    ]),
  'personal-information': ({ prizes, rules: text }) =>
    prizes.some(({ kind }) => kind === 'goods') &&
    !(/个人信息|隐私|地址.{0,20}(只|仅)用/.test(fold(text)) && /未成年|十四|14|监护/.test(fold(text)))
      ? [{ where: '規則' }]
      : [],
  money: each(({ kind }) => kind === 'money'),
};

function each(wrong: (prize: Prize) => boolean, more?: string): (campaign: Content) => Found[] {
  return ({ prizes }) =>
    prizes.filter(wrong).map((prize) => ({ where: of(prize), ...(more ? { more } : {}) }));
}

/** What of a promise nothing lies ready for. */
function lackOf(prize: Prize, campaign: Content, codes: Facts['codes']): Found[] {
  const where = of(prize);
  const { kind, quantity, way, id } = prize;
  const lacks: Found[] = [];
  const asked = way.kind === 'first' ? way.question : undefined;
  const promised = leastFor(way, campaign);
  if (quantity > 0 && promised > quantity)
    lacks.push({ where, more: `照「${wayNames[way.kind]}」要發 ${promised} 份，數量只寫了 ${quantity}` });
  if (way.kind === 'first' && quantity > 1)
    lacks.push({ where, more: `搶答只有首位答對者得，數量寫了 ${quantity}，只發得出 1 份` });
  const [winning] = campaign.prizes.filter((one) => one.way.kind === 'first' && one.way.question === asked);
  if (asked !== undefined && winning !== prize)
    lacks.push({ where, more: `搶答題 ${asked} 已經是${of(winning ?? prize)}的，一題只發得出一個獎` });
  const have = codes?.get(id) ?? 0;
  // A coupon's codes may come from its sponsor; without any the program makes its own.
  if (codes && have < quantity && (kind === 'code' || (kind === 'coupon' && have > 0)))
    lacks.push({ where, more: `數量 ${quantity}，只導入了 ${have} 個碼` });
  return lacks;
}

function surplus(prize: Prize, counts: Facts['codes'], told: string, what: string): Found[] {
  const have = counts?.get(prize.id) ?? 0;
  if (have <= prize.quantity) return [];
  return [{ where: of(prize), more: `數量 ${prize.quantity}，${told} ${have} ${what}` }];
}

const wayNames: Record<Prize['way']['kind'], string> = {
  floor: '幸運樓層',
  first: '搶答',
  ranking: '排名',
  participation: '參與',
  draw: '抽獎',
};

/** How many will certainly be owed. Floors at intervals end with the stock, and say so. */
function leastFor(way: Prize['way'], { startsAt, endsAt }: Content): number {
  if (way.kind === 'floor') return way.floors?.length ?? 0;
  if (way.kind !== 'ranking') return 1;
  const places = way.to - way.from + 1;
  return way.board === 'final' ? places : places * beijingDays(startsAt, endsAt);
}
