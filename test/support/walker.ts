import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Download, Locator, Page } from 'playwright-core';
import { escaped } from '../../src/kit/text';
import type { Seat } from './console-browser';

/** Screens that a person of the team sits at. */
export const screens = [
  ['a desktop', { width: 1280, height: 900 }, 'wide'],
  ['a phone', { width: 390, height: 844 }, 'phone'],
] as const;

/** Pictures for the eye, kept when `SHOTS` names a folder. */
export async function shot(page: Page, name: string): Promise<void> {
  const folder = process.env['SHOTS'];
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

/** A person at her screen, who knows nothing but what she sees. `pictures`: how her pictures are called. */
export function walker({ page, problems, agreed }: Seat, url: string, pictures: string) {
  const seen = (locator: Locator) => locator.filter({ visible: true });
  /** A star after a label says that it must be filled in. */
  const labelOf = (label: string | RegExp) =>
    typeof label === 'string' ? new RegExp(`^\\s*${escaped(label)}\\s*\\*?\\s*$`) : label;
  const labelled = (label: string | RegExp, within: Locator | Page = page) =>
    seen(
      within.getByLabel(labelOf(label)).or(within.getByRole('combobox', { name: labelOf(label) })),
    ).first();
  const named = (role: 'button' | 'link', label: string | RegExp, within: Locator | Page = page) =>
    seen(
      within.getByRole(role, { name: label, ...(typeof label === 'string' ? { exact: true } : {}) }),
    ).first();
  const toast = (text: string) => page.locator('#toasts').getByText(text).first();
  async function told(said: string): Promise<void> {
    await toast(said)
      .waitFor()
      .catch(async (error: unknown) => {
        const instead = seen(page.locator('.refusal, .invalid-feedback, #toasts > *'));
        throw new Error(`「${said}」 was not told, but: ${(await instead.allInnerTexts()).join('；')}`, {
          cause: error,
        });
      });
    await page.waitForLoadState();
  }
  const dialog = () => page.locator('dialog[open]');

  /** Reaches by a finger: nothing lies over it, and it is not beside the screen. */
  async function touches(target: Locator): Promise<void> {
    await target.click();
    const wide = await page
      .evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')
      .catch(() => 0); // gone to another page
    if (wide > 1) throw new Error(`${page.url()} is ${wide} px wider than the screen`);
  }

  return {
    page,
    toast,
    /** What a list, a card or a row holds that has these words. */
    row: (words: string | RegExp) => seen(page.locator('tbody tr').filter({ hasText: words })).first(),
    card: (title: string) =>
      seen(page.locator('.card, fieldset').filter({ has: page.getByText(title, { exact: true }) })).last(),
    /** By the address she knows, which is that of the first page. */
    comes: async () => void (await page.goto(`${url}/`)),
    /** By the menu; on a phone it is folded, and so are some of its headings. */
    async goes(group: string, entry: string): Promise<void> {
      const nav = page.locator('aside.side nav');
      if (!(await nav.isVisible())) await touches(page.locator('.side-brand'));
      const heading = nav
        .locator('details')
        .filter({ has: page.getByRole('heading', { name: group, exact: true }) });
      const link = heading.getByRole('link', { name: entry, exact: true });
      if (!(await link.isVisible())) await touches(heading.locator('summary'));
      await touches(link);
      await page.waitForLoadState();
    },
    async presses(label: string | RegExp, within?: Locator): Promise<void> {
      await touches(named('button', label, within));
    },
    /** Presses, and reads in the corner what was done. */
    async does(label: string | RegExp, said: string, within?: Locator): Promise<void> {
      await touches(named('button', label, within));
      await told(said);
    },
    async follows(label: string | RegExp, within?: Locator): Promise<void> {
      const from = page.url();
      await touches(named('link', label, within));
      await page.waitForURL((now) => now.href !== from);
      await page.waitForLoadState();
    },
    /** Opens what is folded. */
    async unfolds(label: string | RegExp, within: Locator | Page = page): Promise<void> {
      await touches(seen(within.locator('summary').filter({ hasText: label })).first());
    },
    fills: async (label: string | RegExp, text: string, within?: Locator) =>
      labelled(label, within).fill(text),
    chooses: async (label: string | RegExp, option: string, within?: Locator) =>
      void (await labelled(label, within).selectOption({ label: option })),
    ticks: async (label: string | RegExp, within?: Locator) => labelled(label, within).check(),
    /** Chooses a file of her computer. */
    brings: async (label: string | RegExp, file: { name: string; bytes: Buffer }, within?: Locator) =>
      labelled(label, within).setInputFiles({
        name: file.name,
        mimeType: 'application/octet-stream',
        buffer: file.bytes,
      }),
    sees: async (text: string | RegExp, within: Locator | Page = page) =>
      seen(within.getByText(text)).first().waitFor(),
    seesNot: async (text: string | RegExp, within: Locator | Page = page) =>
      seen(within.getByText(text)).first().waitFor({ state: 'detached' }),
    /** What stands on the page, in one line. */
    reads: async (within: Locator = page.locator('main')) =>
      (await within.innerText()).replaceAll(/\s+/g, ' '),
    dialog,
    /** Presses what asks first whether she is sure, and she is. */
    async agrees(label: string | RegExp, asked: string, said: string): Promise<void> {
      agreed.push(asked);
      await touches(named('button', label));
      await told(said);
    },
    /** What went wrong on her pages; a refusal that she was told is none, though the browser writes it down. */
    worries: () => problems.filter((one) => !/status of (400|409|422)/.test(one)),
    async takes(label: string | RegExp, within?: Locator): Promise<Download> {
      const coming = page.waitForEvent('download');
      await named('link', label, within).click();
      return coming;
    },
    picture: (step: string) => shot(page, `${pictures}-${step}`),
  };
}

export type Walker = ReturnType<typeof walker>;

export async function bytesOf(download: Download): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of await download.createReadStream()) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
