import { lostByShuffling, withoutLetters } from '../../../src/domain/quiz/shuffled';
import { content, question } from './workbook/content';

const found = (options: string[], explanation?: string) =>
  lostByShuffling(
    content({ questions: [question('q1', { options, ...(explanation ? { explanation } : {}) })] }),
  ).map(({ reason }) => reason);

test.each([
  [['A. 杭州', 'B. 餘杭', 'C. 航州']],
  [['A.杭州', 'B.餘杭', 'C.航州']],
  [['A、杭州', 'B、餘杭', 'C、航州']],
  [['Ａ．杭州', 'Ｂ．餘杭', 'Ｃ．航州']],
  [['a) 杭州', 'b) 餘杭', 'c) 航州']],
  [['（A）杭州', '（B）餘杭', '（C）航州']],
  [['【A】杭州', '【B】餘杭', '【C】航州']],
  [['A：杭州', 'B: 餘杭', ' C ：航州']],
  [['A 杭州', 'B 餘杭', 'C\u3000航州']],
  [['1. 杭州', '2. 餘杭', '3. 航州']],
  [['1、杭州', '2、餘杭', '3、航州']],
  [['(1) 杭州', '(2) 餘杭', '(3) 航州']],
  [['①杭州', '②餘杭', '③ 航州']],
  [['⒈杭州', '⑵餘杭', '３．航州']],
])('%j lose what stands in front', (options) => {
  expect(withoutLetters(options)).toEqual(['杭州', '餘杭', '航州']);
});

test.each([
  [['杭州', '餘杭']],
  [['A. 杭州', '餘杭']],
  [['B. 杭州', 'A. 餘杭']],
  [['A 座', 'B 座']],
  [['A級', 'B級', 'C級']],
  [['1 個', '2 個', '3 個']],
  [['1.5 公里', '2.5 公里']],
  [['A.', 'B.']],
  [['1912年', '2008年']],
])('%j stay as they are', (options) => {
  expect(withoutLetters(options)).toBeUndefined();
});

test.each([
  ...[
    '以上皆是',
    '以上都不對',
    '以上都对',
    '以上皆非',
    '以上全部',
    '以上全都是',
    '以上答案都正確',
    '以上均不正確',
  ],
  ...[
    '以上選項都是',
    '上述皆可',
    '以上兩者',
    '以上三項都對',
    '前兩項',
    '前三者都對',
    '上面都是',
    '其他選項都不對',
  ],
  ...[
    '都是',
    '都不是',
    '全對',
    '皆可',
    '兩者都是',
    '全部都對',
    '全選',
    '沒有正確答案',
    '沒有一個對',
    '無正確答案',
  ],
  ...[
    'A和B',
    'A 與 C',
    'A、B',
    'a&b',
    'A跟B都對',
    'Ａ＋Ｂ',
    'A或C',
    'A、B、C',
    '選項A和選項B',
    'ABC都對',
    'A和B兩項',
  ],
  ...['同A', '選項 B', 'B項', '第一個和第三個', '「以上皆是」', '以上都是。'],
])('the option 「%s」 points at others', (option) => {
  expect(found(['青海', '甘肅', option])).toEqual([expect.stringContaining('指著別的選項')]);
});

test.each([
  ...[
    '以上海為起點',
    '上海',
    '海拔 3000 米以上',
    '都江堰',
    '全聚德',
    '都是山路的古道',
    '皆川',
    '前門',
    'AB 型',
    'CBA',
    'BBC',
  ],
  ...[
    'A380',
    '第一個朝代',
    '無錫',
    '全年',
    '沒有',
    '有',
    '上面是藍色',
    '和田',
    '甲和乙',
    '蘇州和杭州',
    'C 位',
    '后羿',
  ],
])('the option 「%s」 stands for itself', (option) => {
  expect(found(['青海', '甘肅', option])).toEqual([]);
});

test.each([
  ...[
    '所以選 B。',
    '故選B',
    '因此選（C）',
    '答案是 B',
    '正確答案：A',
    '正解 D',
    '選項 C 錯在年代',
    'B 項不對',
    'B 正確',
  ],
  ...['A選項說的是蘇州', 'B。因為莫高窟在甘肅', '應選Ｂ', '答案为b', '正確的是 B', '在甘肅，選「B」'],
])('the explanation 「%s」 names a letter', (explanation) => {
  expect(found(['青海', '甘肅'], explanation)).toEqual([expect.stringContaining('說了選項的字母')]);
});

test.each([
  ...[
    '莫高窟在甘肅。',
    '這裡的維生素 B 很多',
    'G20 峰會選在杭州',
    '是 5A 景區',
    '正確答案是甘肅',
    '入選 AAAAA 級景區',
  ],
  ...['他選擇 Apple 公司', '答案是 Beijing', '2008 年入選'],
])('the explanation 「%s」 names none', (explanation) => {
  expect(found(['青海', '甘肅'], explanation)).toEqual([]);
});

test('對 and 錯 keep their places, and so do questions about her; what is retired is asked no more', () => {
  const questions = [
    question('q1', { kind: 'truefalse', options: ['對', '錯'], explanation: '所以選 A' }),
    question('q2', { kind: 'profile', options: ['海邊', '山裡', '都可以'] }),
    question('q3', { options: ['一', '以上皆是'], retired: true }),
  ];
  expect(lostByShuffling(content({ questions }))).toEqual([]);
});
