import { type Role } from '../../src/domain/team/rights';
import { codeAt } from '../../src/domain/team/second-factor';
import type { Team } from '../../src/domain/team/team';

/** Somebody of the team with these roles, signed in from a browser of her own; `session` is what her cookie `xiaoyi` holds. */
export async function teammate(
  team: Team,
  { login, name, roles }: { login: string; name: string; roles: Role[] },
): Promise<{ id: string; session: string }> {
  const token = await team.invite({ roles, name, by: 'test' });
  const { secret } = await team.invitation(token);
  const { who } = await team.join(token, {
    login,
    name,
    password: 'kites over the west lake',
    code: codeAt(secret, Date.now()),
  });
  const device = `device-of-${login}-0000`;
  return { id: who.id, session: await team.openFor({ who: who.id, ip: '127.0.0.1', agent: 'test', device }) };
}
