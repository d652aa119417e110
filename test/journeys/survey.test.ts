import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSampleSurvey } from '../../src/domain/surveys/sample';
import { root } from '../../src/kit/root';
import { createTown, type Town } from '../support/town';

let town: Town;
beforeAll(async () => {
  town = await createTown();
  const { surveys } = town.services;
  const bytes = readFileSync(join(root, 'src/simulator/sample/survey.json'));
  const file = { name: 'survey.json', bytes };
  for (let twice = 0; twice < 2; twice++)
    await startSampleSurvey({ surveys, takenBy: () => undefined, file });
});
afterAll(() => town.close());

test('what she answered makes her part of a segment; when she left it is gone, and coming back is not paid again', async () => {
  const { segments, people, surveys } = town.services;
  expect(await surveys.list()).toMatchObject([{ _id: 'travel', state: 'started', version: 1 }]);
  const rule = await segments.readText('同時（答完問卷「travel」；標記「旅行願望」有「海邊」）');
  const count = async () => {
    await people.rebuild();
    return (await segments.count(rule)).people;
  };
  const lin = await town.follower('Lin');
  for (const said of ['旅行偏好', '同意', '女士', '跳過', '紫色暗號', '海邊']) await lin.says(said);
  expect(await lin.says('9')).toContain('送你 20 分');
  expect(await count()).toBe(1);

  await lin.leaves();
  await town.turn({ minutes: 10 });
  expect(await count()).toBe(0);
  expect(await surveys.results('travel')).toMatchObject({ people: 0 });

  await lin.follows();
  for (const said of ['旅行偏好', '同意', '女士', '跳過', '杭州', '海邊']) await lin.says(said);
  const done = await lin.says('9');
  expect(done).toContain('記下了');
  expect(done).not.toContain('送你');
});
