import { z } from 'zod';
import { isRole, type Role, roleNames, roles } from '../../../domain/team/rights';
import { beijingMoment } from '../../../kit/beijing';
import { act, done, may, page, shownOnce } from '../console';
import { id, line, several } from '../form';
import { confirm, form, type Option, table } from '../parts';

const role = z.string().refine(isRole, '沒有這個角色') as unknown as z.ZodType<Role>;
const choices: Option[] = Object.entries(roles).map(([value, label]) => ({ value, label }));
const named = (held: readonly Role[]): string => held.map((one) => roleNames[one]).join('、');
const one = z.object({ id });

export default [
  page(
    '/team',
    may('team.see'),
    { title: '團隊', menu: { group: 'system', at: 10 }, template: 'team', asks: z.object({}) },
    async ({ services, house, ...visit }) => {
      const [people, invites] = await Promise.all([services.team.list(), services.team.openInvites()]);
      const canEdit = visit.may('team.edit');
      return {
        solo: house.solo,
        table: table({
          caption: '團隊裡的人',
          columns: [
            { label: '姓名' },
            { label: '登錄名' },
            { label: '角色' },
            { label: '狀態' },
            { label: '最近來過' },
          ],
          rows: people.map((her) => [
            canEdit ? { text: her.name, href: `/team/${her.id}`, own: true } : { text: her.name, own: true },
            { text: her.login, own: true },
            named(her.roles),
            her.state === 'active' ? { text: '在用', tone: 'green' } : { text: '停用', tone: 'grey' },
            her.seenAt ? beijingMoment(her.seenAt.getTime()) : '還沒有',
          ]),
          empty: { title: '還沒有人', text: '用啟動時打印的鏈接加入。' },
        }),
        invites: invites.map(({ _id, kind, name = '', roles: held, by, until }) => ({
          id: _id,
          what: kind === 'reset' ? `重設 ${name}` : kind === 'first' ? '第一位管理員' : name,
          roles: named(held),
          by,
          until: until.getTime(),
        })),
        invite: form({
          to: '/team/invite',
          submit: '做一個邀請鏈接',
          into: '#invited',
          fields: [
            { name: 'name', label: '姓名', kind: 'text', required: true, most: 20, help: '她加入時可以改' },
            { name: 'roles', label: '角色', kind: 'ticks', options: choices },
          ],
        }),
      };
    },
  ),
  act(
    '/team/invite',
    may('team.edit'),
    { what: '邀請加入團隊', asks: z.object({ name: line(20), roles: several(role) }) },
    async ({ services, by }, { name, roles: held }) => {
      const token = await services.team.invite({ name, roles: held, by });
      return shownOnce('invited', { path: `/join/${token}`, name, reset: false });
    },
  ),
  act(
    '/team/invites/:id/drop',
    may('team.edit'),
    { what: '收回邀請', asks: one },
    async ({ services }, asked) => {
      await services.team.dropInvite(asked.id);
      return done('收回了，那個鏈接不能用了。');
    },
  ),
  page(
    '/team/:id',
    may('team.edit'),
    { title: '一位同事', template: 'teammate', asks: one },
    async ({ services, who }, asked) => {
      const her = await services.team.get(asked.id);
      return {
        title: her.name,
        her: { ...her, at: her.at.getTime(), seenAt: her.seenAt?.getTime() ?? 0, roles: named(her.roles) },
        me: her.id === who.id,
        form: form({
          to: `/team/${her.id}/roles`,
          submit: '改角色',
          fields: [
            {
              name: 'roles',
              label: '角色',
              kind: 'ticks',
              options: choices,
              value: her.roles,
              help: '改了以後她要重新登錄；收回的權限她的下一個請求就不能用了。',
            },
          ],
        }),
        reset: confirm({
          id: 'reset',
          to: `/team/${her.id}/reset`,
          label: '重設密碼和第二步',
          title: `重設 ${her.name} 的密碼？`,
          text: '她所有的登錄會結束。你會拿到一個鏈接，請當面或用可靠的方式交給她本人。',
          submit: '重設',
        }),
        disable: confirm({
          id: 'disable',
          to: `/team/${her.id}/state`,
          label: her.state === 'active' ? '停用' : '重新啟用',
          title: her.state === 'active' ? `停用 ${her.name}？` : `讓 ${her.name} 再進來？`,
          text:
            her.state === 'active'
              ? '她馬上不能再用控制台。做過的事都留在記錄裡；隨時可以重新啟用。'
              : '她用原來的密碼和驗證器登錄。',
          reason: '原因',
          submit: her.state === 'active' ? '停用' : '啟用',
          tone: her.state === 'active' ? 'danger' : 'primary',
          fields: [
            {
              name: 'state',
              label: '',
              kind: 'hidden',
              value: her.state === 'active' ? 'disabled' : 'active',
            },
          ],
        }),
      };
    },
  ),
  act(
    '/team/:id/roles',
    may('team.edit'),
    { what: '改角色', asks: z.object({ id, roles: several(role) }) },
    async ({ services }, { id: who, roles: held }) => {
      const { before } = await services.team.setRoles(who, held);
      return done(`角色改成：${named(held)}。`, { before, after: held });
    },
  ),
  act(
    '/team/:id/state',
    may('team.edit'),
    {
      what: '停用或啟用同事',
      asks: z.object({ id, state: z.enum(['active', 'disabled']), reason: line(200) }),
    },
    async ({ services }, { id: who, state }) => {
      await services.team.setState(who, state);
      return done(state === 'disabled' ? '停用了，她的登錄都結束了。' : '啟用了。', { after: state });
    },
  ),
  act(
    '/team/:id/reset',
    may('team.edit'),
    { what: '重設同事的密碼', asks: one },
    async ({ services, by }, asked) => {
      const token = await services.team.reset(asked.id, by);
      const { name } = await services.team.get(asked.id);
      return shownOnce('invited', { path: `/join/${token}`, name, reset: true });
    },
  ),
];
