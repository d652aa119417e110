import type { Prize } from '../prizes/prize';

/** A campaign as every process holds it. It is data, and follows `versions{_id: 'campaigns'}`. */
export type CampaignState =
  | 'draft'
  | 'checked'
  | 'scheduled'
  | 'running'
  | 'paused'
  | 'ended'
  | 'settling'
  | 'settled';

export type Sponsor = { id: string; name: string; words?: string; logo?: string };

/** What a marketer writes. */
export type Content = {
  id: string;
  /** Which of the registered kinds it is. */
  kind: string;
  title: string;
  intro: string;
  /** 「一戰到底」 and the like: what starts it in chat. */
  keywords: string[];
  menuKey?: string;
  /** Business ms. */
  startsAt: number;
  endsAt: number;
  rules: string;
  organiser: string;
  contact: string;
  forfeiture: string;
  sponsors: Sponsor[];
  audience: 'all';
  /** pids who take part without prizes. */
  staff: string[];
  prizes: Prize[];
  /** The kind's own part: only the kind looks into it. */
  game: unknown;
};

/** With what became of it. */
export type Campaign = Content & {
  state: CampaignState;
  /** Moves with every published change; old ones are kept in `campaignVersions`. */
  version: number;
  /** Times at which it was paused and resumed, business ms. */
  pauses: { from: number; until?: number }[];
};
