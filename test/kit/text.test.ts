import { escaped, fold, inScript, scriptOf } from '../../src/kit/text';

test('Simplified readers get 着 where it is a particle and 著 where it is a word', () => {
  expect(inScript('接著看著名的景點，對著西湖', 'hans')).toBe('接着看著名的景点，对着西湖');
});

test('both scripts fold to the same keyword', () => {
  for (const [hant, hans] of [
    ['跟著走', '跟着走'],
    ['著名景點', '著名景点'],
    ['裡面', '里面'],
    ['臺灣', '台湾'],
    ['怎麼用', '怎么用'],
  ] as const)
    expect(fold(hant)).toBe(fold(hans));
});

test.each([
  ['連結收到了，謝謝分享', '链接收到了，谢谢分享'],
  ['名單：3 個號碼，雜湊 ab12', '名单：3 个号码，哈希值 ab12'],
  ['雜湊值：ab12', '哈希值：ab12'],
  ['聯絡：電郵 quiz@example.com', '联系：邮箱 quiz@example.com'],
  ['聯繫客服，或發簡訊', '联系客服，或发短信'],
  ['這會兒網路不通，軟體和螢幕都好', '这会儿网络不通，软件和屏幕都好'],
])('「%s」 is said in mainland words', (hant, hans) => {
  expect(inScript(hant, 'hans')).toBe(hans);
  expect(inScript(hant, 'hant')).toBe(hant);
});

test.each([
  ['土豆泥、番茄湯，辦手續的程序', '土豆泥、番茄汤，办手续的程序'],
  ['一座橋連結兩岸', '一座桥连结两岸'],
  ['水族館的軟體動物', '水族馆的软体动物'],
  ['電影片場，旅遊資訊公司的品質', '电影片场，旅游资讯公司的品质'],
  ['回覆「網路」看連結', '回复「网路」看链接'],
])('names and guides keep their words: 「%s」', (hant, hans) => {
  expect(inScript(hant, 'hans')).toBe(hans);
});

test('what is Simplified already stays as it is', () => {
  expect(inScript('什么时候去，怎么走', 'hans')).toBe('什么时候去，怎么走');
});

test('a character of both scripts proves neither', () => {
  expect(scriptOf('西湖著名')).toBeUndefined();
  expect(scriptOf('酒店')).toBeUndefined();
  for (const ordinary of ['退出', '查查', '真的？', '今年冬天', '回家', '糖'])
    expect(scriptOf(ordinary)).toBeUndefined();
  expect(scriptOf('天氣')).toBe('hant');
  expect(scriptOf('天气')).toBe('hans');
});

test.each(['', 'u', 'v'])('a text that was escaped means just itself, flag %p', (flag) => {
  for (const text of ['a-b', '.*+?^${}()|[]\\\\/', '3.5折', '[看看](https://a.b/c?d=e)'])
    expect(new RegExp(`^${escaped(text)}$`, flag).test(text)).toBe(true);
  expect(new RegExp(escaped('3.5'), flag).test('345')).toBe(false);
});
