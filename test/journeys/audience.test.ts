import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSampleSurvey } from '../../src/domain/surveys/sample';
import { root } from '../../src/kit/root';
import { createTags } from '../../src/wechat/api/tags';
import { createTown, type Town } from '../support/town';

let town: Town;
beforeAll(async () => {
  town = await createTown();
  const bytes = readFileSync(join(root, 'src/simulator/sample/survey.json'));
  await startSampleSurvey({
    surveys: town.services.surveys,
    takenBy: () => undefined,
    file: { name: 'survey.json', bytes },
  });
});
afterAll(() => town.close());

function tagsOf(name: string): string[] {
  const { world } = town.sim;
  return world.fan(name).tags.map((id) => world.tags.get(id)?.name ?? '');
}

test('a survey becomes attributes, these a segment, this a tag at WeChat; who leaves is in none of them', async () => {
  const { segments, people, tags } = town.services;
  const lin = await town.follower('Lin');
  const chen = await town.follower('Chen');
  for (const said of ['旅行偏好', '同意', '女士', '跳過', '杭州', '海邊', '9']) await lin.says(said);
  for (const said of ['旅行偏好', '同意', '先生']) await chen.says(said);
  await chen.leaves(); // in the middle of the form
  await town.turn({ minutes: 10 });
  await people.rebuild();

  const rule = await segments.readText('標記「旅行願望」有「海邊」');
  const saved = await segments.save({ id: 'sea', name: '想去海邊的', rule, by: 'ann' });
  expect((await segments.count(saved.rule)).people).toBe(1);
  await tags.mark('sea', '想去海邊');
  await tags.sync({ wechat: createTags({ client: town.app.client }) });
  expect(tagsOf('Lin')).toEqual(['想去海邊']);
  expect(tagsOf('Chen')).toEqual([]);

  await lin.leaves();
  await town.turn({ minutes: 10 });
  expect((await segments.count(saved.rule)).people).toBe(0);
});
