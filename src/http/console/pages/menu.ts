import { z } from 'zod';
import { buttonAt, buttonsOf, type Place } from '../../../domain/menu/edit';
import type { MenuVersion } from '../../../domain/menu/menu';
import { AppError } from '../../../errors';
import { beijingMoment } from '../../../kit/beijing';
import { createGate } from '../../../kit/gate';
import { typeNeeds } from '../../../wechat/api/menu-file';
import type { Button, MenuFile } from '../../../wechat/api/selfmenu';
import { act, done, may, page, part, type Visit } from '../console';
import { cursor, line, maybe, ticked, whole } from '../form';
import { confirm, table } from '../parts';

const pageSize = 30;
/** WeChat is asked: two people at once are enough. */
const gate = createGate({ atOnce: 2, maxWaiting: 20 });

/** What a button does, as people call it; in this order they are offered. */
const typeNames: Record<string, string> = {
  click: '點擊，小藝回話',
  view: '打開網頁',
  miniprogram: '打開小程序',
  location_select: '發送位置',
  scancode_push: '掃一掃，打開掃到的',
  scancode_waitmsg: '掃一掃，小藝回話',
  pic_sysphoto: '拍照發來',
  pic_photo_or_album: '拍照或選照片發來',
  pic_weixin: '從微信相冊選照片發來',
  media_id: '發出一個素材',
  article_id: '發出一篇已發布的文章',
  article_view_limited: '打開一篇已發布的文章',
  view_limited: '打開一篇圖文素材（舊）',
};
const fieldNames: Record<string, { label: string; help: string }> = {
  key: { label: '按鈕的 key', help: '小藝憑它知道點了什麼。下面列的都有人答。' },
  url: { label: '網址', help: '以 https:// 開頭。小程序的按鈕裡，它給打不開小程序的舊手機用。' },
  appid: { label: '小程序的 AppID', help: '要先在公眾平台關聯。' },
  pagepath: { label: '小程序的頁面', help: '例如 pages/index/index' },
  media_id: { label: '素材編號', help: '公眾平台素材庫裡的永久素材（media_id）。' },
  article_id: { label: '文章編號', help: '已發布文章的 article_id。' },
};
/** A field as forms call it: they know no underscores. */
const inForm = (field: string): 'key' =>
  field.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()) as 'key';
const nameOfType = (type = '') => typeNames[type] ?? type;

const deedOf = ({ type, key, url, appid, pagepath, media_id, article_id, sub_button }: Button): string =>
  type === undefined
    ? (sub_button?.length ?? 0) > 0
      ? '展開'
      : '還沒有動作'
    : [nameOfType(type), key ?? url ?? pagepath ?? appid ?? media_id ?? article_id ?? '']
        .filter(Boolean)
        .join('：');

/** 「0」 a button at the bottom, 「0.2」 one that unfolds over it, 「n」 and 「0.n」 a new one. */
const place = z.string().regex(/^(\d|\d\.\d|n|\d\.n)$/, '沒有這個位置');
const readPlace = (text: string, tag: string | undefined): Place => {
  const [top = '', sub] = text.split('.');
  return { tag, top: Number(top) || 0, ...(sub === undefined ? {} : { sub: Number(sub) || 0 }) };
};
const isNew = (text: string) => text.endsWith('n');

/** Every key that somebody answers: a handler, an operator's rule, a campaign. */
function claimed({ house, services }: Visit): string[] {
  return [...new Set([...house.menu.keys, ...services.replies.compiled().clicks.keys()])];
}
/** The same, with keys of campaigns that stand in this menu. */
function answered(visit: Visit, menu: MenuFile): string[] {
  const all = [menu.button, ...(menu.conditional ?? []).map(({ button }) => button)].flat();
  const keys = all.flatMap((top) => [top, ...(top.sub_button ?? [])]).flatMap(({ key }) => key ?? []);
  return [...claimed(visit), ...keys.filter((key) => visit.services.campaigns.byMenuKey(key))];
}

/** As a phone shows it, every button a way to its editor. */
function preview(menu: MenuFile, tag: string | undefined, at: string | undefined, edits: boolean) {
  const link = (to: string) => (edits ? `${backTo(tag, to)}#button` : '');
  const shown = (button: Button, here: string) => ({
    name: button.name,
    deed: deedOf(button),
    href: link(here),
    chosen: here === at,
  });
  const tops = buttonsOf(menu, tag);
  return {
    tops: tops.map((top, t) => ({
      ...shown(top, String(t)),
      subs: (top.sub_button ?? []).map((sub, s) => shown(sub, `${t}.${s}`)),
      more: (top.sub_button ?? []).length < 5 ? link(`${t}.n`) : '',
    })),
    more: tops.length < 3 ? link('n') : '',
  };
}

function editorOf(visit: Visit, version: MenuVersion, tag: string | undefined, at: string | undefined) {
  if (at === undefined || !visit.may('menu.edit')) return '';
  const where = readPlace(at, tag);
  const fresh = isNew(at);
  const button = fresh ? undefined : buttonAt(version.menu, where);
  if (!fresh && !button) return '';
  const parent = at.includes('.') ? buttonAt(version.menu, { ...where, sub: undefined }) : undefined;
  const unfolds = (button?.sub_button?.length ?? 0) > 0;
  const type = button?.type ?? 'click';
  return {
    at,
    tag: tag ?? '',
    base: version._id,
    fresh,
    unfolds,
    isTop: !at.includes('.'),
    name: button?.name ?? '',
    /** What stands over `parent` takes the place of what it does itself. */
    parentLoses: fresh && parent?.type !== undefined ? parent.name : '',
    under: parent?.name ?? '',
    types: Object.entries(typeNames).map(([value, label]) => ({ value, label, chosen: value === type })),
    fields: Object.entries(fieldNames).map(([name, about]) => ({
      name: inForm(name),
      ...about,
      value: button?.[name as 'key'] ?? '',
    })),
    keys: claimed(visit),
    rule: button?.type === 'click' && button.key ? ruleOf(visit, button.key) : '',
  };
}

/** Who answers the tap. */
function ruleOf({ house, services, now }: Visit, key: string) {
  const rule = services.replies.compiled().click(key, now)?.rule;
  if (house.menu.keys.includes(key)) return { text: '由程序回答', href: '', key };
  if (rule) return { text: `由規則「${rule.name}」回答`, href: `/replies/${rule._id}`, key };
  const campaign = services.campaigns.byMenuKey(key, now);
  if (campaign) return { text: `由活動「${campaign.title}」回答`, href: '', key };
  return { text: '還沒有人回答', href: `/replies/new?key=${encodeURIComponent(key)}`, key };
}

/** 「~ 找攻略 / 景點  click A → click B」 in words. */
const changeInWords = (change: string): string =>
  change.replace(/( {2}|→ )([a-z_]+)(?= |$)/g, (all, before: string, type: string) =>
    typeNames[type] ? `${before}${typeNames[type]}` : all,
  );

/** What is told who edits the file, told here: who answers a key is a rule's business too. */
const problemInWords = (problem: string): string =>
  problem.replace(
    /沒有處理程式認領 key「([^」]*)」.*$/s,
    '點了沒有人回答（key「$1」）。請為它寫一條規則，或換一個有人答的 key。',
  );

const versionRow = (one: MenuVersion) => [
  { text: `第 ${one._id} 版`, href: `/menu?version=${one._id}` },
  { text: one.what, own: true },
  { text: one.by, own: true },
  beijingMoment(one.at.getTime()),
  one.pushed
    ? {
        text: '推送過',
        tone: 'green' as const,
        note: `${one.pushed.by}，${beijingMoment(one.pushed.at.getTime())}`,
      }
    : '',
];

const tagName = maybe(line(30));
const asked = z.object({ tag: tagName, at: maybe(place), version: maybe(whole(1, 1e9)) });
const seen = z.object({ base: whole(0, 1e9), tag: tagName });
const onButton = seen.extend({ at: place });
const written = onButton
  .extend({
    name: line(60),
    type: z.enum(Object.keys(typeNames) as [string, ...string[]]).optional(),
    key: maybe(line(128)),
    url: maybe(line(1_024)),
    appid: maybe(line(64)),
    pagepath: maybe(line(1_024)),
    mediaId: maybe(line(200)),
    articleId: maybe(line(200)),
    unfolds: ticked,
  })
  .superRefine((one, context) => {
    if (one.unfolds) return;
    for (const field of typeNeeds[one.type ?? 'click'] ?? [])
      if (one[inForm(field)] === undefined)
        context.addIssue({ code: 'custom', path: [inForm(field)], message: '這種按鈕要填它' });
  });

function buttonOf(one: z.output<typeof written>): Button {
  const { name, type = 'click', unfolds } = one;
  if (unfolds) return { name, sub_button: [] };
  const fields = (typeNeeds[type] ?? []).map((field) => [field, one[inForm(field)]]);
  return { name, type, ...Object.fromEntries(fields) };
}

function backTo(tag: string | undefined, at?: string): string {
  const query = new URLSearchParams({
    ...(tag === undefined ? {} : { tag }),
    ...(at === undefined ? {} : { at }),
  }).toString();
  return query === '' ? '/menu' : `/menu?${query}`;
}

export default [
  page(
    '/menu',
    may('menu.see'),
    { title: '菜單', menu: { group: 'content', at: 20 }, template: 'menu', asks: asked },
    async (visit, { tag, at, version }) => {
      const { services, house, may: can } = visit;
      const newest = await services.menus.latest();
      const shown = version === undefined ? newest : await services.menus.get(version);
      const { menu } = shown;
      const edits = can('menu.edit') && shown._id === newest._id;
      const versions = await services.menus.versions({ most: 5 });
      return {
        n: shown._id,
        newest: newest._id,
        by: shown.by,
        at: shown.at.getTime(),
        what: shown.what,
        pushed: shown.pushed ? { by: shown.pushed.by, at: shown.pushed.at.getTime() } : '',
        mine: shown._id > 0 && shown.by === visit.by && !house.solo,
        tag: tag ?? '',
        tags: (menu.conditional ?? []).map((one) => ({
          tag: one.tag,
          href: backTo(one.tag),
          chosen: one.tag === tag,
        })),
        edits,
        phone: preview(menu, tag, at, edits),
        edit: edits ? editorOf(visit, shown, tag, at) : '',
        problems: services.menus.problems(menu, answered(visit, menu)).map(problemInWords),
        lacking: house.menu.lacking(menu),
        versions: table({
          caption: '菜單最近的版本',
          columns: [
            { label: '版本' },
            { label: '改了什麼' },
            { label: '誰' },
            { label: '什麼時候' },
            { label: '推送' },
          ],
          rows: versions.map(versionRow),
          empty: { title: '還沒有保存過', text: '現在是程序自帶的菜單。改一個按鈕，或先從微信取回現在的。' },
        }),
        pull: confirm({
          id: 'pull',
          to: '/menu/pull',
          label: '從微信取回',
          title: '從微信取回現在的菜單',
          text: '用戶現在看到的菜單會成為新的一版；這裡寫到一半的仍在舊版本裡，可以回去。',
          submit: '取回',
          tone: 'primary',
          fields: [{ name: 'base', label: '', kind: 'hidden', value: newest._id }],
        }),
        restore: confirm({
          id: 'restore',
          to: '/menu/restore',
          label: '回到這一版',
          title: `回到第 ${shown._id} 版`,
          text: '它會成為新的一版；要給用戶看，還要推送。',
          submit: '回到這一版',
          tone: 'primary',
          fields: [
            { name: 'base', label: '', kind: 'hidden', value: newest._id },
            { name: 'n', label: '', kind: 'hidden', value: shown._id },
          ],
        }),
      };
    },
  ),
  part(
    '/menu/wechat',
    may('menu.see'),
    { template: 'menu-wechat', asks: z.object({ n: whole(0, 1e9) }) },
    async (visit, { n }) => {
      const { services } = visit;
      const { menu } = n === 0 ? await services.menus.latest() : await services.menus.get(n);
      try {
        const changes = await gate(() => services.menus.differences(menu, answered(visit, menu)));
        return { changes: changes.map(changeInWords), failed: '' };
      } catch (error) {
        if (error instanceof AppError && error.expose) return { changes: [], failed: error.message };
        throw error;
      }
    },
  ),
  part(
    '/menu/tags',
    may('menu.edit'),
    { template: 'menu-tags', asks: seen },
    async ({ services }, { base }) => {
      const { menu } = await services.menus.latest();
      const taken = (menu.conditional ?? []).map(({ tag }) => tag);
      try {
        const names = await gate(() => services.menus.tags());
        return { base, names: names.filter((name) => !taken.includes(name)), failed: '' };
      } catch (error) {
        if (error instanceof AppError && error.expose) return { base, names: [], failed: error.message };
        throw error;
      }
    },
  ),
  page(
    '/menu/versions',
    may('menu.see'),
    { title: '菜單的版本', template: 'menu-versions', asks: z.object({ cursor }) },
    async ({ services }, { cursor: at }) => {
      const before = at === undefined ? undefined : Number(at) || undefined;
      const list = await services.menus.versions({ before, most: pageSize });
      return {
        table: table({
          caption: '菜單的版本',
          path: '/menu/versions',
          asked: { cursor: at },
          columns: [
            { label: '版本' },
            { label: '改了什麼' },
            { label: '誰' },
            { label: '什麼時候' },
            { label: '推送' },
          ],
          rows: list.map(versionRow),
          next: list.length === pageSize ? String(list.at(-1)?._id) : undefined,
          empty: { title: '還沒有保存過', text: '現在是程序自帶的菜單。', href: '/menu', label: '去改菜單' },
        }),
      };
    },
  ),
  act('/menu/button', may('menu.edit'), { what: '改菜單的按鈕', asks: written }, async (visit, one) => {
    const { services, by } = visit;
    const { menu: before } = await services.menus.latest();
    const at = readPlace(one.at, one.tag);
    const fresh = isNew(one.at);
    const saved = await services.menus.edit(
      one.base,
      { deed: fresh ? 'add' : 'set', at, button: buttonOf(one) },
      by,
    );
    const said = `${saved.what}，存成第 ${saved._id} 版。推送以後用戶才看到。`;
    const list =
      at.sub === undefined
        ? buttonsOf(saved.menu, one.tag)
        : (buttonsOf(saved.menu, one.tag)[at.top]?.sub_button ?? []);
    const to = fresh ? one.at.replace('n', String(list.length - 1)) : one.at;
    return done(said, {
      to: backTo(one.tag, to),
      before: fresh ? undefined : buttonAt(before, at),
      after: buttonOf(one),
    });
  }),
  act(
    '/menu/button/remove',
    may('menu.edit'),
    { what: '去掉菜單的按鈕', asks: onButton },
    async ({ services, by }, one) => {
      const at = readPlace(one.at, one.tag);
      const before = buttonAt((await services.menus.latest()).menu, at);
      const { what, _id } = await services.menus.edit(one.base, { deed: 'remove', at }, by);
      return done(`${what}，存成第 ${_id} 版；要找回來，回到上一版。`, { to: backTo(one.tag), before });
    },
  ),
  act(
    '/menu/button/move',
    may('menu.edit'),
    { what: '移動菜單的按鈕', asks: onButton.extend({ way: z.enum(['before', 'after']) }) },
    async ({ services, by }, one) => {
      const at = readPlace(one.at, one.tag);
      const step = one.way === 'before' ? -1 : 1;
      const { what, menu } = await services.menus.edit(one.base, { deed: 'move', at, by: step }, by);
      const moved = { ...at, ...(at.sub === undefined ? { top: at.top + step } : { sub: at.sub + step }) };
      const stays = !buttonAt(menu, moved);
      const to = stays ? one.at : moved.sub === undefined ? String(moved.top) : `${moved.top}.${moved.sub}`;
      return done(`${what}。`, { to: backTo(one.tag, to) });
    },
  ),
  act(
    '/menu/tag',
    may('menu.edit'),
    { what: '加上按標籤的菜單', asks: z.object({ base: whole(0, 1e9), tag: line(30) }) },
    async ({ services, by }, { base, tag }) => {
      const { what } = await services.menus.edit(base, { deed: 'addTag', tag }, by);
      return done(`${what}，先和大家的一樣；改好再推送。`, { to: backTo(tag), after: { tag } });
    },
  ),
  act(
    '/menu/tag/remove',
    may('menu.edit'),
    { what: '去掉按標籤的菜單', asks: z.object({ base: whole(0, 1e9), tag: line(30) }) },
    async ({ services, by }, { base, tag }) => {
      const { what } = await services.menus.edit(base, { deed: 'removeTag', tag }, by);
      return done(`${what}。推送以後，有這個標籤的人看到大家的菜單。`, { to: '/menu', before: { tag } });
    },
  ),
  act(
    '/menu/pull',
    may('menu.edit'),
    { what: '從微信取回菜單', asks: z.object({ base: whole(0, 1e9) }) },
    async ({ services, by }, { base }) => {
      const { version, asRules } = await services.menus.pull(base, by);
      const rules =
        asRules.length > 0
          ? `\n這些按鈕原來由公眾平台回覆，要把舊規則也搬過來（關鍵字回覆的「導入和導出」）：${asRules.join('、')}`
          : '';
      return done(`取回了，存成第 ${version._id} 版。${rules}`, { to: '/menu' });
    },
  ),
  act(
    '/menu/restore',
    may('menu.edit'),
    { what: '菜單回到舊版本', asks: z.object({ base: whole(0, 1e9), n: whole(0, 1e9) }) },
    async ({ services, by }, { base, n }) => {
      const { what, _id } = await services.menus.restore(n, base, by);
      return done(`${what}，存成第 ${_id} 版。推送以後用戶才看到。`, {
        to: '/menu',
        before: { n: base },
        after: { n: _id },
      });
    },
  ),
  act(
    '/menu/push',
    may('menu.push'),
    { what: '推送菜單', asks: z.object({ n: whole(0, 1e9) }) },
    async (visit, { n }) => {
      const { services, house, by, asSecond } = visit;
      const now = await services.menus.latest();
      if (!house.solo && n > 0) await asSecond([now.by]);
      const changes = await services.menus.push(n, by, answered(visit, now.menu));
      return done(changes.length === 0 ? '微信上已經是這樣，不用推送。' : '推送了，用戶五分鐘內看到。', {
        to: '/menu',
        after: changes,
      });
    },
  ),
];
