import { fold, inScript, scriptOf } from '../../src/kit/text';

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
