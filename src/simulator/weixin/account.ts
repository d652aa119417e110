import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type Call, ok, Refusal } from './call';
import type { Platform } from './platform';

/** What concerns the account itself: tickets, quotas, agents, addresses (wechat.md §8.4, §9). */
export function accountCalls(platform: Platform): Call[] {
  const { world } = platform;
  let ticket: { value: string; expiresAt: number } | undefined;

  return [
    {
      path: '/cgi-bin/ticket/getticket',
      method: 'GET',
      run: ({ query }) => {
        if (query['type'] !== 'jsapi' && query['type'] !== 'wx_card')
          throw new Refusal(40097, 'invalid type');
        const now = world.clock.now();
        if (!ticket || ticket.expiresAt <= now) {
          ticket = {
            value: `sim-ticket-${randomBytes(48).toString('base64url')}`,
            expiresAt: now + 7200_000,
          };
        }
        return ok({ ticket: ticket.value, expires_in: Math.floor((ticket.expiresAt - now) / 1000) });
      },
    },
    {
      path: '/cgi-bin/customservice/getonlinekflist',
      method: 'GET',
      run: () => ({ kf_online_list: platform.agents() }),
    },
    {
      path: '/cgi-bin/customservice/getkflist',
      method: 'GET',
      run: () => ({
        kf_list: platform
          .agents()
          .map(({ kf_account, kf_id }) => ({ kf_account, kf_id, kf_nick: kf_account })),
      }),
    },
    { path: '/cgi-bin/getcallbackip', method: 'GET', run: () => ({ ip_list: ['127.0.0.1'] }) },
    { path: '/cgi-bin/get_api_domain_ip', method: 'GET', run: () => ({ ip_list: ['127.0.0.1'] }) },
    {
      path: '/cgi-bin/callback/check',
      method: 'POST',
      run: ({ read }) => {
        const { action } = read(
          z.object({ action: z.string(), check_operator: z.string().default('DEFAULT') }),
        );
        if (!['dns', 'ping', 'all'].includes(action)) throw new Refusal(40202, 'invalid action');
        return ok({
          dns: [{ ip: '127.0.0.1', real_operator: 'DEFAULT' }],
          ping: [{ ip: '127.0.0.1', from_operator: 'DEFAULT', package_loss: '0%', time: '0.1ms' }],
        });
      },
    },
    {
      path: '/cgi-bin/clear_quota',
      method: 'POST',
      run: ({ read }) => {
        const { appid } = read(z.object({ appid: z.string() }));
        if (appid !== world.appId) throw new Refusal(40013, 'invalid appid');
        platform.quota.clear();
        return ok();
      },
    },
    {
      path: '/cgi-bin/clear_quota/v2',
      method: 'POST',
      token: false,
      run: ({ read }) => {
        const { appid, appsecret } = read(z.object({ appid: z.string(), appsecret: z.string() }));
        if (appid !== world.appId) throw new Refusal(40013, 'invalid appid');
        if (appsecret !== platform.appSecret) throw new Refusal(40125, 'invalid appsecret');
        platform.quota.clear();
        return ok();
      },
    },
    {
      path: '/cgi-bin/openapi/quota/get',
      method: 'POST',
      run: ({ read }) => {
        const { cgi_path: path } = read(z.object({ cgi_path: z.string() }));
        const quota = platform.quota.of(path);
        if (!quota) throw new Refusal(76021, 'cgi_path not found');
        return ok({ quota, rate_limit: { call_count: 0, refresh_second: 60 } });
      },
    },
    {
      path: '/cgi-bin/openapi/rid/get',
      method: 'POST',
      run: ({ read }) => {
        const { rid } = read(z.object({ rid: z.string() }));
        const request = platform.refusals.get(rid);
        if (!request) throw new Refusal(76001, 'rid not found');
        return ok({ request });
      },
    },
  ];
}
