import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import type { Role } from '../../src/domain/team/rights';
import { freePort } from './rig';
import { teammate } from './teammate';
import { createTown, type Town, type TownOptions } from './town';

/** A town whose console is open to real browsers. */
export async function openTown(options: TownOptions = {}) {
  const port = await freePort();
  const town = await createTown({
    ...options,
    settings: { ...options.settings, CONSOLE_PORT: String(port) },
  });
  const inside = town.app.console();
  await inside.listen(port, '127.0.0.1');
  const url = `http://127.0.0.1:${port}`;
  const browser: Browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  let n = 0;

  return {
    town,
    url,
    items: inside.items,
    browser,
    /** Somebody of the team with these roles, signed in at a screen of her own. `problems`: what went wrong on her pages. */
    async at(roles: Role[], viewport = { width: 1280, height: 900 }): Promise<Seat> {
      const login = `${roles[0]}-${++n}`;
      const name = `${roles[0]}-${n}`;
      const { id, session } = await teammate(town.services.team, { login, name, roles });
      const context = await browser.newContext({ viewport, locale: 'zh-TW' });
      await context.addCookies([{ name: 'xiaoyi', value: session, url }]);
      const page = await context.newPage();
      page.setDefaultTimeout(10_000);
      const problems: string[] = [];
      page.on('pageerror', (error) => problems.push(`${page.url()}: ${String(error)}`));
      page.on(
        'console',
        (message) => message.type() === 'error' && problems.push(`${page.url()}: ${message.text()}`),
      );
      const agreed: string[] = [];
      page.on('dialog', (dialog) => {
        const expected = agreed.findIndex((words) => dialog.message().includes(words));
        if (expected >= 0) {
          agreed.splice(expected, 1);
          return void dialog.accept();
        }
        problems.push(`${page.url()}: a dialog says ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on('request', (request) => {
        if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url()))
          problems.push(`${page.url()} asked ${request.url()}`);
      });
      return { page, context, problems, agreed, login, name, id };
    },
    async close(): Promise<void> {
      await browser.close();
      await inside.close();
      await town.close();
    },
  };
}

/** `agreed`: questions of the page that she will say yes to, each once; any other is a problem. */
export type Seat = {
  page: Page;
  context: BrowserContext;
  problems: string[];
  agreed: string[];
  login: string;
  name: string;
  id: string;
};
export type OpenTown = Awaited<ReturnType<typeof openTown>> & { town: Town };
