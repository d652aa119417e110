import { readFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { type OpenTown, openTown } from '../support/console-browser';
import { plant } from '../support/console-planting';
import { shot } from '../support/walker';

let house: OpenTown;
beforeAll(async () => {
  house = await openTown();
  await plant(house);
}, 300_000);
afterAll(() => house.close());

/** Of pages that are alike (`/subscribers/:id`) so many are looked at, and so many with a query. */
const most = (route: string): number => (route === '/content/:kind' ? 6 : 2);

/** Every page that can be reached by links, from those that need nothing to be opened. Says which routes it came by. */
async function crawl(
  page: Page,
  look: (path: string, status: number) => Promise<void>,
): Promise<Set<string>> {
  const counts = new Map<string, number>();
  /** The page at an address; where two could be, the one with fewer places to fill, as the router has it. */
  const routeOf = (path: string): string | undefined => {
    const plain = path.split('?')[0] as string;
    const [item] = house.items
      .filter(
        ({ kind, path: route }) =>
          kind !== 'act' && new RegExp(`^${route.replaceAll(/:\w+/g, '[^/]+')}$`).test(plain),
      )
      .toSorted((a, b) => a.path.split(':').length - b.path.split(':').length);
    return item?.kind === 'page' ? item.path : undefined;
  };
  const seen = new Set<string>();
  const routes = new Set<string>();
  /* Of what is listed only some is looked at: these before all, for what only a draft has. */
  const drafts = ['/pushes/draft', '/surveys/draft'];
  const waiting = drafts.concat(
    house.items.flatMap((one) =>
      one.kind === 'page' && !one.path.includes(':') && one.asks.safeParse({}).success ? [one.path] : [],
    ),
  );
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    const route = routeOf(path);
    const kind = `${route}${path.includes('?') ? '?' : ''}`;
    const count = counts.get(kind) ?? 0;
    if (!route || seen.has(path) || count >= most(route)) continue;
    seen.add(path);
    counts.set(kind, count + 1);
    routes.add(route);
    const answer = await page.goto(house.url + path);
    await page.waitForLoadState('networkidle');
    await look(path, answer?.status() ?? 0);
    const links = await page.$$eval('a[href^="/"]', (all) =>
      all.map((one) => one.getAttribute('href') ?? ''),
    );
    waiting.push(...links.map((href) => href.split('#')[0] as string));
  }
  return routes;
}

const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
type Found = { id: string; impact: string; nodes: { html: string }[] };
const seriousOn = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const { axe: checker } = globalThis as unknown as { axe: { run(): Promise<{ violations: Found[] }> } };
    const { violations } = await checker.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .slice(0, 3)
            .map(({ html }) => html.slice(0, 160))
            .join(' | ')}`,
      );
  });

test.each([
  ['a desktop', { width: 1280, height: 900 }, 'wide'],
  ['a phone', { width: 390, height: 844 }, 'phone'],
] as const)(
  'on %s every page opens, runs nothing that somebody wrote, asks nobody else, fits, and can be used by all (K9, axe)',
  async (_, viewport, name) => {
    const { page, context, problems, id } = await house.at(['administrator'], viewport);
    await house.town.app.db.collection('tasks').updateMany({}, { $set: { who: id } });
    const wrong: string[] = [];
    const assets = await Promise.all(
      ['tabler.css', 'console.css', 'htmx.js', 'console.js', 'icon.svg'].map(async (one) =>
        brotliCompressSync(
          Buffer.from(await (await context.request.get(`${house.url}/assets/${one}`)).body()),
        ),
      ),
    );
    const loaded = assets.reduce((sum, one) => sum + one.length, 0);
    // A tool of ours, not of the page: the policy would not let it in.
    const routes = await crawl(page, async (path, status) => {
      if (status !== 200) wrong.push(`${path}: ${status}`);
      const html = await page.content();
      const kb = (loaded + brotliCompressSync(Buffer.from(html)).length) / 1_024;
      if (kb > 150) wrong.push(`${path}: ${kb.toFixed(0)} KB`);
      const wide = await page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      if (wide > 1) wrong.push(`${path}: ${wide} px too wide`);
      const ran = await page.evaluate(axe).then(() => seriousOn(page));
      wrong.push(...ran.map((one) => `${path}: ${one}`));
      await shot(page, `${name}${path.replaceAll(/[^A-Za-z0-9]+/g, '-')}`);
    });
    expect(wrong).toEqual([]);
    expect(problems).toEqual([]);
    const all = house.items.flatMap((one) => (one.kind === 'page' ? [one.path] : []));
    expect(all.filter((route) => !routes.has(route))).toEqual([]);
    await context.close();
  },
  1_200_000,
);

test('without a mouse: the first stop leads to the content, a menu entry opens, a dialog takes and gives back the focus', async () => {
  const { page, context, problems } = await house.at(['administrator']);
  await page.goto(`${house.url}/console/parts`);
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('跳到內容');
  await page.keyboard.press('Enter');
  expect(await page.evaluate('document.activeElement.id')).toBe('page');
  await page.focus('[data-opens="stop"]');
  await page.keyboard.press('Enter');
  expect(await page.evaluate('document.querySelector("dialog").open')).toBe(true);
  await page.keyboard.press('Escape');
  expect(await page.evaluate('document.activeElement.dataset.opens')).toBe('stop');
  // Its heading is folded, as what is opened seldom.
  await page.locator('nav summary', { hasText: '設定' }).focus();
  await page.keyboard.press('Enter');
  await page.focus('nav a[href="/team"]');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/team');
  expect(problems).toEqual([]);
  await context.close();
});

test('what was being written is there again after the tab was closed; a field says what is wrong, in Chinese', async () => {
  const { page, context } = await house.at(['administrator']);
  await page.goto(`${house.url}/console/parts`);
  await page.fill('#f-text', '寫到一半的幾行字');
  await page.click('form[data-draft] button.btn-primary');
  expect(await page.textContent('#why-name')).toBe('不能空著');
  await page.waitForTimeout(600);
  await page.close();
  const again = await context.newPage();
  await again.goto(`${house.url}/console/parts`);
  await again.click('.draft-bar .btn-warning');
  expect(await again.inputValue('#f-text')).toBe('寫到一半的幾行字');
  await again.fill('#f-name', '林');
  await again.click('form[data-draft] button.btn-primary');
  await again.waitForSelector('.toast-line');
  expect(await again.textContent('.toast-line')).toContain('收到「林」');
  expect(await again.$('.draft-bar')).toBeNull();
  await context.close();
});

test('the switch turns our own words, and leaves theirs', async () => {
  const { page, context } = await house.at(['administrator']);
  await page.goto(`${house.url}/console/parts`);
  await page.click('details.menu summary');
  await page.click('form[data-act="/me/script"] button');
  await page.waitForSelector('html[lang="zh-Hans"]');
  expect(await page.textContent('h1')).toBe('页面的零件');
  expect(await page.textContent('.bubble.hers')).toContain('杭州天氣');
  await context.close();
});
