import { z } from 'zod';
import type { WechatClient } from './client';
import { readAnswer } from './errors';
import { type SendOutcome, unsentBy } from './outcome';

/** A template as the account has it. `keys`: the fields it wants, `thing1`, `time2` …. */
export type Template = { id: string; title: string; content: string; example: string; keys: string[] };

/** The keys of `{{thing1.DATA}}` in a template's content. */
export const keysIn = (content: string): string[] =>
  Array.from(content.matchAll(/\{\{\s*(\w+)\.DATA\s*\}\}/g), ([, key = '']) => key);

/** 64-bit ids come as numbers or, where they are too big for one, as digits. */
export const idShape = z.union([z.number(), z.string()]).transform(String);

const n = (value: string): number => Array.from(value).length;
const hours = String.raw`\d{1,2}[:：]\d{2}(?:[:：]\d{2})?`;
const days = String.raw`\d{4}[年/.-]\d{1,2}(?:[月/.-]\d{1,2}日?|月)`;
const moment = String.raw`(?:${days}(?:\s*${hours})?|${hours})`;
const when = new RegExp(`^${moment}(?:\\s*[~～]\\s*${moment})?$`);

/** What a value of each kind of key must be like (wechat.md §6.2), and how it is said. */
const kinds: Record<string, { fits: (value: string) => boolean; says: string }> = {
  thing: { fits: (value) => n(value) <= 20, says: '最多 20 個字' },
  number: { fits: (value) => /^[\d.]{1,32}$/.test(value), says: '只能是數字，最多 32 位' },
  letter: { fits: (value) => /^[A-Za-z]{1,32}$/.test(value), says: '只能是字母，最多 32 個' },
  symbol: { fits: (value) => n(value) <= 5, says: '最多 5 個符號' },
  character_string: {
    fits: (value) => n(value) <= 32 && !/\p{Script=Han}/u.test(value),
    says: '最多 32 個數字、字母或符號，不能有漢字',
  },
  time: { fits: (value) => when.test(value), says: '要寫成 15:01 或 2026年10月1日 15:01，一段時間中間用 ~' },
  date: {
    fits: (value) => when.test(value),
    says: '要寫成 2026年10月1日 或 2026年10月1日 15:01，一段時間中間用 ~',
  },
  amount: {
    fits: (value) => /^[^\d\s.]?\d{1,10}(?:\.\d+)?元?$/u.test(value),
    says: '最多一個貨幣符號加 10 位數字',
  },
  phone_number: { fits: (value) => /^[\d+() -]{1,17}$/.test(value), says: '最多 17 位，只能是數字和符號' },
  car_number: { fits: (value) => n(value) <= 8, says: '最多 8 位' },
  name: {
    fits: (value) => (/\p{Script=Han}/u.test(value) ? n(value) <= 10 : n(value) <= 20),
    says: '最多 10 個漢字，或 20 個字母',
  },
  phrase: { fits: (value) => /^\p{Script=Han}{1,5}$/u.test(value), says: '最多 5 個漢字' },
};

/**
 * What WeChat would refuse (47003) in the values of a template or subscription notice, one sentence a field; empty when
 * nothing. Keys of kinds that we do not know need only not be empty.
 */
export function problemsOfFields(data: Record<string, string>): string[] {
  return Object.entries(data).flatMap(([key, value]) => {
    if (value.trim() === '') return [`「${key}」是空的`];
    const kind = kinds[key.replace(/\d+$/, '')];
    return kind && !kind.fits(value) ? [`「${key}」${kind.says}，現在是「${value}」`] : [];
  });
}

/** `{thing1: {value}}`: there is no colour any more. */
export const dataOf = (data: Record<string, string>): Record<string, { value: string }> =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, { value }]));

export type MiniProgramPage = { appId: string; path?: string };

export const pageOf = ({ appId, path }: MiniProgramPage) => ({
  appid: appId,
  ...(path === undefined ? {} : { pagepath: path }),
});

const sent = z.object({ msgid: idShape.optional() });

/** Sends what is made of a template; a refusal is an outcome, and `msgId` is there where WeChat tells one. */
export async function sendByTemplate(
  client: Pick<WechatClient, 'post'>,
  path: string,
  body: Record<string, unknown>,
): Promise<SendOutcome> {
  try {
    const { msgid: msgId } = readAnswer(path, sent, await client.post(path, body));
    return { kind: 'sent', ...(msgId === undefined ? {} : { msgId }) };
  } catch (thrown) {
    return unsentBy(thrown);
  }
}
