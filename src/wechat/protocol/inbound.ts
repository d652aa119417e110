import { AppError } from '../../errors';
import { type Content, contentOf } from './inbound-kinds';
import { parseJson } from './json';
import type { XmlNode, XmlValue } from './wire';
import { parseXml } from './xml';

type Common = {
  /** FromUserName. */
  openid: string;
  /** ToUserName: the `gh_…` of the account. */
  account: string;
  /** CreateTime, seconds. */
  at: number;
  /** MsgId, always text: it does not fit a number. */
  id?: string;
  /**
   * What makes this message itself and no other: `m:<MsgId>` for messages, for events all decrypted fields in a
   * fixed order. Two copies have the same, two different events of one second have not. Without the sender:
   * messages need her openid added.
   */
  identity: string;
  /** Only when she wrote from inside an article: which one of the mass send. */
  fromArticle?: { dataId: string; idx: string };
};

/** Everything WeChat sends, typed (wechat.md §2). What nobody knows yet is `unknown`, never an error. */
export type Message = Common & Content;

/**
 * Reads a decrypted or plain callback, XML or JSON by what it holds.
 *
 * @throws AppError Invalid: what `parseXml` and `parseJson` throw; message.incomplete without a sender, account,
 *   time or type
 */
export function readMessage(text: string): Message {
  return messageOf(parseBody(text).fields);
}

export type Format = 'xml' | 'json';

/** Parses a body by its first character. */
export function parseBody(text: string): { fields: XmlNode; format: Format } {
  return /^[ \t\r\n]*\{/.test(text)
    ? { fields: parseJson(text), format: 'json' }
    : { fields: parseXml(text), format: 'xml' };
}

export function messageOf(fields: XmlNode): Message {
  const { FromUserName: openid, ToUserName: account, CreateTime: time, MsgType: type } = fields;
  if (!isName(openid) || !isName(account) || !isSeconds(time) || typeof type !== 'string' || type === '') {
    throw new AppError(
      'Invalid',
      'message.incomplete',
      'The message lacks a usable FromUserName, ToUserName, CreateTime or MsgType.',
    );
  }
  const id = typeof fields.MsgId === 'string' && fields.MsgId !== '' ? fields.MsgId : undefined;
  const isEvent = type.toLowerCase() === 'event';
  return {
    openid,
    account,
    at: Number(time),
    ...(id === undefined ? {} : { id }),
    identity: id === undefined || isEvent ? `e:${canonical(withoutSealed(fields))}` : `m:${id}`,
    ...articleOf(fields),
    ...contentOf(type, fields),
  };
}

const isName = (value: XmlValue | undefined): value is string =>
  typeof value === 'string' && /^[\x21-\x7e]{1,128}$/.test(value);

const isSeconds = (value: XmlValue | undefined): value is string =>
  typeof value === 'string' && /^[0-9]{1,11}$/.test(value);

function articleOf(fields: XmlNode): Pick<Common, 'fromArticle'> {
  const { MsgDataId: dataId, Idx: idx } = fields;
  if (typeof dataId !== 'string' || dataId === '') return {};
  return { fromArticle: { dataId, idx: typeof idx === 'string' ? idx : '' } };
}

/** In compatible mode the plain fields come with their encrypted copy, which differs from delivery to delivery. */
function withoutSealed(fields: XmlNode): XmlNode {
  if (fields.Encrypt === undefined) return fields;
  const { Encrypt: _, ...rest } = fields;
  return rest;
}

/** One text for one set of fields, in whatever order they were sent. */
function canonical(value: XmlValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name]!)}`).join()}}`;
}
