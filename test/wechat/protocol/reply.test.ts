import * as fc from 'fast-check';
import type { Message } from '../../../src/wechat/protocol/inbound';
import { buildReply, fitText, pagesOf, type Reply, replyProblem } from '../../../src/wechat/protocol/reply';
import { carried } from '../../../src/wechat/protocol/wire';
import { parseXml, parseXmlTheLongWay } from '../../../src/wechat/protocol/xml';

const envelope = { to: 'oDemoUserA', from: 'gh_demo0001', at: 1790000001 };
const common = { ToUserName: 'oDemoUserA', FromUserName: 'gh_demo0001' };

const examples: [string, Reply, object][] = [
  ['text', { kind: 'text', text: '你好' }, { MsgType: 'text', Content: '你好' }],
  ['image', { kind: 'image', mediaId: 'm1' }, { MsgType: 'image', Image: { MediaId: 'm1' } }],
  ['voice', { kind: 'voice', mediaId: 'm2' }, { MsgType: 'voice', Voice: { MediaId: 'm2' } }],
  [
    'video',
    { kind: 'video', mediaId: 'm3', title: '西湖' },
    { MsgType: 'video', Video: { MediaId: 'm3', Title: '西湖' } },
  ],
  [
    'music',
    { kind: 'music', thumbMediaId: 't1', title: '歌', url: 'https://travel.example/a.mp3' },
    {
      MsgType: 'music',
      Music: { Title: '歌', MusicUrl: 'https://travel.example/a.mp3', ThumbMediaId: 't1' },
    },
  ],
  ['transfer', { kind: 'transfer' }, { MsgType: 'transfer_customer_service' }],
  [
    'transfer to one agent',
    { kind: 'transfer', agent: 'amy@travel' },
    { MsgType: 'transfer_customer_service', TransInfo: { KfAccount: 'amy@travel' } },
  ],
];

test.each(examples)('a %s reply has the fields WeChat names', (_, reply, fields) => {
  const xml = buildReply(reply, { ...envelope, format: 'xml' });
  expect(parseXml(xml)).toEqual({ ...common, CreateTime: '1790000001', ...fields });
  const json = buildReply(reply, { ...envelope, format: 'json' });
  expect(JSON.parse(json)).toEqual({ ...common, CreateTime: 1790000001, ...fields });
});

test('a news reply counts its articles and lists them as items', () => {
  const reply: Reply = {
    kind: 'news',
    articles: [
      { title: '西湖', url: 'https://travel.example/1?a=1&b=2' },
      {
        title: '靈隱寺',
        description: '一日',
        picUrl: 'https://travel.example/p.jpg',
        url: 'https://travel.example/2',
      },
    ],
  };
  const items = [
    { Title: '西湖', Description: '', PicUrl: '', Url: 'https://travel.example/1?a=1&b=2' },
    {
      Title: '靈隱寺',
      Description: '一日',
      PicUrl: 'https://travel.example/p.jpg',
      Url: 'https://travel.example/2',
    },
  ];
  expect(parseXml(buildReply(reply, { ...envelope, format: 'xml' }))).toMatchObject({
    MsgType: 'news',
    ArticleCount: '2',
    Articles: { item: items },
  });
  expect(JSON.parse(buildReply(reply, { ...envelope, format: 'json' }))).toMatchObject({
    ArticleCount: 2,
    Articles: items,
  });
});

test('the XML of a text is exactly what the platform documents', () => {
  expect(buildReply({ kind: 'text', text: 'a]]>b' }, { ...envelope, format: 'xml' })).toBe(
    '<xml><ToUserName><![CDATA[oDemoUserA]]></ToUserName><FromUserName><![CDATA[gh_demo0001]]></FromUserName>' +
      '<CreateTime>1790000001</CreateTime><MsgType><![CDATA[text]]></MsgType>' +
      '<Content><![CDATA[a]]]]><![CDATA[>b]]></Content></xml>',
  );
});

test('line ends of every kind are written as line feeds', () => {
  const xml = buildReply({ kind: 'text', text: '一\r\n二\r三\n四' }, { ...envelope, format: 'xml' });
  expect(xml).toContain('<![CDATA[一\n二\n三\n四]]>');
});

/** What is left of a text after XML: it cannot carry everything, and a carriage return becomes a line feed. */
const afterXml = (text: string) => carried(text).replace(/\r\n?/g, '\n');

const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)), maxLength: 60 }), // lone surrogates too
  fc
    .array(
      fc.constantFrom(
        ']]>',
        ']]',
        '>',
        '<',
        '&',
        '</Content>',
        '<![CDATA[',
        '\0',
        '\r',
        '\n',
        '\t',
        '🏮',
        '\ud83c',
        'שלום',
        '007',
        '1e5',
        ' ',
      ),
    )
    .map((all) => all.join('')),
);

test('any text that is said and echoed comes back the same', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      const xml = buildReply({ kind: 'text', text }, { ...envelope, format: 'xml' });
      expect(parseXml(xml)).toEqual({
        ...common,
        CreateTime: '1790000001',
        MsgType: 'text',
        Content: afterXml(text),
      });
      expect(parseXmlTheLongWay(xml)).toEqual(parseXml(xml));
    }),
    { numRuns: 1000 },
  );
});

test('2,048 characters of every kind come back the same', () => {
  const text = '一二🏮"\'\\<>&]]>\n\t '.repeat(200).slice(0, 2047);
  expect(parseXml(buildReply({ kind: 'text', text }, { ...envelope, format: 'xml' })).Content).toBe(
    afterXml(text),
  );
});

test('whatever is put into whatever field of a reply, the XML and the JSON stay whole', () => {
  const article = fc.record({ title: nasty, description: nasty, picUrl: nasty, url: nasty });
  const replies: fc.Arbitrary<Reply> = fc.oneof(
    fc.record({ kind: fc.constant('text' as const), text: nasty }),
    fc.record({ kind: fc.constant('image' as const), mediaId: nasty }),
    fc.record({ kind: fc.constant('video' as const), mediaId: nasty, title: nasty, description: nasty }),
    fc.record({ kind: fc.constant('music' as const), thumbMediaId: nasty, title: nasty, url: nasty }),
    fc.record({
      kind: fc.constant('news' as const),
      articles: fc.array(article, { minLength: 1, maxLength: 8 }),
    }),
    fc.record({ kind: fc.constant('transfer' as const), agent: nasty }),
  );
  fc.assert(
    fc.property(replies, nasty, (reply, to) => {
      const plain = buildReply(reply, { ...envelope, to: 'o', format: 'xml' });
      const shape = (text: string) => text.replace(/<!\[CDATA\[[^]*?\]\]>/g, '');
      expect(shape(plain)).not.toMatch(/[^A-Za-z0-9_<>/]/); // outside CDATA only our own names and numbers
      expect(() => parseXmlTheLongWay(buildReply(reply, { ...envelope, to, format: 'xml' }))).not.toThrow();
      expect(() => JSON.parse(buildReply(reply, { ...envelope, to, format: 'json' }))).not.toThrow();
    }),
    { numRuns: 500 },
  );
});

describe('what WeChat would not take is said in a sentence', () => {
  const article = { title: '西湖', url: 'https://travel.example/1' };
  const news = (count: number): Reply => ({
    kind: 'news',
    articles: Array.from({ length: count }, () => article),
  });

  test.each<[string, Reply, Message['kind'], string]>([
    ['a short text', { kind: 'text', text: '好' }, 'text', 'fits'],
    ['a text of 2,048 bytes', { kind: 'text', text: `${'字'.repeat(682)}ab` }, 'text', 'fits'],
    [
      'a text of 2,049 bytes',
      { kind: 'text', text: '字'.repeat(683) },
      'text',
      '2048 bytes, this one has 2049',
    ],
    ['an empty text', { kind: 'text', text: ' \n' }, 'click', 'not be empty'],
    ['an image without id', { kind: 'image', mediaId: '' }, 'text', "'image' needs a media id"],
    ['music without a thumbnail', { kind: 'music', thumbMediaId: '' }, 'text', 'thumbnail'],
    ['one article after a text', news(1), 'text', 'fits'],
    ['two articles after a text', news(2), 'text', 'at most 1 article, this one has 2'],
    ['two articles after a location', news(2), 'location', 'at most 1 article'],
    ['eight articles after a menu tap', news(8), 'click', 'fits'],
    ['eight articles after a follow', news(8), 'follow', 'fits'],
    ['nine articles after a scan', news(9), 'scan', 'at most 8 articles, this one has 9'],
    ['no article', news(0), 'click', 'needs an article'],
    [
      'an article without a link',
      { kind: 'news', articles: [{ title: '西湖', url: '' }] },
      'click',
      'title and a link',
    ],
    ['a transfer', { kind: 'transfer' }, 'text', 'fits'],
    ['a transfer to nobody', { kind: 'transfer', agent: '' }, 'text', 'names an agent'],
    ['a farewell', { kind: 'text', text: '再見' }, 'leave', 'nobody to read'],
    ['an answer to a report', { kind: 'text', text: '收到' }, 'massResult', 'nobody to read'],
  ])('%s', (_, reply, trigger, problem) => {
    expect(replyProblem(reply, trigger) ?? 'fits').toContain(problem);
  });
});

describe('a text that is too long', () => {
  test('in pages, each fits and every character is on one of them', () => {
    expect(pagesOf('第一行\n第二行\n第三行', 26)).toEqual(['第一行\n第二行', '第三行']);
    expect(pagesOf('', 26)).toEqual([]);
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 400 }),
        fc.integer({ min: 12, max: 300 }),
        (text, maxBytes) => {
          const pages = pagesOf(text, maxBytes);
          expect(Math.max(0, ...pages.map((page) => Buffer.byteLength(page)))).toBeLessThanOrEqual(maxBytes);
          expect(pages.join('').replace(/\s/gu, '')).toBe(text.replace(/\s/gu, ''));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('is left alone if it fits', () => {
    expect(fitText('字'.repeat(682))).toBe('字'.repeat(682));
  });

  test('ends after the last whole line, with an ellipsis', () => {
    expect(fitText('第一行\n第二行\n第三行', 26)).toBe('第一行\n第二行…');
  });

  test('ends after the last whole sentence if there is no line', () => {
    expect(fitText('先到西湖。再到靈隱寺。然後去河坊街吃飯', 48)).toBe('先到西湖。再到靈隱寺。…');
  });

  test('is not cut inside an emoji made of several', () => {
    expect(fitText(`旅${'👨‍👩‍👧'.repeat(3)}`, 30)).toBe('旅👨‍👩‍👧…');
  });

  test('is not cut inside a link', () => {
    const link = '<a href="https://travel.example/hotels/1">訂房</a>';
    expect(fitText(`杭州酒店 ${link} ${link}`, 90)).toBe(`杭州酒店 ${link}…`);
    expect(fitText(`杭州酒店 ${link} ${link}`, 50)).toBe('杭州酒店…');
  });

  test.each([
    'https://wx.example.com/go/x?a=1&b=2;c=3',
    '<a href="https://wx.example.com/go/x?a=1&b=2">訂房</a>',
  ])('in pages, %s stands whole on one of them', (link) => {
    for (let before = 150; before < 340; before += 3) {
      const pages = pagesOf(`${'字'.repeat(before)} ${link} ${'字'.repeat(300)}`, 1_000);
      expect(pages.filter((page) => page.includes(link))).toHaveLength(1);
    }
  });

  test('always fits, stays whole and says that something is missing', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 400 }),
        fc.integer({ min: 3, max: 300 }),
        (text, maxBytes) => {
          const fitted = fitText(text, maxBytes);
          expect(Buffer.byteLength(fitted)).toBeLessThanOrEqual(maxBytes);
          expect(fitted).not.toMatch(/[\ud800-\udfff]/u);
          const isCut = fitted !== text;
          expect(fitted.endsWith('…') || !isCut).toBe(true);
          expect(text.startsWith(isCut ? fitted.slice(0, -1) : fitted)).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});
