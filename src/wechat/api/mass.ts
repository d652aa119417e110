import { z } from 'zod';
import type { WechatAnswer, WechatClient } from './client';
import { isWechatError, readAnswer } from './errors';
import { refusedHere, type SendOutcome, type Unsent, unsentBy } from './outcome';
import { idShape } from './template-fields';

export type MassContent =
  | { kind: 'text'; text: string }
  | { kind: 'image'; mediaId: string }
  /** A draft: a mass send that is accepted consumes it, and its media id is dead after that. */
  | { kind: 'article'; draftMediaId: string };

export type MassOutcome =
  /**
   * WeChat will send it: whom it reached, and how it ended, MASSSENDJOBFINISH tells. `again`: it had been accepted under
   * this key before, and nothing more is sent. `msgId` is '' when WeChat does not say what the earlier one was.
   */
  | { kind: 'accepted'; msgId: string; again: boolean }
  /**
   * What is `unknown` is asked again with the same key, and so sent once at most. `refused` with 45028: the mass sends of
   * the period are used up, a day's for one account type and a month's for the other; a person decides whether it is
   * still worth saying in the next.
   */
  | Unsent
  /** The account's administrator is asked on her phone, and has 30 minutes. The same again with the same key tells. */
  | { kind: 'confirm'; reason: string };

export type MassStatus = 'sending' | 'sent' | 'failed' | 'deleted';

const accepted = z.object({ msg_id: idShape });
const previewed = z.object({ msg_id: idShape.optional() });
const statusOf = z.object({
  msg_status: z.enum(['SEND_SUCCESS', 'SENDING', 'SEND_FAIL', 'DELETE']),
});
const statuses = {
  SEND_SUCCESS: 'sent',
  SENDING: 'sending',
  SEND_FAIL: 'failed',
  DELETE: 'deleted',
} as const;

/** People a call by list. */
export const massBounds = { fewest: 2, most: 10_000, keyBytes: 32 };

/**
 * Mass sends (群發, wechat.md §5). `key` is the `clientmsgid`, 32 bytes at most: under one key one message within 24 hours.
 * Without a key WeChat makes one of whom and what, so every send here has its own.
 */
export function createMass({ client }: { client: Pick<WechatClient, 'post'> }) {
  async function send(path: string, whom: object, content: MassContent, key: string): Promise<MassOutcome> {
    const bytes = Buffer.byteLength(key);
    if (bytes < 1 || bytes > massBounds.keyBytes)
      return refusedHere(`群發編號要 1 到 ${massBounds.keyBytes} 個字節，「${key}」有 ${bytes} 個`);
    try {
      const answer = await client.post(path, { ...whom, ...bodyOf(content), clientmsgid: key });
      return { kind: 'accepted', msgId: readAnswer(path, accepted, answer).msg_id, again: false };
    } catch (thrown) {
      return massOutcomeOf(thrown);
    }
  }

  /** Read as a number where it is one: both shapes are in WeChat's examples, and 64 bits fit in no double. */
  const numbered = (msgId: string) => (Number.isSafeInteger(Number(msgId)) ? Number(msgId) : msgId);

  const answered = async (
    path: string,
    body: object,
    read: (answer: WechatAnswer) => SendOutcome,
  ): Promise<SendOutcome> => {
    try {
      return read(await client.post(path, body));
    } catch (thrown) {
      return unsentBy(thrown);
    }
  };

  return {
    /** To 2 to 10,000 of our followers, each named once; verified service accounts only. Who has had four this month is left out. */
    async sendTo(openids: readonly string[], content: MassContent, key: string): Promise<MassOutcome> {
      const { fewest, most } = massBounds;
      if (openids.length < fewest || openids.length > most)
        return refusedHere(`按名單群發一次要 ${fewest} 到 ${most} 個人，這裡有 ${openids.length} 個`);
      return send('/cgi-bin/message/mass/send', { touser: openids }, content, key);
    },

    /** To all who wear one of WeChat's tags, or to everybody, which also stands in the account's history. */
    sendByTag: (
      to: { tagId: number } | 'everybody',
      content: MassContent,
      key: string,
    ): Promise<MassOutcome> => {
      const filter = to === 'everybody' ? { is_to_all: true } : { is_to_all: false, tag_id: to.tagId };
      return send('/cgi-bin/message/mass/sendall', { filter }, content, key);
    },

    /** Shows it to one person as it will be; counts towards nobody's month. */
    preview: (openid: string, content: MassContent): Promise<SendOutcome> => {
      const path = '/cgi-bin/message/mass/preview';
      return answered(path, { touser: openid, ...previewOf(content) }, (answer) => {
        const { msg_id: msgId } = readAnswer(path, previewed, answer);
        return { kind: 'sent', ...(msgId === undefined ? {} : { msgId }) };
      });
    },

    /** How far it is; how many it reached is told by the event alone. WechatError 40059: there is no such send. */
    async status(msgId: string): Promise<MassStatus> {
      const path = '/cgi-bin/message/mass/get';
      const answer = await client.post(path, { msg_id: numbered(msgId) }, { repeatable: true });
      return statuses[readAnswer(path, statusOf, answer).msg_status];
    },

    /**
     * Makes the content of a sent article void; its card stays in the chats, and of a text nothing can be taken back. `sent`:
     * the order was.
     */
    remove: (msgId: string): Promise<SendOutcome> =>
      answered('/cgi-bin/message/mass/delete', { msg_id: numbered(msgId) }, () => ({ kind: 'sent' })),
  };
}

export type Mass = ReturnType<typeof createMass>;

const adminAsked = new Set([89504, 89505]);

function massOutcomeOf(thrown: unknown): MassOutcome {
  if (isWechatError(thrown)) {
    const { errcode, reason, msgId = '' } = thrown.details;
    if (errcode === 45065) return { kind: 'accepted', msgId, again: true };
    if (errcode !== null && adminAsked.has(errcode)) return { kind: 'confirm', reason };
  }
  return unsentBy(thrown);
}

function bodyOf(content: MassContent): object {
  switch (content.kind) {
    case 'text':
      return { msgtype: 'text', text: { content: content.text } };
    case 'image':
      return { msgtype: 'image', images: { media_ids: [content.mediaId] } };
    case 'article':
      // What WeChat takes for a reprint stops, and a person looks at it: what was sent cannot be unsent.
      return { msgtype: 'mpnews', mpnews: { media_id: content.draftMediaId }, send_ignore_reprint: 0 };
  }
}

/** Here a picture is named otherwise than in a send. */
const previewOf = (content: MassContent): object =>
  content.kind === 'image' ? { msgtype: 'image', image: { media_id: content.mediaId } } : bodyOf(content);
