import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { says } from '../../src/bot/bot';
import { compileRules, type Loaded } from '../../src/bot/rules';
import { compile } from '../../src/domain/replies/compile';
import type { Rule } from '../../src/domain/replies/rule';
import { root } from '../../src/kit/root';
import { fold, inScript, toSimplified } from '../../src/kit/text';
import { createRender } from '../../src/render/render';
import { simulatedAccount } from '../../src/simulator/account';
import { createCallbackReader } from '../../src/wechat/protocol/callback';
import { figure, shown } from './figures';
import { letter } from './letters';

/** What single steps of one callback cost, µs each: the middle of several runs in this process. */
export function microCosts(): [string, string][] {
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

  return [
    ['verify, decrypt, parse, type', timed(() => reader.read(query, body, 0))],
    [
      'build and seal the reply',
      timed(() => reader.answer(render('help', help), inbound, { seconds: 1, nonce: '1' })),
    ],
    [`choice among ${rules.claims.size} rules of files`, timed(() => rules.forText(next(asked)))],
    ['choice among 3,000 rules of operators', timed(() => operators.find(fold(next(asked)), 0))],
    ['fill a template, known data', timed(() => render('help', help))],
    ['fill a template, new data', timed(() => render('help', { ...help }))],
    ['to Simplified, 540 characters, known text', timed(() => inScript(long, 'hans'))],
    ['to Simplified, 540 characters, new text', timed(() => toSimplified(long))],
  ];
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

/** µs a call: seven runs of some 30 ms each, after one to warm up. */
function timed(act: () => unknown): string {
  let calls = 1;
  const once = () => {
    const started = performance.now();
    for (let i = 0; i < calls; i++) act();
    return performance.now() - started;
  };
  while (once() < 30) calls *= 2;
  return shown(figure(Array.from({ length: 7 }, () => (once() * 1_000) / calls)), 1);
}
