import { z } from 'zod';
import type { Fan } from '../fans';
import type { World } from '../world';

export type Upload = { fileName: string; contentType: string; bytes: Buffer };

export type Input = {
  query: Record<string, string>;
  /** The JSON body; WeChat says 47001 when it is none and `bad` (40035) when a field is wrong. */
  read<T>(schema: z.ZodType<T>, bad?: number): T;
  raw: string;
  upload(): Upload | undefined;
};

/** One address of the fake `api.weixin`. */
export type Call = {
  path: string;
  method: 'GET' | 'POST';
  /** False: works without an access token. */
  token?: boolean;
  /** Calls a Beijing day (wechat.md, LIM). */
  daily?: number;
  /** Its success is recorded as an effect. */
  effect?: boolean;
  /** Answers what WeChat answers; a `Buffer` is sent as a file. */
  run: (input: Input) => object | FileAnswer | Promise<object>;
};

export type FileAnswer = { file: Buffer; contentType: string };

/** WeChat's way to say no: status 200 and an errcode. */
export class Refusal extends Error {
  readonly errcode: number;
  readonly more: object;

  constructor(errcode: number, errmsg: string, more: object = {}) {
    super(errmsg);
    this.errcode = errcode;
    this.more = more;
  }
}

export const ok = (more: object = {}): object => ({ errcode: 0, errmsg: 'ok', ...more });

/** The fan of an openid of this account; 40003 when there is no such person. */
export function fanOf(world: World, openid: string): Fan {
  const fan = world.byOpenid(openid);
  if (!fan?.known) throw new Refusal(40003, 'invalid openid');
  return fan;
}

export const openidShape = z.string().min(1);
