import type { AccountKind } from '../../wechat/api/account-types';
import { whyNot } from '../../wechat/api/account-types';
import { addressesIn, variablesIn } from './fill';
import { type Content, classNames, type Definition, type RouteName, routeNames } from './push';
import type { AnyRoute } from './routes/route';

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
    if (!push.content[name]) add('內容', `寫了走${route.says}，卻沒有寫它的內容`);
  }
  if (new Set(push.routes).size < push.routes.length) add('路線', '同一條路寫了兩次');
  for (const name of routeNames)
    if (push.content[name] && !push.routes.includes(name))
      add('內容', `寫了${routes.get(name)?.says ?? name}的內容，路線裡卻沒有它`);

  const shares = push.variants.reduce((sum, { share }) => sum + share, 0);
  if (shares > 100) add('A/B', `各版加起來是 ${shares}%，不能超過 100%`);
  const versions = push.variants.map(({ name }) => name);
  if (new Set(versions).size < versions.length) add('A/B', '兩版叫同一個名字');

  for (const [version, content] of [
    ['', push.content] as const,
    ...push.variants.map((one) => [`「${one.name}」`, one.content] as const),
  ])
    for (const { route, words } of wordsIn(routes, content)) {
      const place = `${version}${route.says}`;
      for (const problem of route.problems(content[route.name as RouteName] as never)) add(place, problem);
      for (const { name } of words.flatMap(variablesIn)) {
        if (route.together) add(place, `「{${name}}」：群發對每個人說的一樣，不能有變量`);
        else if (!names.includes(name)) add(place, `沒有「{${name}}」這個變量；有的是：${names.join('、')}`);
      }
    }
  return found;
}
