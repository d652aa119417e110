import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lackingIn, loadHandlers } from '../../src/bot/discover';
import { root } from '../../src/kit/root';

const menu: unknown = JSON.parse(readFileSync(join(root, 'templates', 'menu.json'), 'utf8'));
const rules = loadHandlers();

test('a menu is warned of the buttons that have nothing to answer from', () => {
  const names = lackingIn(menu, { rules, has: (need) => need === 'guides' || need === 'sights' });
  expect(names).toEqual([
    { name: '列车时刻', need: 'trains' },
    { name: '附近酒店', need: 'nearby' },
    { name: '酒店搜索', need: 'hotels' },
    { name: '天气', need: 'weather' },
    { name: '一战到底', need: 'quiz' },
  ]);
  expect(lackingIn(menu, { rules, has: () => true })).toEqual([]);
});
