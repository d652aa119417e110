import { z } from 'zod';
import { roleNames } from '../../../domain/team/rights';
import { act, done, may, page } from '../console';
import { form } from '../parts';

export default [
  page('/me', may('home.see'), { title: '我的賬號', template: 'me', asks: z.object({}) }, ({ who }) => ({
    who: { ...who, roles: who.roles.map((role) => roleNames[role]).join('、') },
    form: form({
      to: '/me/password',
      submit: '換密碼',
      fields: [
        { name: 'now', label: '現在的密碼', kind: 'password', required: true },
        {
          name: 'next',
          label: '新密碼',
          kind: 'password',
          required: true,
          help: '至少 12 個字元；一句只有你知道的話最好。換了以後，別處的登錄都會結束。',
        },
      ],
    }),
  })),
  act(
    '/me/password',
    may('home.see'),
    {
      what: '換自己的密碼',
      asks: z.object({
        now: z.string().min(1, '不能空著').max(200),
        next: z.string().min(1, '不能空著').max(400),
      }),
    },
    async ({ services, who, session }, { now, next }) => {
      await services.team.changePassword({ id: who.id, now, next, session });
      return done('密碼換好了。');
    },
  ),
  act(
    '/me/script',
    may('home.see'),
    { what: '換字體', asks: z.object({ script: z.enum(['hant', 'hans']) }) },
    async ({ services, who }, { script }) => {
      await services.team.setScript(who.id, script);
      return done(script === 'hans' ? '換成简体了。' : '換成繁體了。');
    },
  ),
];
