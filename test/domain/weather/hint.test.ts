import { clothingHint, type HintFor } from '../../../src/domain/weather/hint';
import { beaufort, ofQweather, ofWmo, windWords } from '../../../src/domain/weather/words';

const plain: HintFor = { low: 18, high: 24, feelsBy: 0, texts: ['多雲'], windLevel: 2 };

test.each<[string, Partial<HintFor>, RegExp]>([
  ['a heat wave', { low: 30, high: 38 }, /^酷熱.*多喝水/],
  ['a summer day', { low: 26, high: 32 }, /^天熱，短袖.*防曬。$/],
  ['a warm day', { low: 21, high: 27 }, /^溫暖/],
  ['a mild day', { low: 16, high: 22 }, /^舒適/],
  ['an autumn day', { low: 11, high: 17 }, /^微涼.*風衣/],
  ['a raw day', { low: 7, high: 12 }, /^偏冷，毛衣/],
  ['a cold day', { low: 1, high: 7 }, /^冷.*薄羽絨/],
  ['a day of frost', { low: -8, high: 0 }, /^很冷，羽絨服/],
  ['Harbin in January', { low: -24, high: -14 }, /^嚴寒/],
  ['wind that makes it colder', { low: 11, high: 15, feelsBy: -4 }, /^偏冷/],
  ['light rain', { rain: 2, texts: ['多雲', '小雨'] }, /。帶把傘。$/],
  ['rain that only the words know', { texts: ['陣雨'] }, /帶把傘/],
  ['much rain', { rain: 30, texts: ['中雨'] }, /防水的鞋/],
  ['a thunderstorm', { rain: 8, texts: ['雷陣雨'] }, /有雷雨，帶傘/],
  ['snow', { low: -5, high: 0, rain: 3, texts: ['小雪'] }, /防滑的鞋。$/],
  ['a gale', { windLevel: 7 }, /風很大/],
  ['dust', { texts: ['揚沙'] }, /口罩/],
  ['fog', { texts: ['濃霧'] }, /有霧/],
  ['a wide range of the day', { low: 8, high: 22 }, /早晚溫差有 14°C/],
])('%s', (_what, day, words) => {
  expect(clothingHint({ ...plain, ...day })).toMatch(words);
});

test('nothing is added to a plain day, and at most two things to any', () => {
  expect(clothingHint(plain)).toBe('舒適，長袖襯衫或薄針織衫正合適。');
  const wild = clothingHint({ low: 0, high: 20, feelsBy: -3, texts: ['大雨', '霾'], rain: 40, windLevel: 8 });
  expect(wild.match(/。/g)).toHaveLength(3);
});

test.each([
  ['雨', [51, 53, 55, 56, 57, 61, 63, 65, 66, 67, 80, 81, 82, 95, 96, 99]],
  ['雪', [71, 73, 75, 77, 85, 86]],
  ['霧', [45, 48]],
  ['晴', [0, 1]],
])('every WMO code of %s is said so', (word, codes) => {
  for (const code of codes) expect(ofWmo(code)).toContain(word);
});

test('a WMO code nobody knows is some cloud, not a failure', () => {
  expect(ofWmo(12)).toBe('多雲');
});

test('an icon newer than our table keeps the words that came with it', () => {
  expect(ofQweather(502, '霾(簡)')).toBe('霾');
  expect(ofQweather(777, '龍捲風')).toBe('龍捲風');
});

test.each([
  [0.5, 0],
  [5, 1],
  [6, 2],
  [14.2, 3],
  [28, 4],
  [39, 6],
  [200, 12],
])('%d km/h is force %d', (kmh, level) => {
  expect(beaufort(kmh)).toBe(level);
});

test.each([
  [0, 3, '北風 3 級'],
  [350, 2, '北風 2 級'],
  [48, 3, '東北風 3 級'],
  [270, 5, '西風 5 級'],
  [-999, 2, '風向不定 2 級'],
  [90, 0, '靜風'],
])('wind from %d° of force %d is %s', (degrees, level, words) => {
  expect(windWords(degrees, level)).toBe(words);
});
