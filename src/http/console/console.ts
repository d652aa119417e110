import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { TakenBy } from '../../domain/campaigns/gate/findings';
import type { Rehearsals } from '../../domain/quiz/rehearse/rehearsals';
import type { Right } from '../../domain/team/rights';
import type { Teammate } from '../../domain/team/team';
import type { AnyTask } from '../../kit/define-task';
import type { Script } from '../../kit/text';
import type { Services } from '../../services';
import type { Reply } from '../../wechat/protocol/reply';

/*
 * What a file of `pages/` is made of: a page, and what can be done on it. The menu, the table of rights, the audit and the routes come
 * from these values; a file exports a list of them by default, and its templates lie in `templates/console/`.
 */

/** What is true of the house, and no business of a domain. */
export type House = {
  /** The account's type and whether it is verified. */
  account: { type: 'service' | 'subscription'; verified: boolean };
  /** The simulator plays WeChat. */
  simulated: boolean;
  /** Nobody is there to agree as a second person. */
  solo: boolean;
  /** Where fans and WeChat reach us. */
  publicUrl: string;
  /** Where the phone page is; only beside a simulator. */
  phoneUrl?: string | undefined;
  /** What a fan would be answered, and why. It changes nothing. */
  explain(text: string): Promise<Explained>;
  /** The handler's file that answers a text before any operator's rule is asked. */
  comesFirst(text: string): string | undefined;
  /** Of the menu's buttons: the keys that handlers answer, and buttons behind which there is nothing yet. */
  menu: { keys: readonly string[]; lacking(menu: unknown): { name: string; what: string; todo: string }[] };
  /** Settings, engines, account: what `npm run doctor` tells. */
  doctor(): Promise<{ state: 'good' | 'note' | 'bad'; what: string; todo?: string }[]>;
  /** Which handler answers a text or a menu key already. */
  takenBy: TakenBy;
  /** Quizzes that are played as a fan would, without any effect. */
  rehearsals: Rehearsals;
  /** What is set, without secrets. */
  settings: { name: string; what: string; value: string }[];
  /** What BullMQ has of hints for the workers; undefined where Redis does not answer. */
  hints(): Promise<Record<'waiting' | 'active' | 'delayed' | 'failed' | 'completed', number> | undefined>;
  /** How long WeChat's access token is still good; undefined where there is none now. */
  tokenLeftMs(): Promise<number | undefined>;
  /** What has been migrated, and which indexes are missing. */
  schema(): Promise<{ migrations: { n: number; name: string; doneAt?: number }[]; missing: string[] }>;
};
/**
 * `by`: who answers it, a handler's file or `operator` (then `rule` says which rule). `reply`: the words of the first reply; '' where
 * who answers does more than look something up, and so was not tried (`replies` undefined).
 */
export type Explained = {
  by: string;
  reply: string;
  how: string[];
  rule?: string | undefined;
  replies?: Reply[] | undefined;
};

/** Somebody at a page. */
export type Visit = {
  services: Services;
  house: House;
  who: Teammate;
  /** The id of her session. */
  session: string;
  /** How she is signed in records: 「林梅（登錄 lin）」. */
  by: string;
  may(right: Right): boolean;
  script: Script;
  /** Business time, ms. */
  now: number;
  /**
   * Where two people are asked for: refuses when one of those who had their hand in it (as signed) has signed in from this very
   * browser. That the two are not one by name is for the domain to see.
   */
  asSecond(others: string[]): Promise<void>;
  /** Starts long work; `input` is read by the task. @returns where it can be watched */
  start(task: AnyTask, input: unknown): Promise<string>;
};

/** Under which heading of the menu a page stands. */
export const menuGroups = {
  home: '首頁',
  people: '用戶',
  content: '內容',
  campaigns: '活動',
  reach: '觸達',
  desk: '客服',
  reports: '數據',
  system: '設定',
} as const;
export type MenuGroup = keyof typeof menuGroups;

/** Who may: one right. */
export const may = (right: Right): Right => right;

export type Page<Asked> = {
  kind: 'page';
  path: string;
  right: Right;
  /** Heading of the page. */
  title: string;
  /** Where it stands in the menu; absent: it is reached from another page. */
  menu?: { group: MenuGroup; at: number };
  /** `templates/console/<template>.html`. */
  template: string;
  /** What stands in its address. */
  asks: z.ZodType<Asked>;
  /** It shows what is known of one person: who looked is kept, under these words. */
  sees?: string;
  /** What the template is given: plain data. `title` in it takes the place of the page's. */
  show(visit: Visit, asked: Asked): object | Promise<object>;
};

/** A piece of a page, filled in by htmx; it changes nothing. It may be asked for with what stands in a form. */
export type Part<Asked> = Omit<Page<Asked>, 'kind' | 'title' | 'menu' | 'sees'> & { kind: 'part' };

export type Done = {
  /** In one line, for who did it. */
  said: string;
  /** Where she goes now; absent: she stays where she is, and sees it anew. */
  to?: string;
  /** Of what was changed, for the audit. */
  before?: unknown;
  after?: unknown;
};
/** What is shown once and not kept: a link, a code. */
export type ShownOnce = { template: string; data: object };

export type Act<Asked> = {
  kind: 'act';
  path: string;
  right: Right;
  /** In the audit: 「批准獎品」. */
  what: string;
  /** What stands in its path and in its form; anything else that was sent counts for nothing. */
  asks: z.ZodType<Asked>;
  /** Bytes its form may have; 256 KB unless a file comes with it. */
  most?: number;
  does(visit: Visit, asked: Asked): Promise<Done | ShownOnce>;
};

export type Download<Asked> = {
  kind: 'download';
  path: string;
  right: Right;
  /** Who took it is kept, under these words. */
  what: string;
  asks: z.ZodType<Asked>;
  does(visit: Visit, asked: Asked): Promise<{ name: string; type: string; body: string | Buffer | Readable }>;
};

/** A chart, as SVG. */
export type Picture<Asked> = {
  kind: 'picture';
  path: string;
  right: Right;
  asks: z.ZodType<Asked>;
  draw(visit: Visit, asked: Asked): Promise<string>;
};

// oxlint-disable-next-line typescript/no-explicit-any -- items that ask for many things lie in one list; `asks` parses before they see it.
export type Item = Page<any> | Part<any> | Act<any> | Download<any> | Picture<any>;

/**
 * ```ts
 * page('/prizes', may('prizes.see'), {
 *   title: '獎品', menu: { group: 'campaigns', at: 20 }, template: 'prizes', asks: z.object({ … }),
 * }, async ({ services }, asked) => ({ … }))
 * ```
 */
export const page = <Asked>(
  path: string,
  right: Right,
  about: Pick<Page<Asked>, 'title' | 'menu' | 'template' | 'asks' | 'sees'>,
  show: Page<Asked>['show'],
): Page<Asked> => ({ kind: 'page', path, right, ...about, show });

export const part = <Asked>(
  path: string,
  right: Right,
  about: Pick<Part<Asked>, 'template' | 'asks'>,
  show: Part<Asked>['show'],
): Part<Asked> => ({ kind: 'part', path, right, ...about, show });

/** `act('/prizes/:id/approve', may('prizes.approve'), { what: '批准獎品', asks: z.object({ … }) }, async ({ services, by }, { id }) => done('批准了'))` */
export const act = <Asked>(
  path: string,
  right: Right,
  about: Pick<Act<Asked>, 'what' | 'asks' | 'most'>,
  does: Act<Asked>['does'],
): Act<Asked> => ({ kind: 'act', path, right, ...about, does });

export const download = <Asked>(
  path: string,
  right: Right,
  about: Pick<Download<Asked>, 'what' | 'asks'>,
  does: Download<Asked>['does'],
): Download<Asked> => ({ kind: 'download', path, right, ...about, does });

export const picture = <Asked>(
  path: string,
  right: Right,
  about: Pick<Picture<Asked>, 'asks'>,
  draw: Picture<Asked>['draw'],
): Picture<Asked> => ({ kind: 'picture', path, right, ...about, draw });

export const done = (said: string, more: Omit<Done, 'said'> = {}): Done => ({ said, ...more });
export const shownOnce = (template: string, data: object): ShownOnce => ({ template, data });

/** Every file of `pages/`, found by name; two items of one path stop the boot. */
export function loadItems(folder: string = join(__dirname, 'pages')): Item[] {
  const files = readdirSync(folder)
    .filter((name) => /\.(ts|js)$/.test(name) && !name.endsWith('.d.ts'))
    .toSorted();
  const items = files.flatMap((name) => {
    const { default: list } = require(join(folder, name)) as { default?: unknown };
    if (!Array.isArray(list) || !list.every(isItem))
      throw new Error(
        `src/http/console/pages/${name.replace(/\.js$/, '.ts')} must export a list by default: export default [page(…), act(…)].`,
      );
    return list;
  });
  const met = new Set<string>();
  for (const { kind, path } of items)
    for (const method of kind === 'act' ? ['POST'] : kind === 'part' ? ['GET', 'POST'] : ['GET']) {
      const key = `${method} ${path}`;
      if (met.has(key)) throw new Error(`The console has two of ${key}.`);
      met.add(key);
    }
  return items;
}

const isItem = (value: unknown): value is Item =>
  typeof value === 'object' && value !== null && 'kind' in value && 'path' in value && 'right' in value;
