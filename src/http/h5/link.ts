import { z } from 'zod';
import { type Links, unknownLink } from '../../domain/links/links';
import { definePage } from '../page';

/** The way to a hotel's own address, counted. */
export const link = definePage({
  path: '/go/:token',
  headers: () => ({ 'Referrer-Policy': 'no-referrer' }),
  asks: z.object({ token: z.string().max(300) }),
  otherwise: unknownLink,
  show: async ({ links }: { links: Links }, { token }) => ({
    kind: 'redirect',
    to: (await links.open(token)).url,
  }),
});
