import { prizeNamed, sponsorNamed } from '../../../src/domain/campaigns/named';
import { aPrize, aQuiz } from '../quiz/a-quiz';

const quiz = aQuiz({
  sponsors: [{ id: 'banri', name: '半日茶鋪' }],
  prizes: [
    aPrize('cup', { kind: 'floor', every: 9 }, { name: '茶杯' }),
    aPrize('bag', { kind: 'floor', every: 7 }, { name: '登機箱' }),
    aPrize('bag2', { kind: 'floor', every: 5 }, { name: '登機箱' }),
  ],
});

test.each([
  ['cup', 'cup'],
  ['茶杯', 'cup'],
  [' 茶杯 ', 'cup'],
  ['bag', 'bag'],
])('「%s」 is the prize %s', (said, id) => expect(prizeNamed(quiz, said).id).toBe(id));

test('a sponsor is found by id and by name, in either script', () => {
  for (const said of ['banri', '半日茶鋪', '半日茶铺']) expect(sponsorNamed(quiz, said).id).toBe('banri');
});

test('who is not there is refused with those who are, and a name of two asks for the id', () => {
  expect(() => prizeNamed(quiz, 'tee')).toThrow('cup「茶杯」、bag「登機箱」');
  expect(() => sponsorNamed(quiz, 'nosuch')).toThrow('banri「半日茶鋪」');
  expect(() => prizeNamed(quiz, '登機箱')).toThrow('不只一個');
});
