import { z } from 'zod';
import { type Copies, unknownCopy } from '../../domain/copies/copies';
import { definePage } from '../page';

/** Her own copy of what we keep of her, as a file. */
export const copy = definePage({
  path: '/my-data/:token',
  headers: () => ({
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  }),
  asks: z.object({ token: z.string().max(100) }),
  otherwise: unknownCopy,
  show: async ({ copies }: { copies: Copies }, { token }) => ({
    kind: 'file',
    name: 'my-data.json',
    type: 'application/json; charset=utf-8',
    body: `${JSON.stringify(await copies.open(token), null, 2)}\n`,
  }),
});
