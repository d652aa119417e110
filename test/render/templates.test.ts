import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkMenu, loadHandlers } from '../../src/bot/discover';
import { root } from '../../src/kit/root';
import { inScript } from '../../src/kit/text';
import { createMailRender } from '../../src/render/mails';
import { createRender } from '../../src/render/render';
import { replyProblem } from '../../src/wechat/protocol/reply';

const templates = join(root, 'templates');
const { render, names } = createRender();
const mails = createMailRender();
const sampleOf = (name: string): object =>
  JSON.parse(readFileSync(join(templates, 'samples', `${name}.json`), 'utf8')) as object;

test.each(names)('%s can be filled from its sample, and WeChat takes it in both scripts', (name) => {
  expect(existsSync(join(templates, 'samples', `${name}.json`))).toBe(true);
  const reply = render(name, sampleOf(name));
  expect(replyProblem(reply, 'text')).toBeUndefined();
  if (reply.kind !== 'text') return;
  expect(reply.text).not.toMatch(/\{\{|\}\}|\{%|undefined|NaN|\[object/);
  expect(replyProblem({ kind: 'text', text: inScript(reply.text, 'hans') }, 'text')).toBeUndefined();
});

test.each(mails.names)('the mail %s can be filled from its sample, in both scripts', (name) => {
  const sample = sampleOf(`mail.${name}`);
  for (const data of [sample, { ...sample, qrcode: false }])
    for (const script of ['hant', 'hans'] as const) {
      const { subject, text, html } = mails.mail(name, data, script);
      expect(subject).toMatch(/^\S.{3,40}$/u);
      for (const part of [subject, text, html])
        expect(part).not.toMatch(/\{\{|\}\}|\{%|undefined|NaN|\[object/);
      // Nothing is fetched when it is opened: who reads it tells nobody.
      expect(html).not.toMatch(/<(?:script|link|iframe)|src="(?!cid:)/);
    }
});

test('a process that stands still for a moment while it fills a template fills it all the same', () => {
  const slow = {
    ...sampleOf('quiz-left'),
    get play() {
      for (const until = Date.now() + 250; Date.now() < until; );
      return { points: 35 };
    },
  };
  expect(render('quiz-left', slow)).toMatchObject({ text: expect.stringContaining('35') });
});

/** As long as the importer lets a text be; every character three bytes. */
const long = (most: number) => '長'.repeat(most);
const hotel = {
  name: long(80),
  stars: 5,
  priceFen: 99_999_900,
  priceOn: '2026-11-22',
  priceSource: long(80),
  link: `https://an-account-with-a-long-name.example.com/go/${'a'.repeat(95)}.${'b'.repeat(16)}`,
};

test.each([
  [
    'sights',
    {
      ...sampleOf('sights'),
      sights: Array.from({ length: 5 }, () => ({
        name: long(80),
        intro: long(1000),
        hours: long(300),
        tickets: long(300),
        updatedOn: '2026-11-22',
      })),
    },
  ],
  ['hotels', { ...sampleOf('hotels'), hotels: Array.from({ length: 5 }, () => hotel) }],
  [
    'nearby',
    {
      ...sampleOf('nearby'),
      where: long(60),
      hotels: Array.from({ length: 5 }, () => ({ ...hotel, km: 12.3 })),
    },
  ],
  ['hotel', { city: long(20), hotel: { ...hotel, tel: long(30), address: long(200) } }],
  ['channel', { words: long(550), survey: { title: long(30), keywords: [long(20)], points: 1000 } }],
  ['channel', { words: long(550), survey: null }],
  ['enquiry-kept', { from: '09:00', phone: '13800001111', words: long(300) }],
])('%s fits with the longest data that can be imported', (name, data) => {
  expect(replyProblem(render(name, data), 'text')).toBeUndefined();
});

test('every sample belongs to a template', () => {
  const samples = readdirSync(join(templates, 'samples')).map((file) => file.replace(/\.json$/, ''));
  const known = [...names, ...mails.names.map((name) => `mail.${name}`)];
  expect(samples.filter((name) => !known.includes(name))).toEqual([]);
});

test('a value that is missing is an error, never a gap', () => {
  const { place: _, ...lacking } = sampleOf('weather') as { place: string };
  expect(() => render('weather', lacking)).toThrow(/place/);
});

test('templates are written in Traditional, so that both scripts come out right', () => {
  const simplified = names.flatMap((name) => {
    const reply = render(name, sampleOf(name));
    const text =
      reply.kind === 'text' ? reply.text.replaceAll('「简体」', '').replaceAll('简体都行', '') : '';
    return /[这们说还为国来时会个东车门问间应点号码]/.test(text) ? [name] : [];
  });
  expect(simplified).toEqual([]);
});

test('every key of the default menu is claimed by a handler', () => {
  expect(() => checkMenu(loadHandlers())).not.toThrow();
});
