import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { createStage, type Stage } from '../simulator/stage';
import { until } from '../support/processes';
import { words } from '../support/stub-account';

const menu = [
  {
    name: '住哪裡',
    sub_button: [
      { name: '附近酒店', type: 'location_select', key: 'NEARBY' },
      { name: '天氣', type: 'click', key: 'WEATHER' },
    ],
  },
  { name: '幫助', type: 'click', key: 'HELP' },
];
const hotel =
  '<MsgType>news</MsgType><ArticleCount>1</ArticleCount><Articles><item><Title>湖濱示例酒店</Title><Description>距你 320 米 · 四星</Description><PicUrl>https://elsewhere.example/a.jpg</PicUrl><Url>https://example.com/hotel</Url></item></Articles>';

const brackets = Array.from(
  { length: 12 },
  (_, n) => `${'字'.repeat(n)}得到「二十吋登機箱（示例）」就開始（11月（冬）21日）`,
).join('\n');

let browser: Browser;
let stage: Stage;
let page: Page;
let problems: string[];

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
});
afterAll(() => browser.close());

const open = async (width: number, height: number) => {
  stage = await createStage({ accountName: '小藝旅行', callbacks: { timeoutMs: 2000 } });
  await stage.newToken();
  await stage.post('/cgi-bin/menu/create', { button: menu });
  stage.stub.answers(({ fields }) => {
    if (fields['Event'] === 'subscribe')
      return '歡迎!<b>粗</b>\n<a href="weixin://bizmsgmenu?msgmenucontent=杭州天氣&msgmenuid=1">看天氣</a>,<a href="https://example.com/rules">規則</a>';
    if (fields['Content'] === '人工') return { inner: '<MsgType>transfer_customer_service</MsgType>' };
    if (fields['Content'] === '壞') return { raw: '{}' };
    if (fields['Content'] === '括號') return brackets;
    if (fields['MsgType'] === 'location') return { inner: hotel };
    if (fields['MsgType'] === 'text') return `收到「${words(fields['Content'])}」`;
    return fields['Event'] === 'CLICK' ? `菜單 ${words(fields['EventKey'])}` : { raw: 'success' };
  });
  problems = [];
  page = await browser.newPage({ viewport: { width, height } });
  page.setDefaultTimeout(5000);
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('request', (request) => {
    if (!request.url().startsWith(stage.url) && !/^(data|blob):/.test(request.url()))
      problems.push(request.url());
  });
  await page.goto(stage.url);
};
/** Pictures for the eye, kept when `SHOTS` names a folder. */
const shot = async (name: string) => {
  const folder = process.env['SHOTS'];
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
};
/** The page lets nobody evaluate texts within it, so it is asked from outside. */
const comesTrue = (expression: string) =>
  until(() => page.evaluate<boolean>(expression), { what: expression, withinMs: 5_000 });
const chat = (text: string) => page.locator('#chat').getByText(text);
const button = (name: string) => page.getByRole('button', { name, exact: true });
const say = async (text: string) => {
  await page.getByLabel('說點什麼').fill(text);
  await page.keyboard.press('Enter');
};

afterEach(async () => {
  await page.close();
  await stage.close();
});

describe('on a phone of 375 points', () => {
  beforeEach(() => open(375, 740));

  test('who is given a tag sees its menu at once, and after a reload', async () => {
    await button('關注公眾號').click();
    await chat('歡迎!<b>粗</b>').waitFor();
    await button('打開菜單').click();
    await page.locator('#foot').getByText('幫助').waitFor();
    const { tag } = (await stage.post('/cgi-bin/tags/create', { tag: { name: '老客人' } })) as {
      tag: { id: number };
    };
    const gift = [{ name: '禮物', type: 'click', key: 'GIFT' }];
    await stage.post('/cgi-bin/menu/addconditional', { button: gift, matchrule: { tag_id: String(tag.id) } });
    const openids = stage.sim.world.phones().flatMap((one) => (one.following ? [one.openid] : []));
    await stage.post('/cgi-bin/tags/members/batchtagging', { openid_list: openids, tagid: tag.id });
    await page.locator('#foot').getByText('禮物').click();
    await chat('菜單 GIFT').waitFor();
    await page.reload();
    await page.locator('#foot').getByText('禮物').waitFor();
    expect(await page.locator('#foot').getByText('幫助').count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test('a newcomer follows, taps a link, sends where she is and taps the menu', async () => {
    await button('關注公眾號').click();
    await chat('歡迎!<b>粗</b>').waitFor();
    expect(await page.locator('#chat').getByText('規則').getAttribute('href')).toBe(
      'https://example.com/rules',
    );
    await button('看天氣').click();
    await chat('收到「杭州天氣」').waitFor();
    expect(stage.stub.asked.at(-1)?.fields).toMatchObject({ bizmsgmenuid: '1' });

    await page.locator('.hint', { hasText: '發位置' }).click();
    await page.getByLabel('搜尋地點').fill('西湖');
    await shot('375-place');
    await button('發送位置').click();
    await chat('湖濱示例酒店').waitFor();
    expect(stage.stub.asked.at(-1)?.fields).toMatchObject({ MsgType: 'location', Location_X: '30.2613' });
    await shot('375-chat');

    await button('打開菜單').click();
    await button('住哪裡').click();
    await shot('375-menu');
    await button('附近酒店').click();
    await button('發送位置').click();
    await chat('從菜單選了位置').waitFor();
    await page.locator('#foot').getByText('幫助').click();
    await chat('菜單 HELP').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375);

    const toEnd =
      '(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)(document.getElementById("chat"))';
    await page.setViewportSize({ width: 375, height: 420 });
    await comesTrue(`${toEnd} < 2`);
    await page.reload();
    await chat('菜單 HELP').waitFor();
    await comesTrue(`${toEnd} < 2`);

    await button('更多').click();
    await button('取消關注').click();
    await button('關注公眾號').waitFor();
    expect(problems).toEqual([]);
  });

  test('she sees the banner, the agent, the picture she sent, and the XML of it all', async () => {
    await button('關注公眾號').click();
    await chat('歡迎').waitFor();
    await say('壞');
    await chat('該公眾號提供的服務出現故障，請稍後再試').waitFor();
    await say('人工');
    await chat('已轉給人工客服').waitFor();
    await button('更多功能').click();
    await shot('375-plus');
    await page.locator('#plus').getByText('圖片').click();
    await page.getByLabel('選一張圖片').waitFor();
    await shot('375-image');
    await page.locator('.album button').first().click();
    await page.locator('.mine .picture img').waitFor();
    await button('XML').click();
    const wires = page.locator('#wires');
    await wires.getByText('人工').first().click();
    await wires.getByText('微信送出（明文）').first().waitFor();
    await shot('375-xml');
    const text = await wires.innerText();
    expect(text).toContain('<MsgType>');
    expect(text).toContain('<Encrypt>');
    expect(text).toMatch(/狀態 200 · [\d.]+ 毫秒/);
    expect(problems).toEqual([]);
  });
});

describe('on a screen of 1280 points', () => {
  beforeEach(() => open(1280, 820));

  test('several fans chat beside each other, and what comes late is counted', async () => {
    await page.locator('.fan', { hasText: '阿珍' }).click();
    await button('關注公眾號').click();
    await chat('歡迎').waitFor();
    await page.getByPlaceholder('新粉絲的名字').fill('新來的');
    await button('新增').click();
    await button('關注公眾號').click();
    await chat('歡迎').waitFor();
    await stage.tell(stage.sim.fan('阿珍').openid, '您的房間準備好了');
    const row = page.locator('.fan', { hasText: '阿珍' });
    await row.getByText('您的房間準備好了').waitFor();
    expect(await row.locator('i').innerText()).toBe('1');
    await row.click();
    await chat('您的房間準備好了').waitFor();
    await chat('客服消息').waitFor();
    await shot('1280-chat');
    expect(problems).toEqual([]);
  });

  test('the clock is turned to tomorrow morning, and by what is typed', async () => {
    await button('到明早 9 點').click();
    await page.locator('#clock').getByText('2026 年 11 月 24 日').waitFor();
    expect(await page.locator('#clock').innerText()).toContain('09:00');
    await page.getByLabel('調到這個時間').fill('2026-12-01 20:30');
    await button('調到').click();
    await page.locator('#clock').getByText('2026 年 12 月 1 日').waitFor();
    expect(await page.locator('#clock').innerText()).toContain('20:30');
    await shot('1280-clock');
  });
});

type Box = Record<'left' | 'right' | 'top' | 'bottom', number>;

describe.each([
  [375, 740],
  [1280, 820],
])('to the eye, at %i points', (width, height) => {
  beforeEach(async () => {
    await open(width, height);
    await button('關注公眾號').click();
    await chat('歡迎').waitFor();
  });
  const middleOf = async (selector: string): Promise<number> => {
    const box = await page.locator(selector).boundingBox();
    return box ? box.x + box.width / 2 : Number.NaN;
  };
  const styleOf = (selector: string, name: string): Promise<string[]> =>
    page
      .locator(selector)
      .evaluateAll(
        (all, property) =>
          all.map((one) => one.ownerDocument.defaultView?.getComputedStyle(one)[property as 'color'] ?? ''),
        name,
      );

  test('the title stands in the middle, and every hint can be clicked without scrolling', async () => {
    expect(Math.abs((await middleOf('.bar-title')) - (await middleOf('#phone')))).toBeLessThan(1);
    const strip = await page
      .locator('#hints')
      .evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth);
    expect(strip).toBe(0);
    await page.locator('.hint', { hasText: '一戰到底' }).click();
    await chat('收到「一戰到底」').waitFor();
  });

  test('no two fans have one colour', async () => {
    const colours = await styleOf('.fan .face', 'backgroundColor');
    expect(colours).toHaveLength(3);
    expect(new Set([...colours, 'rgb(7, 193, 96)']).size).toBe(4);
  });

  test('short brackets, and those of the XML, stay on one line', async () => {
    await say('括號');
    await chat('字得到').first().waitFor();
    const linesOf = (selector: string) =>
      page.locator(selector).evaluateAll((all) => all.map((one) => one.getClientRects().length));
    const spoken = await linesOf('#chat .whole');
    expect(spoken).toHaveLength(24);
    expect(new Set(spoken)).toEqual(new Set([1]));
    if (width < 1100) await button('XML').click();
    const shown = await linesOf('#wires .whole');
    expect(shown.length).toBeGreaterThan(10);
    expect(new Set(shown)).toEqual(new Set([1]));
  });

  test('the map has names, and none covers another', async () => {
    await page.locator('.hint', { hasText: '發位置' }).click();
    const boxes = await page
      .locator('.atlas text')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON() as Box));
    expect(boxes.length).toBeGreaterThan(18);
    // A box is a little higher than what is written in it.
    const covered = boxes.filter((a, n) =>
      boxes.some(
        (b, m) =>
          n < m &&
          a.left < b.right &&
          b.left < a.right &&
          a.top + 3 < b.bottom - 3 &&
          b.top + 3 < a.bottom - 3,
      ),
    );
    expect(covered).toEqual([]);
    await button('發送位置').click();
    await chat('示意圖').waitFor();
  });

  test('to leave is red', async () => {
    await button('更多').click();
    expect(await styleOf('#sheet .main', 'backgroundColor')).toEqual(['rgb(250, 81, 81)']);
  });

  test('the time that is proposed has not passed', async () => {
    const proposed = () => page.getByLabel('調到這個時間').getAttribute('placeholder');
    expect(Date.parse(`${(await proposed())?.replace(' ', 'T')}:00+08:00`)).toBeGreaterThan(
      stage.sim.world.clock.now(),
    );
    const before = await proposed();
    await stage.sim.turn(stage.sim.world.clock.now() + 3 * 86_400_000);
    await comesTrue(`document.querySelector('#turn-to input').placeholder > '${before}'`);
  });

  test('only a code that hangs somewhere is proposed', async () => {
    const scan = async () => {
      await button('更多功能').click();
      await page.locator('#plus').getByText('掃一掃').click();
    };
    await scan();
    expect(await page.getByLabel('二維碼的場景值').inputValue()).toBe('');
    await page.keyboard.press('Escape');
    const action_info = { scene: { scene_str: 'hotel-lobby' } };
    await stage.post('/cgi-bin/qrcode/create', { action_name: 'QR_LIMIT_STR_SCENE', action_info });
    await scan();
    expect(await page.getByLabel('二維碼的場景值').inputValue()).toBe('hotel-lobby');
  });

  test('whoever likes it dark has it dark, and can read it', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    for (const selector of [
      'body',
      '.phone',
      '.card',
      '.bubble',
      '.hint',
      '.foot',
      '.foot textarea',
      '#new-fan input',
      'pre',
    ]) {
      const [ground = ''] = await styleOf(selector, 'backgroundColor');
      const [ink = ''] = await styleOf(selector, 'color');
      const [dark, bright] = [ground, ink].map((colour) =>
        Math.max(...(colour.match(/\d+/g) ?? []).slice(0, 3).map(Number)),
      );
      expect([selector, dark]).toEqual([selector, expect.any(Number)]);
      expect(dark).toBeLessThan(64);
      expect(bright).toBeGreaterThan(120);
    }
    await shot(`${width}-dark`);
  });
});
