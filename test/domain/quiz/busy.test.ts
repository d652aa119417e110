import { join } from 'node:path';
import { root } from '../../../src/kit/root';
import { until } from '../../support/processes';
import { answersOf, createRig } from '../../support/rig';
import { content, question } from './content';

const at = (moment: string): number => Date.parse(`${moment}+08:00`);

test('an answer for which the order log has no room now is answered when WeChat sends it again', async () => {
  const rig = await createRig({
    handlers: join(root, 'handlers'),
    at: '2026-11-24T10:00',
    callbacks: { gapMs: 1_000 },
  });
  const admin = rig.db.getClient().db('admin');
  const fail = (mode: string | object, data: object = {}) =>
    admin.command({ configureFailPoint: 'failCommand', mode, data });
  try {
    const { campaigns } = rig.app.services;
    const quiz = content({
      keywords: ['一戰到底'],
      startsAt: at('2026-11-24T08:00'),
      endsAt: at('2026-11-24T22:00'),
      questions: Array.from({ length: 12 }, (_, i) => question(`q${i}`)),
    });
    await campaigns.save({ content: quiz, by: 'Lin' });
    await campaigns.check({ id: quiz.id, by: 'Lin', claims: () => undefined });
    await campaigns.start({ id: quiz.id, by: 'Wang', claims: () => undefined });
    const [lin, mei] = [rig.openid(), rig.openid()];
    const says = async (openid: string, words: string) =>
      answersOf(await rig.deliver(rig.text(openid, words), openid));
    await says(lin, '一戰到底');
    await says(mei, '一戰到底');
    await rig.turnTo(rig.clock.now() + 60_000);

    // Longer than a row may wait for the group before it.
    const slowly = { failCommands: ['insert'], blockConnection: true, blockTimeMS: 1_600 };
    await fail({ times: 1 }, { ...slowly, namespace: `${rig.database.name}.orders` });
    const first = says(lin, 'A');
    const used = async () => {
      const point = await admin.command({ getParameter: 1, 'failpoint.failCommand': 1 });
      return point['failpoint.failCommand'].timesEntered > 0;
    };
    await until(used, { what: 'her answer is being written' });
    const second = says(mei, 'A');
    expect((await first).at(-1)).toContain('第 1 樓');
    const heard = await second;
    expect(heard[0]).toMatch(/^HTTP 5/);
    expect(heard.at(-1)).toContain('第 2 樓');
  } finally {
    await fail('off');
    await rig.close();
  }
}, 30_000);
