import { openConsole, type TestConsole } from '../../support/console';
import { createTown, type Town } from '../../support/town';

let town: Town;
let desk: TestConsole;
beforeAll(async () => {
  town = await createTown({ sample: false });
  desk = openConsole(town);
});
afterAll(async () => {
  await desk.close();
  await town.close();
});

test('somebody of the team opens the first page, and the menu names what she may see', async () => {
  const mei = await desk.as('marketer');
  const html = await mei.reads('/');
  expect(html).toContain('<h1>今天</h1>');
  expect(html).toContain('aria-current="page"');
  expect((await mei.get('/nowhere')).status).toBe(404);
});
