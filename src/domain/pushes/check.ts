import type { AccountKind } from '../../wechat/api/account-types';
import { whyNot } from '../../wechat/api/account-types';
import type { LeafRule, Rule } from '../segments/rule';
import { addressesIn, brokenAddressesIn, brokenMarksIn, variablesIn } from './fill';
import { pieceOf } from './freeze';
import {
  type Content,
  classNames,
  type Definition,
  type PushClass,
  type RouteName,
  routeNames,
  routeWords,
} from './push';
import type { AnyRoute } from './routes/route';
import { figure } from './tell-plan';
import { contentOf, shareOfRest } from './ways';

/** All pieces of words in a content, with the route they go by. */
export function wordsIn(
  routes: ReadonlyMap<RouteName, AnyRoute>,
  content: Content,
): { route: AnyRoute; words: string[] }[] {
  return routeNames.flatMap((name) => {
    const route = routes.get(name);
    const own = content[name];
    return route && own ? [{ route, words: route.words(own as never) }] : [];
  });
}

/** The web addresses that a push leads to, in the order of its words. */
export const linksIn = (
  routes: ReadonlyMap<RouteName, AnyRoute>,
  { content, variants }: Pick<Definition, 'content' | 'variants'>,
): string[] => [
  ...new Set(
    [content, ...variants.map((one) => one.content)].flatMap((one) =>
      wordsIn(routes, one).flatMap(({ words }) => words.flatMap(addressesIn)),
    ),
  ),
];

export type Finding = { place: string; message: string };

/** What is wrong with a push before anybody is asked whom it reaches. `names`: of the variables there are. */
export function findingsOf(
  push: Definition,
  given: {
    routes: ReadonlyMap<RouteName, AnyRoute>;
    account: AccountKind;
    names: readonly string[];
  },
): Finding[] {
  const { routes, account, names } = given;
  const found: Finding[] = [];
  const add = (place: string, message: string) => found.push({ place, message });

  for (const name of push.routes) {
    const route = routes.get(name);
    if (!route) {
      add('路線', `「${name}」現在不能用：沒有接上`);
      continue;
    }
    if (!route.carries.includes(push.class))
      add(
        '路線',
        `${route.says}只能發通知、結果、提醒，不能發${classNames[push.class]}內容：微信會攔下，多次會封接口。請換群發、短信或郵件，或改類別`,
      );
    const not = route.feature && whyNot(account, route.feature);
    if (not) add('路線', not);
    const missing = missingWords(push, name);
    if (missing !== undefined) add('內容', `寫了走${route.says}，卻沒有寫${missing}`);
  }
  if (new Set(push.routes).size < push.routes.length) add('路線', '同一條路寫了兩次');
  for (const name of routeNames)
    if (push.content[name] && !push.routes.includes(name))
      add('內容', `寫了${routes.get(name)?.says ?? name}的內容，路線裡卻沒有它`);

  for (const { name: version, content } of push.variants)
    for (const name of routeNames)
      if (content[name] && !push.content[name] && !push.routes.includes(name))
        add('內容', `「${version}」寫了${routes.get(name)?.says ?? name}的內容，路線裡卻沒有它`);

  const rest = shareOfRest(push.variants);
  if (rest < 0) add('A/B', `各版加起來是 ${100 - rest}%，不能超過 100%`);
  const versions = push.variants.map(({ name }) => name);
  if (new Set(versions).size < versions.length) add('A/B', '兩版叫同一個名字');

  if (push.routes.includes('mass') && new Set(draftsOf(push)).size < draftsOf(push).length)
    add(
      'A/B',
      '幾版的群發用了同一篇草稿：草稿群發一次就沒了，後面的版發不出去。每一版（連沒寫版本的人看的那一行）各用一篇草稿，或只留一版',
    );

  for (const [version, content] of [
    ['', push.content] as const,
    ...push.variants.map((one) => [`「${one.name}」`, one.content] as const),
  ])
    for (const { route, words } of wordsIn(routes, content)) {
      const place = `${version}${route.says}`;
      for (const problem of route.problems(content[route.name as RouteName] as never)) add(place, problem);
      for (const url of words.flatMap(brokenAddressesIn))
        add(place, `「${url}」：網址裡不能有變量，大家點的是同一個網址；請把變量刪去，或只寫在文字裡`);
      for (const problem of words.flatMap(brokenMarksIn)) add(place, problem);
      for (const { name } of words.flatMap(variablesIn)) {
        if (route.together) add(place, `「{${name}}」：群發對每個人說的一樣，不能有變量`);
        else if (!names.includes(name)) add(place, `沒有「{${name}}」這個變量；有的是：${names.join('、')}`);
      }
    }
  return found;
}

/** For whom a route has no words: all, those without a version, or some versions; undefined where everybody has some. */
function missingWords({ content, variants }: Definition, name: RouteName): string | undefined {
  if (content[name]) return undefined;
  const without = variants.filter((one) => !one.content[name]);
  if (without.length === variants.length) return '它的內容';
  const rest = shareOfRest(variants);
  if (rest > 0)
    return `其餘 ${rest}% 的人看什麼：多寫一行不寫「版本」的，或讓各版的比例加起來正好 100%，不要其餘`;
  if (without.length > 0)
    return `${without.map((one) => `「${one.name}」`).join('、')}的內容：每一版各寫一行，或多寫一行不寫「版本」的`;
  return undefined;
}

/** The drafts of its mass messages, one for each version that somebody gets. */
function draftsOf(push: Pick<Definition, 'content' | 'variants'>): string[] {
  const versions = push.variants.map(({ name }) => ({ variant: name }));
  const isForSome = shareOfRest(push.variants) > 0;
  return [...versions, ...(isForSome ? [{}] : [])].flatMap((version) => {
    const own = contentOf(push, version, 'mass');
    return own && 'draftMediaId' in own ? [own.draftMediaId] : [];
  });
}

/** A draft goes out in one call, for WeChat throws it away with that (wechat.md §5.2), and a call takes so many people. */
export function problemOfSize(
  push: Pick<Definition, 'routes' | 'content' | 'variants'>,
  people: number,
): Finding | undefined {
  const most = pieceOf(push.routes);
  if (!push.routes.includes('mass') || people <= most || draftsOf(push).length === 0) return undefined;
  return {
    place: '群發',
    message: `草稿群發一次就沒了，一次最多 ${figure(most)} 人，這裡有 ${figure(people)} 人。把對象分成幾份，每份不超過 ${figure(most)} 人，各寫一個推送、各用一篇草稿；或者改發文字、圖片`,
  };
}

/** Everybody in it has said nothing for so many days; undefined where the rule does not ask for it. */
export function silentFor(rule: Rule): number | undefined {
  const daysOf = (rules: Rule[]) => rules.flatMap((one) => silentFor(one) ?? []);
  if ('all' in rule) {
    const days = daysOf(rule.all as Rule[]);
    return days.length > 0 ? Math.max(...days) : undefined;
  }
  if ('any' in rule) {
    const days = daysOf(rule.any as Rule[]);
    return days.length === (rule.any as Rule[]).length ? Math.min(...days) : undefined;
  }
  const { leaf, days } = rule as LeafRule;
  return leaf === 'silent' ? Number(days) : undefined;
}

/** What a customer message cannot do for who has been silent, and which routes can. */
export function silentRemark(
  { class: kind, routes }: Pick<Definition, 'class' | 'routes'>,
  rule: Rule,
): string | undefined {
  const days = silentFor(rule);
  if (days === undefined || days < 2 || !routes.includes('customer')) return undefined;
  return `沉默超過 ${days} 天的人，客服消息一個也到不了（48 小時裡沒說過話）；到得了的：${asleep[kind]}`;
}
const asleep: Record<PushClass, string> = {
  marketing: `${routeWords.mass}，和同意過的人的${routeWords.sms}、${routeWords.mail}`,
  service: `${routeWords.template}、${routeWords.mass}，訂閱過的人的${routeWords.notice}，同意過的人的${routeWords.sms}、${routeWords.mail}`,
};
