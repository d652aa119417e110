import { z } from 'zod';
import { may, page } from '../console';

export default [
  page(
    '/',
    may('home.see'),
    { title: '今天', menu: { group: 'home', at: 0 }, template: 'home', asks: z.object({}) },
    async ({ services }) => ({
      alarms: (await services.alarms.open()).map(({ text, at }) => ({ text, at: at.getTime() })),
    }),
  ),
];
