import { z } from 'zod';
import { unknownMail } from '../../domain/mails/links';
import type { Mails } from '../../domain/mails/mails';
import { definePage } from '../page';
import { forOneFan } from './headers';

/** Where a link in a mail leads: what it asks, and the button that does it. A mail program ends promotional mails by a POST. */
export const mail = definePage({
  path: '/mail/look/:token',
  headers: (nonce) => ({ ...forOneFan(nonce), 'Cache-Control': 'no-store', 'X-Robots-Tag': 'noindex' }),
  asks: z.object({ token: z.string().max(100) }),
  otherwise: unknownMail,
  async show({ mails }: { mails: Pick<Mails, 'look' | 'oneClick'> }, { token }) {
    const { purpose, script, ...data } = await mails.look(token);
    return { kind: 'page', template: 'mail', data: { state: purpose, ...data }, script };
  },
  post: ({ mails }, { token }) => mails.oneClick(token),
});
