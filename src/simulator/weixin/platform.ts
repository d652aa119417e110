import type { Callbacks } from '../callbacks';
import type { Deeds } from '../deeds';
import type { Effects } from '../effects';
import type { World } from '../world';
import type { Quota } from './quota';
import type { Tokens } from './tokens';

/** What the calls of the fake `api.weixin` work on. */
export type Platform = {
  world: World;
  effects: Effects;
  tokens: Tokens;
  deeds: Deeds;
  callbacks: Callbacks;
  appSecret: string;
  accountType: 'service' | 'subscription';
  /** Where the simulator itself can be reached, without a slash at the end. */
  publicUrl: () => string;
  /** Running numbers for msgids and the like; never the same again after a restart. */
  nextId: () => number;
  /** What was set in the account's console: old auto-replies, template list, human agents. */
  autoReplies: () => object;
  templates: () => Template[];
  /** Templates of subscription notices. */
  notices: () => Template[];
  agents: () => Agent[];
  quota: Quota;
  /** Refused calls by their rid, for `openapi/rid/get`. */
  refusals: Map<string, object>;
  /** Events WeChat sends on its own, later; awaited when the simulator closes. */
  later: (work: () => Promise<unknown>) => void;
};

export type Template = { template_id: string; title: string; content: string; example?: string };
export type Agent = { kf_account: string; kf_id: string; status: number; accepted_case: number };
