import { asContent } from '../../../src/domain/quiz/definition';
import { announced, aQuestion } from '../../domain/quiz/a-quiz';
import { openConsole, type TestConsole } from '../../support/console';
import { createTown, type Town } from '../../support/town';

let town: Town;
let desk: TestConsole;
let mei: Awaited<ReturnType<TestConsole['as']>>;
let ops: Awaited<ReturnType<TestConsole['as']>>;
beforeAll(async () => {
  town = await createTown({ at: '2026-11-23T10:00' });
  desk = openConsole(town);
  mei = await desk.as('marketer');
  ops = await desk.as('operator');
  const [lin, wen] = [await town.follower('Lin'), await town.follower('Wen')];
  await lin.says('杭州天氣');
  await wen.leaves();
});
afterAll(async () => {
  await desk.close();
  await town.close();
});

const words = (html: string): string => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');

test('today: who joined, who left, what was said', async () => {
  const html = words(await mei.reads('/home/today'));
  expect(html).toMatch(/新關注 2 /);
  expect(html).toMatch(/離開 1 /);
  expect(html).toMatch(/消息 4 /);
});

test('what stands as an alarm is told with what to do', async () => {
  const { alarms } = town.app.services;
  await alarms.raise({ cause: 'test', text: '微信不給令牌；看檢查。' });
  expect(await mei.reads('/')).toContain('微信不給令牌；看檢查。');
  await alarms.over('test');
  expect(await mei.reads('/')).not.toContain('微信不給令牌');
});

/** A quiz that begins now, which Lin plays. */
async function aQuizRuns() {
  const { campaigns, people } = town.app.services;
  const startsAt = town.app.clock.now();
  const id = 'autumn';
  const content = asContent({
    id,
    title: '秋天一戰',
    intro: '',
    keywords: ['秋天一戰'],
    startsAt,
    endsAt: startsAt + 3_600_000,
    ...announced,
    questions: Array.from({ length: 10 }, (_, i) => aQuestion(`q${i}`)),
    prizes: [],
  });
  const takenBy = () => undefined;
  await campaigns.save({ content, by: 'ann' });
  const { findings, passed } = await campaigns.check({ id, by: 'ann', takenBy });
  if (!passed) throw new Error(JSON.stringify(findings));
  await campaigns.start({ id, by: 'bob', takenBy });
  await town.turn({ minutes: 1 });
  const lin = await town.fan('Lin');
  await lin.says('秋天一戰');
  await town.turn({ minutes: 1 }); // nobody reads a question at once
  await lin.says('A');
  await town.app.services.projector.catchUp(id);
  await people.rebuild();
  return id;
}

test('a campaign that runs is shown, and the funnel counts its people', async () => {
  const id = await aQuizRuns();
  expect(await mei.reads('/home/going')).toContain(`/quiz/${id}`);
  expect(await mei.reads('/reports/funnel')).toContain(`campaign=${id}`);
  const steps = words(await mei.reads(`/reports/funnel/steps?campaign=${id}`));
  expect(steps).toMatch(/關注 1 人/);
  expect(steps).toMatch(/參加 不知道/);
  expect(steps).toMatch(/答題 1 人/);
  expect((await mei.get(`/reports/funnel.csv?campaign=${id}`)).text).toContain('玩過活動');
});

test('yesterday stands beside the day before, and who can be reached now by route', async () => {
  expect(words(await mei.reads('/home/yesterday'))).toMatch(/昨天（11月22日）.*新關注 0 一樣 一樣/);
  expect(words(await mei.reads('/home/reach'))).toMatch(/客服消息：現在發得到 1 .*共 1 人關注/);
});

test('a draft of hers waits for her, and of nobody else', async () => {
  await town.app.db.collection<{ _id: string }>('campaigns').insertOne({
    _id: 'mine',
    title: '我的草稿活動',
    state: 'draft',
    author: mei.by,
    startsAt: 0,
    endsAt: 1,
  } as never);
  expect(await mei.reads('/home/waits')).toContain('我的草稿活動');
  expect(await ops.reads('/home/waits')).not.toContain('我的草稿活動');
});

test('the row of the engine is the operator’s', async () => {
  expect(words(await ops.reads('/home/engine'))).toMatch(/還沒答完的消息 0 /);
  expect((await mei.get('/home/engine')).status).toBe(403);
});
