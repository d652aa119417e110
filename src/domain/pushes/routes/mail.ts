import { messageOf } from '../../../errors';
import type { Mails } from '../../mails/mails';
import { routeWords } from '../push';
import type { Route } from './route';

/** Mails: to who asked for them, each with the way out of them. */
export const mailRoute = ({
  mails,
}: {
  mails: Pick<Mails, 'forPush' | 'writePush' | 'sendPush'>;
}): Route<'mail'> => ({
  name: 'mail',
  says: routeWords.mail,
  carries: ['marketing', 'service'],
  anchors: false,
  againMs: 0,
  shut: ({ mail }) => (mail ? undefined : 'mail'),
  takes: () => ({ kind: 'nothing' }),
  problems: () => [],
  words: ({ subject, text }) => [subject, text],
  withWords: (_, [subject = '', text = '']) => ({ subject, text }),
  async send({ pid, script }, { subject, text }, key) {
    const address = (await mails.forPush([pid])).get(pid)?.address;
    if (address === undefined) return { kind: 'withdrawn', reason: 'mail' };
    try {
      const written = mails.writePush({ address, subject, words: text, script });
      const sent = await mails.sendPush({ id: key, pid, address, ...written });
      if (sent === 'withdrawn') return { kind: 'withdrawn', reason: 'mail' };
      return sent === 'sent'
        ? { kind: 'sent' }
        : { kind: 'refused', errcode: null, reason: '郵件服務器不收這個地址' };
    } catch (error) {
      return { kind: 'unknown', reason: messageOf(error) };
    }
  },
});
