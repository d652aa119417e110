import { housekeeping } from '../../src/jobs/housekeeping';
import { migrations } from '../../src/migrations';
import { writeXml } from '../../src/simulator/xml';
import { migrate } from '../../src/store/migrations';
import { gates } from '../support/gates';
import { until } from '../support/processes';
import { heard, type Rig } from '../support/rig';

/**
 * What a fan may go through, with the oracle that judges it when everything has come to rest. `deeds` may be cut short
 * by a crash anywhere; WeChat's copies follow, and then the sweeper. Shares no code with the product's own bookkeeping.
 */
export type Flow = {
  name: string;
  /** What must be in place; nothing crashes meanwhile. */
  before?: (rig: Rig, openid: string) => Promise<void>;
  deeds: (rig: Rig, openid: string) => Promise<Delivered[]>;
  /** The deeds are done in our process and end with it. */
  inside?: true;
  after: (rig: Rig, openid: string, delivered: Delivered[], crashed: boolean) => Promise<void>;
};
type Delivered = Awaited<ReturnType<Rig['deliver']>>;

const effects = async (rig: Rig, pid: string) =>
  (await rig.rows<{ words: string }>('enquiries', { pid })).map((row) => row.words).toSorted();
const pidOf = async (rig: Rig, openid: string) =>
  (await rig.rows<{ pid: string }>('subscribers', { openid }))[0]?.pid ?? '';
const follow = (rig: Rig, openid: string) =>
  rig.deliver(rig.event(openid, 'subscribe', { EventKey: '' }), openid);
const knownTo = async (rig: Rig, openid: string) => {
  await follow(rig, openid);
};

/** Everything that got a 200 got one answer, in however many copies. */
const agreed = (delivered: Delivered[]) => {
  for (const one of delivered)
    if (heard(one).length > 1) throw new Error(`Copies differ: ${heard(one).join(' | ')}`);
};

export const flows: Flow[] = [
  {
    name: 'she follows, for the first time',
    deeds: async (rig, openid) => [await follow(rig, openid)],
    async after(rig, openid, delivered) {
      agreed(delivered);
      expect(await effects(rig, await pidOf(rig, openid))).toEqual(['welcome']);
    },
  },
  {
    name: 'she says something that happens once in a life, and says it again',
    before: knownTo,
    deeds: async (rig, openid) => [
      await rig.deliver(rig.text(openid, '第一次'), openid),
      await rig.deliver(rig.text(openid, '第一次'), openid),
    ],
    async after(rig, openid, delivered) {
      agreed(delivered);
      expect(await effects(rig, await pidOf(rig, openid))).toEqual(['gift', 'welcome']);
      // Whichever of the two was answered first got the gift; both did not.
      const words = delivered.flatMap(heard).filter((one) => one !== 'success');
      expect(words.filter((one) => one === '送您一份禮物').length).toBeLessThanOrEqual(1);
    },
  },
  {
    name: 'she taps, scans, and says one thing twice over',
    before: knownTo,
    async deeds(rig, openid) {
      const message = rig.text(openid, '做 功課');
      return [
        await rig.deliver(rig.event(openid, 'CLICK', { EventKey: 'GO' }), openid),
        await rig.deliver(rig.event(openid, 'SCAN', { EventKey: '7', Ticket: 't' }), openid),
        await rig.deliver(message, openid),
        await rig.deliver(message, openid),
      ];
    },
    async after(rig, openid, delivered) {
      agreed(delivered);
      expect(await effects(rig, await pidOf(rig, openid))).toEqual(['click', 'scan', 'welcome', '功課']);
    },
  },
  {
    name: 'she fills in a form',
    before: knownTo,
    async deeds(rig, openid) {
      const said: Delivered[] = [];
      for (const words of ['聯絡', '林小姐', '13800138000'])
        said.push(await rig.deliver(rig.text(openid, words), openid));
      return said;
    },
    async after(rig, openid, delivered) {
      agreed(delivered);
      expect(await effects(rig, await pidOf(rig, openid))).toEqual(['welcome', '林小姐']);
    },
  },
  {
    name: 'she is told more than one reply holds',
    before: knownTo,
    deeds: async (rig, openid) => [await rig.deliver(rig.text(openid, '多說 話'), openid)],
    async after(rig, openid, delivered, crashed) {
      agreed(delivered);
      // Where no copy was answered in time the first words follow as a late letter.
      const late = delivered.flatMap(heard).some((one) => one.startsWith('話 一')) ? [] : ['話 一'];
      await eachOnce(rig, openid, crashed, [...late, '話 二', '話 三']);
    },
  },
  {
    name: 'WeChat is busy when she is told more',
    async before(rig, openid) {
      await knownTo(rig, openid);
      rig.sim.knobs.set({
        path: '/cgi-bin/message/custom/send',
        failBefore: { errcode: 45009 },
        times: 1,
      });
    },
    deeds: async (rig, openid) => [await rig.deliver(rig.text(openid, '多說 忙'), openid)],
    async after(rig, openid, delivered, crashed) {
      agreed(delivered);
      await eachOnce(rig, openid, crashed, ['忙 二', '忙 三']);
    },
  },
  {
    name: 'her window is shut when she is told more',
    async before(rig, openid) {
      await knownTo(rig, openid);
      await rig.shutWindow(openid);
    },
    async deeds(rig, openid) {
      // Typed two days ago: it opens no window now.
      const old = { ...rig.text(openid, '多說 信'), CreateTime: Math.floor(Date.now() / 1_000) - 3 * 86_400 };
      return [await rig.deliver(old, openid)];
    },
    async after(rig, openid, delivered) {
      agreed(delivered);
      expect(rig.sentTo(openid)).toEqual([]);
      const next = await rig.deliver(rig.text(openid, '回聲 完'), openid);
      expect(heard(next)).toEqual([['信 二', '信 三', '完'].join('\n\n')]);
    },
  },
  {
    name: 'what she said is found late by a copy elsewhere',
    before: knownTo,
    async deeds(rig, openid) {
      const gate = `晚${openid.slice(-6)}`;
      const slow = rig.deliver(rig.text(openid, `等 ${gate}`), openid);
      await until(() => gates.held(gate) === 1, { what: 'the handler runs' });
      await rig.db.collection('inbox').updateMany({ open: true }, { $set: { late: true } });
      gates.open(gate);
      return [await slow];
    },
    async after(rig, openid, delivered, crashed) {
      agreed(delivered);
      expect(delivered.flatMap(heard).filter((one) => one !== 'success')).toEqual([]);
      await eachOnce(rig, openid, crashed, [`等到 晚${openid.slice(-6)}`]);
    },
  },
  {
    name: 'what she said takes longer than WeChat waits',
    before: knownTo,
    async deeds(rig, openid) {
      const gate = `久${openid.slice(-6)}`;
      const said = await rig.deliver(rig.text(openid, `等 ${gate}`), openid);
      gates.open(gate);
      return [said];
    },
    async after(rig, openid, delivered, crashed) {
      agreed(delivered);
      // A busy machine may answer no copy in time; what is answered is `success`, and the reply comes once all the same.
      expect(delivered.flatMap(heard).filter((one) => one !== 'success')).toEqual([]);
      await eachOnce(rig, openid, crashed, [`等到 久${openid.slice(-6)}`]);
    },
  },
  {
    name: 'a process died over her words before',
    inside: true,
    async before(rig, openid) {
      await knownTo(rig, openid);
      const fan = rig.app.services.subscribers.fanOf(openid);
      const ownedAt = new Date(Date.now() - 60_000);
      const body = writeXml(rig.text(openid, '做 遺留'));
      await rig.db.collection<{ _id: string }>('inbox').insertOne({
        _id: `left-${openid}`,
        fan,
        at: ownedAt,
        owner: '',
        ownedAt,
        body,
        open: true,
        tries: 1,
      } as never);
    },
    async deeds(rig) {
      await rig.drain();
      return [];
    },
    async after(rig, openid, _, crashed) {
      expect(await effects(rig, await pidOf(rig, openid))).toEqual(['welcome', '遺留']);
      await eachOnce(rig, openid, crashed, ['做好 遺留']);
    },
  },
  {
    name: 'she sends a flood',
    before: knownTo,
    deeds: (rig, openid) =>
      Promise.all(Array.from({ length: 30 }, (_, i) => rig.deliver(rig.text(openid, `做 ${i}`), openid))),
    async after(rig, openid, delivered) {
      agreed(delivered);
      const done = await effects(rig, await pidOf(rig, openid));
      expect(new Set(done).size).toBe(done.length);
    },
  },
  {
    name: 'she leaves, and comes back',
    before: knownTo,
    async deeds(rig, openid) {
      const left = await rig.deliver(rig.event(openid, 'unsubscribe', { EventKey: '' }), openid);
      await rig.drain();
      return [left];
    },
    async after(rig, openid, delivered) {
      agreed(delivered);
      if (delivered.some((one) => heard(one).length > 0)) {
        expect(await rig.count('subscribers', { openid })).toBe(0);
        expect(JSON.stringify(await rig.rows('inbox'))).not.toContain(openid);
        const again = { ...rig.event(openid, 'subscribe', { EventKey: '' }) };
        again.CreateTime += 1;
        expect(heard(await rig.deliver(again, openid))).toEqual(['歡迎回來']);
      }
    },
  },
  {
    name: 'housekeeping falls due',
    inside: true,
    async before(rig) {
      const on = '2026-11-20';
      await rig.db.collection<{ _id: string }>('timers').deleteMany({});
      await rig.db.collection<{ _id: string }>('outbox').deleteMany({ cause: `housekeeping::${on}` });
      await rig.app.services.timers.arm({
        id: `housekeeping::${on}`,
        dueAt: new Date(rig.clock.now() - 1),
        job: housekeeping,
        data: { on },
      });
      await rig.db
        .collection<{ _id: string }>('inbox')
        .insertOne({ _id: `old-${Math.random()}`, at: new Date('2026-01-01'), owner: '', tries: 1 } as never);
    },
    async deeds(rig) {
      await rig.app.sweeper.fireTimers();
      await rig.drain();
      return [];
    },
    async after(rig) {
      await rig.app.sweeper.fireTimers();
      await rig.drain();
      expect(await rig.count('inbox', { at: { $lt: new Date('2026-02-01') } })).toBe(0);
      expect(await rig.count('timers', { state: 'armed' })).toBe(1);
      expect(await rig.rows('outbox', { cause: 'housekeeping::2026-11-20' })).toMatchObject([
        { state: 'done' },
      ]);
    },
  },
  {
    name: 'the database is migrated',
    inside: true,
    async deeds(rig) {
      await rig.db.collection<{ _id: number }>('migrations').deleteMany({});
      const { db, log } = rig.app;
      await migrate({ db, migrations, owner: 'the sweep', others: async () => 0, log });
      return [];
    },
    async after(rig, _openid, _delivered, crashed) {
      // Time passes, and with it the lease of the dead.
      await rig.db.collection<{ _id: string }>('leases').updateMany({}, { $set: { until: new Date(0) } });
      await migrate({
        db: rig.app.db,
        migrations,
        owner: 'another',
        others: async () => 0,
        log: rig.app.log,
      });
      expect(await rig.count('migrations')).toBe(migrations.length);
      // That of a process which died after its last migration runs out by itself.
      expect(await rig.count('leases')).toBeLessThanOrEqual(crashed ? 1 : 0);
    },
  },
];

/** Each once and in order. After a crash one may be `unknown`: sent or not, nobody can tell, so it is not sent again. */
async function eachOnce(rig: Rig, openid: string, crashed: boolean, words: string[]): Promise<void> {
  const sent = rig.sentTo(openid);
  expect(sent).toEqual(words.filter((one) => sent.includes(one)));
  const fan = rig.app.services.subscribers.fanOf(openid);
  const unknown = await rig.count('outbox', { fan, state: 'unknown' });
  expect(unknown).toBeLessThanOrEqual(crashed ? 1 : 0);
  expect(words.length - sent.length).toBeLessThanOrEqual(unknown);
}
