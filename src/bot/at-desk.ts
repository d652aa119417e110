import { windowOpenedBy } from '../domain/reach/windows';
import type { Render } from '../render/render';
import type { Services } from '../services';
import type { Message } from '../wechat/protocol/inbound';
import type { Rules } from './rules';
import type { Turn } from './turn';
import { type Outcome, scripted, withMail } from './words';

/**
 * While a person of ours talks with her the bot is silent: what she writes or sends is that person's to answer. Only words that
 * end it are taken (`evenAtDesk`). A tapped button is answered with how to get back; what she scans, and what WeChat reports, goes
 * its usual way. Letters of her mailbox are said all the same: the person may have left them for her.
 */
export function createAtDesk(given: { rules: Pick<Rules, 'forText'>; services: Services; render: Render }) {
  const { rules, services, render } = given;

  return async ({ her, message, cause, script }: Turn): Promise<Outcome | undefined> => {
    if (her?.desk === undefined || !isForPeople(message)) return undefined;
    if (message.kind === 'text' && rules.forText(message.content)?.rule.evenAtDesk) return undefined;
    const opened = windowOpenedBy(message);
    const { _id: fan, pid, desk: conversation } = her;
    if (!(await services.desk.heard({ conversation, fan, pid, at: cause.at, opened }))) return undefined;
    const busy = message.kind === 'click' ? scripted(render('desk-busy'), script) : undefined;
    const [reply, takeMail] = withMail(busy?.kind === 'text' ? busy.text.trim() : '', her.mailbox);
    return {
      reply: reply.kind === 'text' && reply.text === '' ? null : reply,
      effects: [],
      carries: [],
      changes: {},
      takeMail,
      by: 'desk',
    };
  };
}

const forPeople: ReadonlySet<Message['kind']> = new Set<Message['kind']>([
  'text',
  'sticker',
  'image',
  'voice',
  'video',
  'shortvideo',
  'location',
  'link',
  'file',
  'click',
]);
const isForPeople = ({ kind }: Message): boolean => forPeople.has(kind);
