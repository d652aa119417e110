import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { says } from '../../src/bot/bot';
import { loadHandlers } from '../../src/bot/discover';
import { compileRules, type Loaded } from '../../src/bot/rules';
import { createUnderstanding } from '../../src/bot/understanding/understanding';
import { elsewhere } from '../../src/domain/cities/elsewhere';
import { compile } from '../../src/domain/replies/compile';
import type { Rule } from '../../src/domain/replies/rule';
import { root } from '../../src/kit/root';
import { fold, inScript, toSimplified } from '../../src/kit/text';
import { createRender } from '../../src/render/render';
import { readCsv } from '../../src/sheets/read-csv';
import { simulatedAccount } from '../../src/simulator/account';
import { createCallbackReader } from '../../src/wechat/protocol/callback';
import { figure, shown } from './figures';
import { letter } from './letters';

/** What single steps of one callback cost, µs each: the middle of several runs in this process. */
export async function microCosts(): Promise<[string, string][]> {
  const rules = manyRules();
  const operators = operatorRules();
  const asked = [
    '關鍵777',
    '关键 1999！',
    '杭州規則2000',
    '城市3002的天气怎样',
    '杭州到上海3003號',
    '完全沒有人認領的一句話',
  ];
  const { render } = createRender();
  const help = JSON.parse(readFileSync(join(root, 'templates/samples/help.json'), 'utf8')) as object;
  const long = (render('help', help) as { text: string }).text.repeat(4).slice(0, 540);
  const { token, appId, encodingAesKey, originalId } = simulatedAccount;
  const reader = createCallbackReader({
    token,
    appId,
    encodingAesKey,
    maxAgeSeconds: 0,
    account: originalId,
  });
  const request = letter(1).toString();
  const query = Object.fromEntries(new URLSearchParams(/\?(\S+)/.exec(request)?.[1]));
  const body = request.slice(request.indexOf('\r\n\r\n') + 4);
  const inbound = reader.read(query, body, 0);
  let n = 0;
  const next = (texts: string[]) => texts[n++ % texts.length] as string;

  const { understand, understood, hostile, followed } = sentences();
  return [
    ['verify, decrypt, parse, type', await timed(() => reader.read(query, body, 0))],
    [
      'build and seal the reply',
      await timed(() => reader.answer(render('help', help), inbound, { seconds: 1, nonce: '1' })),
    ],
    [`choice among ${rules.claims.size} rules of files`, await timed(() => rules.forText(next(asked)))],
    ['choice among 3,000 rules of operators', await timed(() => operators.find(fold(next(asked)), 0))],
    ['an exact keyword of ours', await timed(() => understood.rules.forText('天氣'))],
    [
      `a sentence, understood among ${understood.names} names`,
      await timed(() => understand(next(understood.texts))),
    ],
    ['a sentence that goes on from another', await timed(() => understand('那上海呢', followed))],
    ['a sentence mistyped', await timed(() => understand(next(understood.mistyped)))],
    [
      'the dearest of hostile texts of 700 characters',
      await dearest(hostile.map((text) => () => understand(text))),
    ],
    ['fill a template, known data', await timed(() => render('help', help))],
    ['fill a template, new data', await timed(() => render('help', { ...help }))],
    ['to Simplified, 540 characters, known text', await timed(() => inScript(long, 'hans'))],
    ['to Simplified, 540 characters, new text', await timed(() => toSimplified(long))],
  ];
}

/** Our own topics, and the names that every installation knows beside those of the sample. */
function sentences() {
  const rules = loadHandlers();
  const table = (file: string) =>
    readCsv(readFileSync(join(root, file))).rows.map(({ cells }) => cells as Record<string, string>);
  const cities = table('src/facts/cities.csv').map(
    ({ id = '', name = '', name_hans = '', aliases = '', region = '' }) => ({
      id,
      name,
      nameHans: name_hans,
      aliases: aliases.split('|'),
      region,
      point: { lng: 0, lat: 0 },
    }),
  );
  const named = (file: string) =>
    table(file).map(({ id = '', name = '', city = '' }) => ({
      id,
      name,
      cityId: city,
      point: { lng: 0, lat: 0 },
    }));
  const [sights, hotels] = [named('src/facts/sights.csv'), named('src/simulator/sample/hotels.csv')];
  const none: [] = [];
  const byId = new Map(cities.map((city) => [city.id, city]));
  const { understand } = createUnderstanding(rules.topics, {
    cities: { all: () => cities, elsewhere, get: (id) => byId.get(id) },
    sights: { named: () => sights },
    hotels: { named: () => hotels },
    trains: { stations: () => none },
  });
  return {
    understand: (text: string, before?: string) =>
      understand(text, { at: Date.now(), before: async () => before }),
    followed: '杭州四星酒店',
    understood: {
      rules,
      names: cities.length + sights.length + hotels.length + elsewhere().length,
      texts: [
        '明天下午从杭州到上海的高铁',
        '麻煩問一下週末去成都要不要帶傘',
        '西湖附近500以内的四星酒店',
        '你们怎么多扣了我的钱',
      ],
      mistyped: ['夏门景点', '杭州天汽', 'hangzhou tianqi'],
    },
    hostile: ['到杭州', '一百', '5-', '最便宜不', 'xian', '酒店天氣', '下下個週', '那呢'].map((piece) =>
      piece.repeat(700).slice(0, 700),
    ),
  };
}

/** 2,000 keywords and 1,200 patterns, of several shapes. */
function manyRules() {
  const shapes = ['{what}規則N', '規則N{what}', '城市N的{what}怎樣', '{a}到{b}N號'];
  const rules = Array.from({ length: 3_200 }, (_, i): Loaded => {
    const words = i < 2_000 ? `關鍵N` : (shapes[i % shapes.length] as string);
    return { file: `bench/${i}.ts`, rule: says(words.replace('N', String(i)), () => 'x') };
  });
  return compileRules(rules);
}

function operatorRules() {
  return compile(
    Array.from(
      { length: 3_000 },
      (_, i): Rule => ({
        _id: `r${i}`,
        name: `r${i}`,
        on: true,
        match: [{ kind: i % 2 === 0 ? 'exact' : 'contains', words: [`關鍵${i}`] }],
        replies: [{ kind: 'text', text: 'x' }],
        mode: 'all',
        source: 'console',
        priority: 0,
        createdAt: new Date(0),
      }),
    ),
  );
}

const timed = async (act: () => unknown): Promise<string> => shown(figure(await runs(act)), 1);

/** Of several the one that costs most. */
async function dearest(acts: (() => unknown)[]): Promise<string> {
  const all: number[][] = [];
  for (const act of acts) all.push(await runs(act));
  return shown(figure(all.toSorted((a, b) => Math.min(...b) - Math.min(...a))[0] ?? []), 1);
}

/** µs a call: seven runs of some 30 ms each, after one to warm up. */
async function runs(act: () => unknown): Promise<number[]> {
  let calls = 16;
  const once = async () => {
    const started = performance.now();
    for (let i = 0; i < calls; i++) {
      const answer = act();
      if (answer instanceof Promise) await answer;
    }
    return performance.now() - started;
  };
  while ((await once()) < 30) calls *= 2;
  const found: number[] = [];
  for (let run = 0; run < 7; run++) found.push(((await once()) * 1_000) / calls);
  return found;
}
