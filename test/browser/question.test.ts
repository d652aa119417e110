import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { createQuestionPages } from '../../src/domain/quiz/play/question-page';
import { question } from '../../src/http/h5/question';
import { createHttp } from '../../src/http/server';
import { createLog } from '../../src/kit/log';
import { createPages } from '../../src/render/pages';
import { aQuestion, aQuiz } from '../domain/quiz/a-quiz';

const picture = 'https://pictures.example.com/lake.svg';
const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 500"><rect width="800" height="500" fill="#cfe8f5"/>
<path d="M0 300 Q200 210 400 290 T800 270 V500 H0Z" fill="#7fb7a3"/><path d="M0 360 H800 V500 H0Z" fill="#5f9fc4"/>
<path d="M240 360 Q400 210 560 360" fill="none" stroke="#8a7763" stroke-width="26"/></svg>`;
const quiz = aQuiz({
  title: '與小藝一戰到底',
  timerSeconds: 30,
  sponsors: [{ id: 'book', name: '湖邊書店', words: '翻過這一頁，還有湖光。' }],
  questions: [
    aQuestion('bridge', {
      text: '這座橋在白娘子的故事裡出現過，冬天雪後遠看像是斷了一截。它叫什麼？',
      options: ['西泠橋', '斷橋', '長橋', '一座名字長得要換行才放得下的、為了看排版而寫的橋'],
      picture,
      sponsor: 'book',
    }),
  ],
});

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
});
afterAll(() => browser.close());

test.each(['hant', 'hans'] as const)('the page of a picture question fits a phone, in %s', async (script) => {
  const pages = { campaigns: { get: () => quiz }, publicUrl: '', key: 'k' };
  const questionPages = createQuestionPages(pages);
  const log = createLog({ level: 'silent', name: 'http' });
  const http = createHttp({
    callback: () => {},
    pages: [question],
    services: { questionPages },
    fill: createPages().page,
    verifyFolder: '',
    ready: async () => [],
    script: 'hant',
    log,
  });
  const url = `http://127.0.0.1:${await http.listen(0, '127.0.0.1')}`;
  const problems: string[] = [];
  const page = await browser.newPage({ viewport: { width: 375, height: 740 } });
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await page.route(picture, (route) => route.fulfill({ contentType: 'image/svg+xml', body: drawing }));
  await page.goto(url + questionPages.linkTo('q', { q: 'bridge', n: 3, order: [1, 3, 0, 2] }, script));
  expect(await page.locator('li').first().innerText()).toMatch(script === 'hant' ? /A\s+斷橋/ : /A\s+断桥/);
  expect(await page.evaluate('document.images[0].naturalWidth > 0')).toBe(true);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375);
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(17, 17, 17)');
  expect(await page.evaluate('getComputedStyle(document.querySelector("h1")).color')).toBe(
    'rgba(255, 255, 255, 0.85)',
  );
  await page.emulateMedia({ colorScheme: 'light' });
  const folder = process.env['SHOTS'];
  if (folder) {
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: join(folder, `question-${script}.png`) });
  }
  await page.close();
  await http.close();
  expect(problems).toEqual([]);
});
