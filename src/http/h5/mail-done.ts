import { z } from 'zod';
import { unknownMail } from '../../domain/mails/links';
import type { Mails } from '../../domain/mails/mails';
import { definePage } from '../page';
import { mail } from './mail';

/** Behind the button: it is done, and told. */
export const mailDone = definePage({
  path: '/mail/do/:token',
  acts: true,
  headers: mail.headers,
  asks: z.object({ token: z.string().max(100) }),
  otherwise: unknownMail,
  async show({ mails }: { mails: Pick<Mails, 'carryOut'> }, { token }) {
    const { done, script, address } = await mails.carryOut(token);
    return { kind: 'page', template: 'mail', data: { state: done, address, name: '', doIt: '' }, script };
  },
});
