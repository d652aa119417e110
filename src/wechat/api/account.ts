import { z } from 'zod';
import type { WechatClient } from './client';
import { readAnswer } from './errors';

const dnsRow = z.object({ ip: z.string(), real_operator: z.string().optional() });
const pingRow = z.object({
  ip: z.string(),
  from_operator: z.string().optional(),
  package_loss: z.string().optional(),
  time: z.string().optional(),
});
const checkAnswer = z.object({ dns: z.array(dnsRow).default([]), ping: z.array(pingRow).default([]) });
const ipsAnswer = z.object({ ip_list: z.array(z.string()) });
const limits = z.object({ daily_limit: z.number(), used: z.number(), remain: z.number() });
const quotaAnswer = z.object({ quota: limits });

export type CallbackCheck = { dns: { ip: string }[]; ping: { ip: string; loss?: string; time?: string }[] };
export type Quota = { dailyLimit: number; used: number; remaining: number };

/** Questions about the account itself, for `doctor` and the console. */
export function createAccount({ client }: { client: WechatClient }) {
  return {
    /** WeChat resolves and pings our callback's host from its own network. */
    async checkCallback(): Promise<CallbackCheck> {
      const path = '/cgi-bin/callback/check';
      const body = { action: 'all', check_operator: 'DEFAULT' };
      const answer = readAnswer(path, checkAnswer, await client.post(path, body, { repeatable: true }));
      const ping = answer.ping.map(({ ip, package_loss: loss, time }) => ({
        ip,
        ...(loss ? { loss } : {}),
        ...(time ? { time } : {}),
      }));
      return { dns: answer.dns.map(({ ip }) => ({ ip })), ping };
    },

    /** Where callbacks come from. The list changes; never the only guard. */
    async callbackIps(): Promise<string[]> {
      const path = '/cgi-bin/getcallbackip';
      return readAnswer(path, ipsAnswer, await client.get(path)).ip_list;
    },

    /** What is left today of one call, by its path: `/cgi-bin/message/custom/send`. */
    async quota(callPath: string): Promise<Quota> {
      const path = '/cgi-bin/openapi/quota/get';
      const answer = await client.post(path, { cgi_path: callPath }, { repeatable: true });
      const {
        daily_limit: dailyLimit,
        used,
        remain: remaining,
      } = readAnswer(path, quotaAnswer, answer).quota;
      return { dailyLimit, used, remaining };
    },

    /** Sets all daily counts to zero; 10 times a month. `withSecret` works even when tokens are used up. */
    async clearQuota({ withSecret = false }: { withSecret?: boolean } = {}): Promise<void> {
      if (withSecret) await client.postWithSecret('/cgi-bin/clear_quota/v2');
      else await client.post('/cgi-bin/clear_quota', { appid: client.appId });
    },
  };
}

export type Account = ReturnType<typeof createAccount>;
