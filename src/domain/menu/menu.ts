import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';
import { root } from '../../kit/root';
import { isSamePerson } from '../../kit/signed';
import { isDuplicate } from '../../store/duplicate';
import { asking } from '../../wechat/api/asking';
import type { WechatClient } from '../../wechat/api/client';
import { createMenu } from '../../wechat/api/menu';
import { readMenuFile } from '../../wechat/api/menu-file';
import { createMenuTool } from '../../wechat/api/menu-tool';
import type { MenuFile } from '../../wechat/api/selfmenu';
import { createTags } from '../../wechat/api/tags';
import type { Upkeep } from '../upkeep';
import { edited, type MenuEdit } from './edit';

/** A version of the menu, `_id` 1, 2, …: who saved it and when, and whether fans were given it. */
export type MenuVersion = {
  _id: number;
  menu: MenuFile;
  by: string;
  at: Date;
  /** In a few words, what was changed. */
  what: string;
  pushed?: { by: string; at: Date; changes: string[] };
};

/**
 * The menu as the team writes it, every version of it kept; fans see the one that was pushed last. `claimed` is every key that
 * somebody answers.
 */
export function createMenus(given: {
  db: Connection;
  clock: Clock;
  client: Pick<WechatClient, 'get' | 'post'>;
  /** Nobody is there to be the second person. */
  solo: boolean;
}) {
  const { db, clock, client } = given;
  const rows = db.collection<MenuVersion>('menuVersions');
  const tags = createTags({ client });
  const toolOf = (claimed: readonly string[]) =>
    createMenuTool({ menu: createMenu({ client }), tags, claimed });

  /** The newest; where nobody has saved one yet, what comes with the program, as version 0. */
  async function latest(): Promise<MenuVersion> {
    return (await rows.findOne({}, { sort: { _id: -1 } })) ?? ours();
  }

  /** @throws AppError Conflict when somebody saved another since `base` */
  async function add(base: number, version: Pick<MenuVersion, 'menu' | 'by' | 'what'>): Promise<MenuVersion> {
    const next = { _id: base + 1, at: new Date(clock.now()), ...version };
    const now = await latest();
    if (now._id !== base) throw overtaken(now);
    await rows.insertOne(next).catch(async (error: unknown) => {
      throw isDuplicate(error) ? overtaken(await latest()) : error;
    });
    return next;
  }

  return {
    upkeep: { indexes: [] } satisfies Upkeep,
    latest,

    /** @throws AppError NotFound */
    async get(n: number): Promise<MenuVersion> {
      const found = await rows.findOne({ _id: n });
      if (!found) throw new AppError('NotFound', 'menu.version', `菜單沒有第 ${n} 版。`);
      return found;
    },
    /** Newest first. */
    versions: (asked: { before?: number | undefined; most: number }): Promise<MenuVersion[]> =>
      rows
        .find(asked.before === undefined ? {} : { _id: { $lt: asked.before } })
        .sort({ _id: -1 })
        .limit(asked.most)
        .toArray(),

    /** One thing changed of the version that was looked at. @throws AppError Invalid, NotFound, Conflict */
    async edit(base: number, edit: MenuEdit, by: string): Promise<MenuVersion> {
      const now = await latest();
      if (now._id !== base) throw overtaken(now);
      return add(base, { ...edited(now.menu, edit), by });
    },
    /** An earlier version becomes the newest again. */
    async restore(n: number, base: number, by: string): Promise<MenuVersion> {
      const found = n === 0 ? ours() : await rows.findOne({ _id: n });
      if (!found) throw new AppError('NotFound', 'menu.version', `菜單沒有第 ${n} 版。`);
      return add(base, { menu: found.menu, by, what: n === 0 ? '回到程序自帶的' : `回到第 ${n} 版` });
    },

    /** What WeChat would refuse, and buttons that nobody answers; sentences. */
    problems: (menu: MenuFile, claimed: readonly string[]): string[] =>
      readMenuFile(menu, { claimed }).problems,
    /** What pushing it would change for fans. @throws AppError Conflict where WeChat cannot be asked */
    differences: (menu: MenuFile, claimed: readonly string[]): Promise<string[]> =>
      asking('菜單沒有變', () => toolOf(claimed).diff(menu)),
    /** Names of tags that a menu can be made for. WeChat's own are nobody's. */
    tags: async (): Promise<string[]> =>
      (await asking('菜單沒有變', () => tags.list())).map(({ name }) => name),

    /** The menu that fans see now becomes the newest version. `asRules`: buttons that WeChat's own console answered. */
    async pull(base: number, by: string): Promise<{ version: MenuVersion; asRules: string[] }> {
      const { menu, asRules } = await asking('菜單沒有變', () => toolOf([]).pull());
      return { version: await add(base, { menu, by, what: '從微信取回' }), asRules };
    },

    /**
     * Gives fans the version that was looked at, by somebody else than who saved it.
     * @throws AppError Forbidden `menu.same-person`, Conflict, Invalid with what is wrong
     */
    async push(n: number, by: string, claimed: readonly string[]): Promise<string[]> {
      const now = await latest();
      if (now._id !== n) throw overtaken(now);
      if (n > 0 && isSamePerson(now.by, by) && !given.solo)
        throw new AppError(
          'Forbidden',
          'menu.same-person',
          '這一版是你自己保存的，要另一個人看過再推送。只有一個人的團隊，請運維設 SOLO_TEAM=true。',
        );
      const { done, problems, changes } = await asking('菜單沒有變', () => toolOf(claimed).push(now.menu));
      if (!done)
        throw new AppError('Invalid', 'menu.problems', `沒有推送，先改好這些：\n${problems.join('\n')}`);
      if (n === 0) await add(0, { menu: now.menu, by: '系統', what: '程序自帶的' });
      const pushed = { by, at: new Date(clock.now()), changes };
      await rows.updateOne({ _id: Math.max(n, 1) }, { $set: { pushed } });
      return changes;
    },
  };
}

export type Menus = ReturnType<typeof createMenus>;

function ours(): MenuVersion {
  const json: unknown = JSON.parse(readFileSync(join(root, 'templates', 'menu.json'), 'utf8'));
  const { menu } = readMenuFile(json, { claimed: [] });
  return { _id: 0, menu, by: '', at: new Date(0), what: '程序自帶的' };
}

const overtaken = ({ by, what }: MenuVersion) =>
  new AppError(
    'Conflict',
    'menu.overtaken',
    `${by} 剛保存了新的一版（${what}），你的沒有保存；請重新整理頁面，看過新的再改。`,
  );
