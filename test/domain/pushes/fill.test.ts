import {
  addressesIn,
  brokenAddressesIn,
  brokenMarksIn,
  type Filling,
  fill,
  variablesIn,
} from '../../../src/domain/pushes/fill';

const filling = (more: Partial<Filling> = {}): Filling => ({
  values: { 名字: '阿珍', 城市: '杭州' },
  script: 'hant',
  link: (url) => `https://go.example.com/${url.length}`,
  anchors: true,
  ...more,
});
const filled = (text: string, more?: Partial<Filling>) => fill(text, filling(more));

test('a value that she has stands in the words, else what is written for it, else she is skipped', () => {
  expect(filled('{名字}，去{城市|海邊}嗎？')).toEqual({ text: '阿珍，去杭州嗎？' });
  expect(filled('{名字|朋友}，去{城市|海邊}嗎？', { values: {} })).toEqual({ text: '朋友，去海邊嗎？' });
  expect(filled('{名字|}你好', { values: {} })).toEqual({ text: '你好' });
  expect(filled('{名字}，你好', { values: {} })).toEqual({ missing: '名字' });
  expect(variablesIn('{名字}、{城市|海邊}')).toEqual([
    { name: '名字', hasDefault: false },
    { name: '城市', hasDefault: true },
  ]);
});

test('links are tracked, with words around them where the route knows <a>', () => {
  const text = '[看看](https://a.example.com/x)，或 https://b.example.com';
  expect(addressesIn(text)).toEqual(['https://a.example.com/x', 'https://b.example.com']);
  expect(filled(text)).toEqual({
    text: '<a href="https://go.example.com/23">看看</a>，或 https://go.example.com/21',
  });
  expect(filled(text, { anchors: false })).toEqual({
    text: '看看 https://go.example.com/23，或 https://go.example.com/21',
  });
});

test.each([
  [
    '[去杭州看看](https://a.example.com/去杭州)',
    ['https://a.example.com/去杭州'],
    '<a href="#1">去杭州看看</a>',
  ],
  ['https://a.example.com/a灣/雲南.html?q=遊', ['https://a.example.com/a灣/雲南.html?q=遊'], '#1'],
  [
    '看 https://a.example.com/遊記 和 https://a.example.com/p?c=雲南，好嗎',
    ['https://a.example.com/遊記', 'https://a.example.com/p?c=雲南'],
    '看 #1 和 #2，好吗',
  ],
  ['看https://a.example.com/x我們等你', ['https://a.example.com/x'], '看#1我们等你'],
  ['{城市|https://a.example.com/x}見', [], '杭州见'],
])('the link of %s is the one that was written, in either script', (text, urls, said) => {
  const link = (url: string) => `#${urls.indexOf(url) + 1}`;
  expect(addressesIn(text)).toEqual(urls);
  expect(filled(text, { link, script: 'hans' })).toEqual({ text: said });
});

test('an address that holds a variable is found', () => {
  expect(brokenAddressesIn('看 https://a.example.com/?p={積分|0}')).toEqual(['https://a.example.com/?p=']);
  expect(brokenAddressesIn('[看](https://a.example.com/{城市})')).toEqual(['https://a.example.com/{城市}']);
  expect(brokenAddressesIn('https://a.example.com/{城市}')).toEqual(['https://a.example.com/']);
  expect(
    brokenAddressesIn('https://a.example.com，{名字|朋友}；[{城市|海邊}](https://b.example.com)'),
  ).toEqual([]);
});

test.each([
  ['[短](travel.example.com/b)', '「[短](travel.example.com/b)」不會變成連結'],
  ['[看]（https://a.example.com）', '「[看]（https://a.example.com）」不會變成連結'],
  ['[看](https://a.example.com/ x)', '不會變成連結'],
  ['{城市|杭州', '「{城市|杭州」：大括號沒有寫完'],
  ['去{城市|杭州嗎？\n{名字|朋友}', '「{城市|杭州嗎？」：大括號沒有寫完'],
  ['｛城市｝見', '大括號沒有寫完'],
])('%s is neither link nor variable, and would be read as it stands', (text, told) => {
  expect(brokenMarksIn(text)[0]).toContain(told);
});

test('links, variables and other brackets are sound', () => {
  const text =
    '{名字|朋友}，[{城市|海邊}](https://a.example.com/x)、https://b.example.com，[重要] 看（這裡）[1]';
  expect(brokenMarksIn(text)).toEqual([]);
});

test('a value is words: no link, no markup, no variable of its own', () => {
  const values = { 名字: '<b>[贏](https://evil.example.com) {城市} https://evil.example.com' };
  const { text } = filled('{名字}！', { values }) as { text: string };
  expect(text).not.toMatch(/evil|[<>[\]{}]/);
});

test('she reads her script; words for everybody stay as they are', () => {
  expect(filled('歡迎去{城市}', { script: 'hans' })).toEqual({ text: '欢迎去杭州' });
  const { script: _, ...forAll } = filling();
  expect(fill('歡迎去海邊', forAll)).toEqual({ text: '歡迎去海邊' });
});
