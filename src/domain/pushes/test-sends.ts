import { createHash } from 'node:crypto';
import type { Connection } from 'mongoose';
import { AppError, messageOf } from '../../errors';
import type { Outbox } from '../outbox/outbox';
import type { PushRow } from './push';
import { pushTest } from './pushes.jobs';
import type { AnyRoute } from './routes/route';
import type { Here, Sending } from './sending';
import { contentOf, variableNamesOf, versionsOn, written } from './ways';

const mostTestsADay = 100;

/** What came of a test-send stands in the log behind this; its person and what was said follow, ideographic spaces between. */
export const testEnd = (cause: string): string => `試發結果 ${cause}`;

type Given = Pick<Sending, 'here' | 'openids' | 'values' | 'routes'> & {
  db: Connection;
  outbox: Pick<Outbox, 'add'>;
  mustGet: (id: string) => Promise<PushRow>;
  /** How often today WeChat still shows a mass message to one person. */
  previewsLeft: () => Promise<number | undefined>;
  /** Business time. */
  now: () => Date;
};

/** Each version of a push, sent to one of ours before anybody else has it. */
export function createTestSends(given: Given) {
  const { db, outbox, mustGet, now, routes } = given;
  const rows = db.collection<PushRow>('pushes');

  return {
    /** Asks for a test-send to one of ours: a worker does it. */
    async test(id: string, { pid, by }: { pid: string; by: string }): Promise<string> {
      const row = await mustGet(id);
      const left = row.content.mass ? await given.previewsLeft() : undefined;
      if (left !== undefined && left <= 0)
        throw new AppError(
          'TooMany',
          'push.previews',
          `今天的群發預覽用完了（每天 ${mostTestsADay} 次），明天再試。`,
        );
      const cause = `push-test_${createHash('sha256').update(`${id}/${pid}/${now().getTime()}`).digest('base64url').slice(0, 16)}`;
      await rows.updateOne({ _id: id }, { $push: { log: { at: now(), by, what: `試發給 ${pid}` } } });
      await outbox.add({ id: cause }, [
        { kind: 'later', job: pushTest.name, data: { push: id, pid, id: cause } },
      ]);
      return cause;
    },
    /** Shows each route's words to one person, as she would read them (job). What came of it stands in the log. */
    async sendTest({ push: id, pid, id: cause }: { push: string; pid: string; id: string }): Promise<void> {
      const row = await mustGet(id);
      const done = testEnd(cause);
      if (row.log.some(({ what }) => what.startsWith(done))) return;
      const [her] = await given.here([pid]);
      const openid = her && (await given.openids([pid])).get(pid);
      const told: string[] = [];
      for (const name of row.routes) {
        const route = routes.get(name);
        if (!route) continue;
        if (!her || openid === undefined) told.push('她不在關注者裡');
        else
          for (const version of versionsOn(row, name)) {
            const key = createHash('sha256').update(`${cause}/${name}/${version.variant ?? ''}`);
            const said = await tried({
              row,
              route,
              her,
              openid,
              version,
              key: key.digest('base64url').slice(0, 22),
            });
            told.push(`${route.says}${version.told}：${said}`);
          }
      }
      await rows.updateOne(
        { _id: id },
        { $push: { log: { at: now(), by: '系統', what: `${done}　${pid}　${told.join('；')}` } } },
      );
    },
  };

  async function tried(asked: {
    row: PushRow;
    route: AnyRoute;
    her: Here;
    openid: string;
    version: { variant?: string };
    key: string;
  }): Promise<string> {
    const { row, route, her, openid, version, key } = asked;
    if (!contentOf(row, version, route.name)) return '沒有內容';
    const names = variableNamesOf(row);
    const values =
      names.length > 0 ? await given.values([her], names) : new Map<string, Record<string, string>>();
    const filled = written(
      // The plain addresses: what one of ours opens is no click of the push's.
      { push: row, values, house: { linkTo: (_push, n) => row.links[n] ?? '' } },
      route,
      { pid: her.pid, ...version },
      route.together ? undefined : her.script,
    );
    if ('missing' in filled) return `她沒有「${filled.missing}」，也沒有寫默認`;
    try {
      const outcome = route.together
        ? await route.show(openid, filled.content)
        : await route.send({ ...her, openid }, filled.content as never, key);
      return outcome.kind === 'sent' ? '發出去了' : `沒有發出去：${outcome.reason}`;
    } catch (error) {
      return `沒有發出去：${messageOf(error)}`;
    }
  }
}
