import { dayMs, hourMs } from '../kit/beijing';

/** How many messages of each kind WeChat lets us send. The platform changes them; settings have the last word. */
export type Rations = {
  /** Customer messages after a message of hers, in 48 hours. */
  talk: number;
  /** Customer messages after a menu tap, a follow or a scan, in one minute. */
  tap: number;
  /** Mass messages a person and Beijing month. */
  massPerMonth: number;
};

/** No ration (the settings say so too), and no cap of a push, may be more: of what she was sent only a few more than these are kept. */
export const mostCounted = 10;
/** 48 hours from CreateTime, less two minutes for clocks and queues. */
export const talkMs = 48 * hourMs - 120_000;
/** One minute, counted as 45 seconds. */
export const tapMs = 45_000;
/** CreateTime counts whole seconds of WeChat's clock, and ours is another one. What was sent about then counts as sent after. */
export const slackMs = 5_000;
/** Not asked again for so long after WeChat said that she takes nothing. */
export const shutMs = 30 * dayMs;

/** Something promised to her at a business time; `id` names the push, or the outbox row. */
export type Promised = { id: string; at: number };

/** What we may still send her. Nothing in it says more about her than when she was here. */
export type Reach = {
  /** CreateTime (ms) of the last message of hers, and of the last tap, follow or scan. */
  talk?: number;
  tap?: number;
  /** Customer messages promised to her, newest last, also those whose fate is not known. */
  sends?: Promised[];
  /** Pushes of every route, newest last. */
  pushes?: Promised[];
  /** Mass messages, by the Beijing month that they count in. */
  mass?: { id: string; month: string }[];
  /** WeChat said that she takes nothing from us (43004, 43019, 48002), at this business time. She is asked again when she was here. */
  shut?: { at: number; code: number };
  /** Subscription notices she granted, by template. */
  notices?: Record<string, number>;
  /** 「不要推送」. */
  quiet?: boolean;
};

/** Her two windows: until when each is open (business ms), and how many customer messages are left in it at a business time. */
function windowsAt({ talk, tap, sends = [] }: Reach, at: number, rations: Rations, keep = 0) {
  const windowOf = (from: number | undefined, lastsMs: number, most: number) =>
    from === undefined || from + lastsMs <= at
      ? { until: 0, left: 0 }
      : {
          until: from + lastsMs,
          left: Math.max(0, most - sends.filter((one) => one.at >= from - slackMs).length),
        };
  return [windowOf(talk, talkMs, rations.talk - keep), windowOf(tap, tapMs, keep > 0 ? 0 : rations.tap)];
}

/** Customer messages that may be sent to her at a business time; of those after a message of hers `keep` are not for us. */
export const messagesLeft = (reach: Reach, at: number, rations: Rations, keep = 0): number =>
  Math.max(...windowsAt(reach, at, rations, keep).map(({ left }) => left));

/** Mass messages left in a month; `byHand`: those that somebody sent in WeChat's own console, perhaps to her too. */
export const massLeft = ({ mass = [] }: Reach, month: string, rations: Rations, byHand = 0): number =>
  Math.max(0, rations.massPerMonth - byHand - mass.filter((one) => one.month === month).length);

export const pushesSince = ({ pushes = [] }: Reach, since: number): number =>
  pushes.filter((one) => one.at >= since).length;

/** The business time until which a customer message may be sent; undefined when none may. */
export function windowUntil(reach: Reach, at: number, rations: Rations): number | undefined {
  const open = windowsAt(reach, at, rations).filter(({ left }) => left > 0);
  return open.length > 0 ? Math.max(...open.map(({ until }) => until)) : undefined;
}

/** WeChat said that she takes nothing from us, and it is too early to ask again, at a business time. */
export const isShut = ({ shut }: Reach, at: number): boolean => shut !== undefined && at - shut.at < shutMs;
