import { campaignEnd, campaignSettle } from '../../../src/domain/campaigns/campaigns.jobs';
import { createOutbox } from '../../../src/domain/outbox/outbox';
import { createTimers } from '../../../src/domain/timers/timers';
import type { Services } from '../../../src/services';
import { anEntry, aPrize, aQuiz, beijing } from '../quiz/a-quiz';
import { settlementStage } from '../settlement/settlement-stage';

const stage = settlementStage();
beforeAll(() => stage.open());
afterAll(() => stage.close());

test('letters that came before the end are waited for; then the settlement goes on, and again is nothing new', async () => {
  stage.turnTo('2026-11-21 10:00:00');
  const endsAt = beijing('2026-11-21 22:00:00');
  await stage.publish(
    aQuiz({ endsAt, prizes: [aPrize('top', { kind: 'ranking', board: 'final', from: 1, to: 1 })] }),
  );
  await stage.answers([anEntry('lin', 't1')]);

  const { clock } = stage;
  const outbox = createOutbox({ db: stage.db(), clock });
  const services = { ...stage.build(), clock, timers: createTimers({ db: stage.db(), outbox, clock }) };
  const given = services as unknown as Services;
  const dueAt = async () => (await services.timers.nextDue()) ?? 0;
  const state = async () => (await services.campaigns.find('q'))?.state;

  stage.turnTo('2026-11-21 22:00:01');
  await campaignEnd.run(given, { campaign: 'q', at: endsAt });
  expect([await state(), await dueAt()]).toEqual(['ended', endsAt + 10 * 60_000]);

  stage.turnTo('2026-11-21 22:10:00');
  await services.timers.fireDue();
  stage.leaveUnanswered(1);
  await campaignSettle.run(given, { campaign: 'q', at: 0 });
  expect(await state()).toBe('ended');
  expect((await dueAt()) - clock.now()).toBeGreaterThan(50_000); // and asks again in a minute

  stage.leaveUnanswered(0);
  await campaignSettle.run(given, { campaign: 'q', at: 0 });
  await campaignSettle.run(given, { campaign: 'q', at: 0 });
  expect(await state()).toBe('settled');
  expect(await stage.db().collection('awards').countDocuments()).toBe(1);
});
