import type { Clock } from '../kit/clock';
import type { Channel, ChatItem, Seen, Sent, Wire } from './chat';
import { type Fan, newFan, openWindow } from './fans';

export type Scene = { ticket: string; scene: string; permanent: boolean; expiresAt: number; url: string };
export type Tag = { id: number; name: string };
export type Media = { id: string; type: string; contentType: string; bytes: Buffer; expiresAt: number };

/** Articles written in the account's console and not sent yet. `updatedAt`: business time, ms. */
export type Draft = { mediaId: string; titles: string[]; updatedAt: number };

/** A button as `menu/create` takes it; sub menus in `sub_button`. */
export type Button = {
  name: string;
  type?: string | undefined;
  key?: string | undefined;
  url?: string | undefined;
  appid?: string | undefined;
  pagepath?: string | undefined;
  media_id?: string | undefined;
  article_id?: string | undefined;
  sub_button?: Button[] | undefined;
};

/** What fans with a tag see instead of the menu. `tag` undefined: for other conditions, which nobody here meets. */
export type ConditionalMenu = { id: number; tag: number | undefined; rule: object; button: Button[] };

/** What somebody watching the simulated phones is told. */
export type Happening =
  | { kind: 'chat'; openid: string; item: ChatItem }
  | { kind: 'typing'; openid: string; typing: boolean }
  | { kind: 'fan'; openid: string }
  | { kind: 'menu' }
  | { kind: 'scenes' }
  | { kind: 'clock'; now: number; turning?: { from: number; to: number } | { failed: string } };

/** What of the world is kept over a restart (media and wire details are not). */
export type SavedWorld = {
  fans: Fan[];
  menu: Button[] | undefined;
  /** Not in files of before there were any. */
  conditional?: ConditionalMenu[];
  tags: Tag[];
  scenes: Scene[];
  /** Not in files of before there were any. */
  drafts?: Draft[];
  nextItem: number;
};

/**
 * The simulated WeChat of one account: its fans, their chats, its menu, tags, QR scenes and media.
 * Holds facts only; who may change them how is told in `weixin/` (the account's calls) and `deeds.ts` (the fans').
 */
export function createWorld(options: {
  appId: string;
  account: string;
  clock: Clock;
  historyPerFan?: number;
}) {
  const { appId, account, clock } = options;
  const historyPerFan = options.historyPerFan ?? 300;
  const byOpenid = new Map<string, Fan>();
  const byName = new Map<string, Fan>();
  const watchers = new Set<(happening: Happening) => void>();
  let nextItem = 1;

  const tell = (happening: Happening) => {
    for (const watch of watchers) watch(happening);
  };

  const keep = (fan: Fan) => {
    byOpenid.set(fan.openid, fan);
    byName.set(fan.name, fan);
  };

  const push = (fan: Fan, item: ChatItem) => {
    fan.history.push(item);
    if (fan.history.length > historyPerFan) fan.history.splice(0, fan.history.length - historyPerFan);
    tell({ kind: 'chat', openid: fan.openid, item });
    return item;
  };

  const world = {
    appId,
    account,
    clock,
    menu: undefined as Button[] | undefined,
    conditional: [] as ConditionalMenu[],
    tags: new Map<number, Tag>([[2, { id: 2, name: '星標組' }]]),
    scenes: new Map<string, Scene>(),
    media: new Map<string, Media>(),
    drafts: new Map<string, Draft>(),

    /** The fan of this name; a new person when nobody has it. */
    fan(name: string): Fan {
      const known = byName.get(name);
      if (known) return known;
      const fan = newFan(appId, name);
      keep(fan);
      tell({ kind: 'fan', openid: fan.openid });
      return fan;
    },
    byOpenid: (openid: string) => byOpenid.get(openid),
    fans: (): Fan[] => [...byOpenid.values()],
    /** Those who have a phone on the page. */
    phones: (): Fan[] => world.fans().filter(hasPhone),
    hasPhone,
    /** People who follow from the start, and wrote at a business time. */
    gather(people: readonly { name: string; wroteAt: number }[]): void {
      for (const { name, wroteAt } of people) {
        if (byName.has(name)) continue;
        const fan = {
          ...newFan(appId, name),
          following: true,
          known: true,
          subscribedAt: clock.now(),
          crowd: true,
        };
        openWindow(fan, 'message', wroteAt);
        keep(fan);
      }
    },

    /** She sent something: it stands in the chat before anybody answered. */
    sent: (fan: Fan, body: Sent): ChatItem & { from: 'fan' } => {
      const item = { id: nextItem++, at: clock.now(), from: 'fan' as const, body };
      push(fan, item);
      return item;
    },
    /** The wire of what she sent is complete (or grew). */
    wired: (fan: Fan, item: ChatItem & { from: 'fan' }, wire: Wire) => {
      item.wire = wire;
      tell({ kind: 'chat', openid: fan.openid, item });
    },
    /** Something from the account stands in her chat. */
    received: (fan: Fan, body: Seen, by: { channel: Channel; wireOf?: number; path?: string }): ChatItem => {
      fan.typing = false;
      return push(fan, { id: nextItem++, at: clock.now(), from: 'account', body, ...by });
    },
    typing: (fan: Fan, typing: boolean) => {
      fan.typing = typing;
      tell({ kind: 'typing', openid: fan.openid, typing });
    },
    changed: (fan: Fan) => tell({ kind: 'fan', openid: fan.openid }),
    /** Her tags are others: she may see another menu. */
    tagged: (fan: Fan) => {
      if (hasPhone(fan)) world.changed(fan);
    },
    setMenu: (menu: Button[] | undefined) => {
      world.menu = menu;
      tell({ kind: 'menu' });
    },
    setConditional: (menus: ConditionalMenu[]) => {
      world.conditional = menus;
      for (const fan of world.phones()) world.changed(fan);
    },
    /** By the tag she was given last, and of two menus for it the newer; undefined: the default one. */
    menuFor: (fan: Fan): Button[] | undefined => {
      for (const tag of fan.tags.toReversed()) {
        const its = world.conditional.findLast((one) => one.tag === tag);
        if (its) return its.button;
      }
      return undefined;
    },
    addScene: (scene: Scene) => {
      world.scenes.set(scene.ticket, scene);
      tell({ kind: 'scenes' });
    },
    /** An operator writes articles in the console. Their media id. */
    draft: (...titles: string[]): string => {
      const mediaId = `sim-draft-${nextItem++}`;
      world.drafts.set(mediaId, { mediaId, titles, updatedAt: clock.now() });
      return mediaId;
    },
    tell,
    watch: (watcher: (happening: Happening) => void): (() => void) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },

    save: (): SavedWorld => ({
      fans: world.fans().map((fan) => ({ ...fan, history: fan.history.slice(-60).map(withoutWire) })),
      menu: world.menu,
      conditional: world.conditional,
      tags: [...world.tags.values()],
      scenes: [...world.scenes.values()],
      drafts: [...world.drafts.values()],
      nextItem,
    }),
    restore: (saved: SavedWorld) => {
      for (const fan of saved.fans) keep({ ...newFan(appId, fan.name), ...fan });
      world.menu = saved.menu;
      world.conditional = saved.conditional ?? [];
      world.tags = new Map(saved.tags.map((tag) => [tag.id, tag]));
      world.scenes = new Map(saved.scenes.map((scene) => [scene.ticket, scene]));
      world.drafts = new Map((saved.drafts ?? []).map((draft) => [draft.mediaId, draft]));
      nextItem = saved.nextItem;
    },
  };
  return world;
}

export type World = ReturnType<typeof createWorld>;

const hasPhone = ({ crowd, history }: Fan): boolean => !crowd || history.length > 0;

function withoutWire(item: ChatItem): ChatItem {
  if (item.from === 'account') return item;
  const { wire: _, ...rest } = item;
  return rest;
}
