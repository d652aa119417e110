import { isObject } from './exact-json';
import { type Button, type MenuFile, ruleKeyPrefix } from './selfmenu';

/** What a button of each type needs besides its name (wechat.md §8.1). */
export const typeNeeds: Record<string, readonly (keyof Button)[]> = {
  click: ['key'],
  view: ['url'],
  miniprogram: ['appid', 'pagepath', 'url'],
  scancode_push: ['key'],
  scancode_waitmsg: ['key'],
  pic_sysphoto: ['key'],
  pic_photo_or_album: ['key'],
  pic_weixin: ['key'],
  location_select: ['key'],
  media_id: ['media_id'],
  view_limited: ['media_id'],
  article_id: ['article_id'],
  article_view_limited: ['article_id'],
};

/**
 * After these taps the event is all that comes, so a handler must claim its key. After the others a picture, a location
 * or nothing follows, and that is answered.
 */
const answeredByKey = new Set(['click', 'scancode_waitmsg']);

const bytes = (text: string): number => Buffer.byteLength(text, 'utf8');
const limits = { top: 3, sub: 5, topName: 16, subName: 60, key: 128, url: 1024, domains: 3 };

/**
 * Reads a menu file. `problems` are what WeChat would refuse and what nobody would answer: sentences for the person who
 * edits it, in Chinese, each with the place. Without problems `menu` may be pushed as it is.
 */
export function readMenuFile(
  json: unknown,
  { claimed }: { claimed: readonly string[] },
): { menu: MenuFile; problems: string[] } {
  const problems: string[] = [];
  const known = new Set(claimed);

  function readButton(value: unknown, place: string, isTop: boolean): Button | undefined {
    if (!isObject(value)) {
      problems.push(`${place}：應該是一個按鈕 { "name": … }。`);
      return undefined;
    }
    const name = readName(value, place, isTop);
    const where = name ? `「${name}」` : place;
    const subs = value['sub_button'];
    if (subs !== undefined && !(Array.isArray(subs) && subs.length === 0)) {
      if (isTop) return readParent(value, { name, where, subs });
      problems.push(`${where}：二級按鈕不能再有 sub_button。`);
    }
    return readLeaf(value, name, where);
  }

  function readName(value: Record<string, unknown>, place: string, isTop: boolean): string {
    const { name } = value;
    if (typeof name !== 'string' || name.trim() === '') {
      problems.push(`${place}：缺少 name。`);
      return '';
    }
    const most = isTop ? limits.topName : limits.subName;
    if (bytes(name) > most) {
      problems.push(
        `「${name}」：名稱有 ${bytes(name)} 個位元組，${isTop ? '一級' : '二級'}最多 ${most}（一個漢字佔 3）。`,
      );
    }
    return name;
  }

  function readParent(
    value: Record<string, unknown>,
    { name, where, subs }: { name: string; where: string; subs: unknown },
  ): Button | undefined {
    if (!Array.isArray(subs)) {
      problems.push(`${where}:sub_button 應該是一串按鈕。`);
      return undefined;
    }
    if (subs.length > limits.sub)
      problems.push(`${where}：有 ${subs.length} 個二級按鈕，最多 ${limits.sub}。`);
    refuseOthers(value, ['name', 'sub_button'], where);
    const buttons = subs.map((sub: unknown, at) => readButton(sub, `${where}的第 ${at + 1} 個`, false));
    return { name, sub_button: buttons.filter((one) => one !== undefined) };
  }

  function readLeaf(value: Record<string, unknown>, name: string, where: string): Button | undefined {
    const { type } = value;
    if (type === undefined && value['sub_button'] !== undefined) {
      problems.push(`${where}：還沒有動作，也沒有二級按鈕；請給它一樣。`);
      return undefined;
    }
    const needs = typeof type === 'string' ? typeNeeds[type] : undefined;
    if (typeof type !== 'string' || !needs) {
      problems.push(
        `${where}：類型 ${JSON.stringify(type)} 不認識，可用：${Object.keys(typeNeeds).join('、')}。`,
      );
      return undefined;
    }
    refuseOthers(value, ['name', 'type', 'sub_button', ...needs], where);
    const button: Button = { name, type };
    for (const field of needs) {
      const given = value[field];
      if (typeof given !== 'string' || given === '') problems.push(`${where}：類型 ${type} 要有 ${field}。`);
      else Object.assign(button, { [field]: given });
    }
    checkKey(button, where);
    if (button.url !== undefined) checkUrl(button.url, where);
    return button;
  }

  function checkKey({ type = '', key }: Button, where: string): void {
    if (key === undefined) return;
    if (bytes(key) > limits.key)
      problems.push(`${where}:key 有 ${bytes(key)} 個位元組，最多 ${limits.key}。`);
    if (answeredByKey.has(type) && !known.has(key) && !key.startsWith(ruleKeyPrefix)) {
      problems.push(
        `${where}：沒有處理程式認領 key「${key}」。請在 handlers 裡寫 clicks('${key}', …)，或改用：${claimed.join('、') || '（還沒有）'}。`,
      );
    }
  }

  function checkUrl(url: string, where: string): void {
    if (bytes(url) > limits.url)
      problems.push(`${where}：網址有 ${bytes(url)} 個位元組，最多 ${limits.url}。`);
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      problems.push(`${where}：「${url}」不是 http 或 https 網址。`);
  }

  function refuseOthers(value: Record<string, unknown>, allowed: readonly string[], where: string): void {
    for (const field of Object.keys(value)) {
      if (!allowed.includes(field)) problems.push(`${where}：這裡不能有 ${field}。`);
    }
  }

  function readTops(tops: unknown[]): Button[] {
    if (tops.length < 1 || tops.length > limits.top)
      problems.push(`有 ${tops.length} 個一級按鈕，應該是 1 到 ${limits.top} 個。`);
    return tops
      .map((top, at) => readButton(top, `第 ${at + 1} 個一級按鈕`, true))
      .filter((one) => one !== undefined);
  }

  function readConditionals(value: unknown): NonNullable<MenuFile['conditional']> {
    if (!Array.isArray(value)) {
      problems.push('conditional 應該是按標籤的菜單的清單，每一個有 tag 和 button。');
      return [];
    }
    const seen = new Set<string>();
    return value.flatMap((one: unknown, at) => {
      const tag = isObject(one) ? one['tag'] : undefined;
      const tops = isObject(one) ? one['button'] : undefined;
      if (!isObject(one) || typeof tag !== 'string' || tag.trim() === '' || !Array.isArray(tops)) {
        problems.push(`conditional 的第 ${at + 1} 個：應該有 tag（標籤的名稱）和 button，別的都不能有。`);
        return [];
      }
      const before = problems.length;
      refuseOthers(one, ['tag', 'button'], '這一個');
      if (seen.has(tag)) problems.push('這個標籤出現了兩次，請合成一個。');
      seen.add(tag);
      const button = readTops(tops);
      problems.push(...problems.splice(before).map((problem) => `標籤「${tag}」的菜單：${problem}`));
      return [{ tag, button }];
    });
  }

  if (!isObject(json) || !Array.isArray(json['button'])) {
    return { menu: { button: [] }, problems: ['菜單檔應該是 { "button": [ … ] }。'] };
  }
  refuseOthers(json, ['button', 'conditional'], '菜單');
  const button = readTops(json['button']);
  if (json['conditional'] === undefined) return { menu: { button }, problems };
  const conditional = readConditionals(json['conditional']);
  const domains = new Set(conditional.flatMap((one) => domainsIn(one.button)));
  if (domains.size > limits.domains)
    problems.push(
      `conditional：按標籤的菜單一共跳到 ${domains.size} 個域名，最多 ${limits.domains} 個：${[...domains].join('、')}。`,
    );
  return { menu: { button, conditional }, problems };
}

function domainsIn(buttons: readonly Button[]): string[] {
  return buttons.flatMap(({ type, url = '', sub_button: subs = [] }) => [
    ...(type === 'view' && URL.canParse(url) ? [new URL(url).hostname] : []),
    ...domainsIn(subs),
  ]);
}

/** What pushing `to` would change for fans who see `from`, one line each; empty when nothing would. */
export function diffMenus(from: MenuFile, to: MenuFile): string[] {
  const before = placesOf(from);
  const after = placesOf(to);
  const lines: string[] = [];
  for (const [path, button] of before) if (!after.has(path)) lines.push(`- ${path}  ${sayDeed(button)}`);
  for (const [path, button] of after) {
    const old = before.get(path);
    if (!old) lines.push(`+ ${path}  ${sayDeed(button)}`);
    else if (sayDeed(old) !== sayDeed(button)) lines.push(`~ ${path}  ${sayDeed(old)} → ${sayDeed(button)}`);
  }
  const kept = [...before.keys()].filter((path) => after.has(path));
  const order = [...after.keys()].filter((path) => before.has(path));
  if (kept.join('\n') !== order.join('\n')) lines.push(`↕ 順序：${order.join('、')}`);
  return lines;
}

/** Every button by `一級 / 二級`, in the order fans see them. Two of one name get a number. */
function placesOf(menu: MenuFile): Map<string, Button> {
  const places = new Map<string, Button>();
  const put = (path: string, button: Button) => {
    let free = path;
    for (let n = 2; places.has(free); n++) free = `${path} (${n})`;
    places.set(free, button);
  };
  for (const top of menu.button) {
    put(top.name, top);
    for (const sub of top.sub_button ?? []) put(`${top.name} / ${sub.name}`, sub);
  }
  return places;
}

function sayDeed(button: Button): string {
  if (button.sub_button?.length) return '（子菜單）';
  const { type = '', key, url, appid, pagepath, media_id, article_id } = button;
  return [type, key, appid, pagepath, url, media_id, article_id].filter(Boolean).join(' ');
}

/** The file as editors read it. */
export const writeMenuFile = (menu: MenuFile): string => `${JSON.stringify(menu, null, 2)}\n`;
