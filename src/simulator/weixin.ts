import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Context } from 'koa';
import { z } from 'zod';
import type { Failure, Knobs } from './knobs';
import { accountCalls } from './weixin/account';
import { type Call, type FileAnswer, type Input, Refusal } from './weixin/call';
import { customerCalls } from './weixin/customer';
import { draftCalls } from './weixin/drafts';
import { massCalls } from './weixin/mass';
import { mediaCalls, readUpload } from './weixin/media';
import { menuCalls } from './weixin/menu';
import { noticeCalls } from './weixin/notices';
import type { Platform } from './weixin/platform';
import { qrcodeCalls } from './weixin/qrcodes';
import { templateCalls } from './weixin/templates';
import { tokenCalls } from './weixin/tokens';
import { userCalls } from './weixin/users';

const bodyCap = 12 * 1024 * 1024;

/**
 * The fake `api.weixin.qq.com`: every call of `weixin/`, with the platform's rules and a knob for every fault.
 * Koa middleware; what it does not know it passes on.
 */
export function createWeixin({ platform, knobs }: { platform: Platform; knobs: Knobs }) {
  const calls = new Map<string, Call>();
  for (const call of [
    ...tokenCalls(platform),
    ...customerCalls(platform),
    ...templateCalls(platform),
    ...noticeCalls(platform),
    ...draftCalls(platform),
    ...massCalls(platform),
    ...userCalls(platform),
    ...menuCalls(platform),
    ...qrcodeCalls(platform),
    ...mediaCalls(platform),
    ...accountCalls(platform),
  ]) {
    calls.set(call.path, call);
    platform.quota.declare(call);
  }

  return async (ctx: Context, next: () => Promise<unknown>): Promise<void> => {
    const call = calls.get(ctx.path);
    if (!call) {
      if (
        !ctx.path.startsWith('/cgi-bin/') &&
        !ctx.path.startsWith('/customservice/') &&
        !ctx.path.startsWith('/wxaapi/')
      )
        return void (await next());
      ctx.body = { errcode: 40066, errmsg: `invalid url (the simulator has no ${ctx.path})` };
      return;
    }
    const knob = knobs.take(call.path);
    const body = await readBody(ctx);
    if (knob?.latencyMs) await wait(knob.latencyMs);
    if (knob?.failBefore) return fail(ctx, knob.failBefore);

    const answer = await answerOf(ctx, call, body);
    if (knob?.failAfter) return fail(ctx, knob.failAfter);
    if ('file' in answer) {
      ctx.type = answer.contentType;
      ctx.body = answer.file;
      return;
    }
    ctx.type = 'json';
    const text = JSON.stringify(answer);
    if (knob?.body) return halve(ctx, text, knob.body);
    ctx.body = text;
  };

  async function answerOf(ctx: Context, call: Call, body: Buffer): Promise<object | FileAnswer> {
    const raw = body.toString('utf8');
    try {
      if (ctx.method !== call.method)
        throw new Refusal(call.method === 'GET' ? 43001 : 43002, `require ${call.method} method`);
      if (call.token !== false) platform.tokens.check(single(ctx.query['access_token']));
      platform.quota.spend(call.path);
      const input: Input = {
        query: Object.fromEntries(
          Object.entries(ctx.query).map(([name, value]) => [name, single(value) ?? '']),
        ),
        raw,
        read: (shape, bad = 40035) => readJson(raw, shape, bad),
        upload: () => readUpload(ctx.get('content-type'), body),
      };
      const answer = await call.run(input);
      if (call.effect) {
        const asked: unknown = raw === '' ? {} : JSON.parse(raw);
        const openid = z.object({ touser: z.string() }).safeParse(asked).data?.touser;
        platform.effects.record({
          at: platform.world.clock.now(),
          path: call.path,
          body: asked,
          result: answer,
          ...(openid === undefined ? {} : { openid }),
        });
      }
      return answer;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const rid = randomUUID().slice(0, 26);
      if (platform.refusals.size > 1000) platform.refusals.clear();
      platform.refusals.set(rid, {
        invoke_time: Math.floor(Date.now() / 1000),
        request_url: ctx.path,
        request_body: raw,
      });
      return { errcode: error.errcode, errmsg: `${error.message} rid: ${rid}`, ...error.more };
    }
  }
}

const single = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

function readJson<T>(raw: string, shape: z.ZodType<T>, bad: number): T {
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch {
    throw new Refusal(47001, 'data format error');
  }
  const read = shape.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new Refusal(bad, `invalid ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

export async function readBody(ctx: Context, cap = bodyCap): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of ctx.req as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > cap) ctx.throw(413);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function fail(ctx: Context, failure: Failure): void {
  if ('errcode' in failure)
    ctx.body = { errcode: failure.errcode, errmsg: 'told by a knob of the simulator', ...failure.more };
  else if ('status' in failure) {
    ctx.status = failure.status;
    ctx.body = 'told by a knob of the simulator';
  } else {
    ctx.respond = false;
    ctx.req.socket.destroy();
  }
}

async function halve(ctx: Context, text: string, how: 'half' | 'slow'): Promise<void> {
  const bytes = Buffer.from(text);
  const middle = Math.ceil(bytes.length / 2);
  ctx.respond = false;
  ctx.res.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
  ctx.res.write(bytes.subarray(0, middle));
  await wait(how === 'slow' ? 2000 : 20);
  if (how === 'half') ctx.req.socket.destroy();
  else ctx.res.end(bytes.subarray(middle));
}
