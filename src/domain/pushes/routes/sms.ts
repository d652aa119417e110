import { messageOf } from '../../../errors';
import type { Phones } from '../../phones/phones';
import type { Route } from './route';

/** Text messages: to who asked for them, by day. */
export const smsRoute = ({
  phones,
  problemsOf,
}: {
  phones: Pick<Phones, 'sendPush'>;
  /** What is wrong with its words. */
  problemsOf: (words: string) => string[];
}): Route<'sms'> => ({
  name: 'sms',
  says: '短信',
  carries: ['marketing', 'service'],
  hours: [8, 21],
  anchors: false,
  againMs: 0,
  shut: ({ sms }) => (sms ? undefined : 'sms'),
  takes: () => ({ kind: 'nothing' }),
  problems: ({ text }) => problemsOf(text),
  words: ({ text }) => [text],
  withWords: (_, [text = '']) => ({ text }),
  async send({ pid }, { text }, key) {
    try {
      const sent = await phones.sendPush({ id: key, pid, words: text });
      if (sent === 'withdrawn') return { kind: 'withdrawn', reason: 'sms' };
      return sent === 'sent'
        ? { kind: 'sent' }
        : { kind: 'refused', errcode: null, reason: '短信服務商不發給這個號碼' };
    } catch (error) {
      return { kind: 'unknown', reason: messageOf(error) };
    }
  },
});
