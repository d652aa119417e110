import { createServer, type Server } from 'node:http';
import request from 'supertest';
import type { App } from '../../src/app';
import type { Role } from '../../src/domain/team/rights';
import { signed } from '../../src/kit/signed';
import { teammate } from './teammate';

/** What is needed of a town, or of any app. */
type Has = { app: Pick<App, 'console' | 'services' | 'taskRunner'> };

export type Answer = {
  said?: string;
  to?: string;
  refused?: string;
  fields?: Record<string, string>;
  html?: string;
};

/**
 * The console of an app, and people of the team at it, signed in as they would be.
 *
 * ```ts
 * const desk = openConsole(town);
 * const mei = await desk.as('marketer');
 * expect(await mei.reads('/segments')).toContain('分群');
 * expect(await mei.does('/segments/new', { name: '老客', rule: '…' })).toMatchObject({ said: '存好了。' });
 * ```
 */
export function openConsole({ app }: Has, origin = 'http://127.0.0.1:2') {
  const inside = app.console();
  let server: Server | undefined = createServer((asked, answer) => void inside.handler(asked, answer));
  const { team } = app.services;
  let n = 0;

  async function join(
    name: string,
    roles: Role[],
  ): Promise<{ cookie: string; login: string; id: string; token: string }> {
    const login = `${roles[0]}${++n}`;
    const { id, session } = await teammate(team, { login, name, roles });
    const opened = await team.session(session);
    return { cookie: `xiaoyi=${session}`, login, id, token: opened?.token ?? '' };
  }

  return {
    items: inside.items,
    handler: inside.handler,
    origin,
    /** Somebody with these roles, signed in. */
    async as(...roles: Role[]) {
      const name = `${roles[0]}${n + 1}`;
      const { cookie, login, id, token } = await join(name, roles);
      const to = server as Server;
      const get = (path: string) => request(to).get(path).set('Cookie', cookie);
      const post = (path: string, form: Record<string, string | string[]> = {}) => {
        const body = new URLSearchParams();
        for (const [field, value] of Object.entries(form))
          for (const one of Array.isArray(value) ? value : [value]) body.append(field, one);
        return request(to)
          .post(path)
          .set({ Cookie: cookie, Origin: origin, 'X-Token': token })
          .type('form')
          .send(body.toString());
      };
      return {
        id,
        login,
        name,
        by: signed(name, login),
        cookie,
        token,
        get,
        post,
        /** The page as HTML; throws where it is none. */
        async reads(path: string): Promise<string> {
          const { status, text } = await get(path);
          if (status !== 200)
            throw new Error(`${path}: ${status} ${text.replace(/<[^>]+>/g, ' ').slice(0, 400)}`);
          return text;
        },
        async does(path: string, form: Record<string, string | string[]> = {}): Promise<Answer> {
          return (await post(path, form)).body as Answer;
        },
        /** With files: their field, name and content. */
        async sends(
          path: string,
          form: Record<string, string>,
          files: { field: string; name: string; bytes: Buffer }[],
        ): Promise<Answer> {
          let asked = request(to).post(path).set({ Cookie: cookie, Origin: origin, 'X-Token': token });
          for (const [field, value] of Object.entries(form)) asked = asked.field(field, value);
          for (const { field, name: file, bytes } of files) asked = asked.attach(field, bytes, file);
          return (await asked).body as Answer;
        },
      };
    },
    /** Long work that was started runs to its end. */
    worked: () => app.taskRunner.drain(),
    async close(): Promise<void> {
      server?.close();
      server = undefined;
    },
  };
}

export type TestConsole = ReturnType<typeof openConsole>;
