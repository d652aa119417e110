import { z } from 'zod';
import { may as holds, type Right, type Role, rights, roleNames } from '../../../domain/team/rights';
import { may, page } from '../console';

export default [
  page(
    '/team/rights',
    may('home.see'),
    { title: '權限表', template: 'rights', asks: z.object({}) },
    ({ who }) => ({
      roles: (Object.keys(roleNames) as Role[]).map((role) => ({
        name: roleNames[role],
        mine: who.roles.includes(role),
      })),
      rows: (Object.keys(rights) as Right[]).map((right) => ({
        right,
        held: (Object.keys(roleNames) as Role[]).map((role) => holds([role], right)),
      })),
    }),
  ),
];
