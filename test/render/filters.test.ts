import { Liquid } from 'liquidjs';
import { addFilters } from '../../src/render/filters';

test.each([
  [0.996, '1 公里'],
  [9.96, '10 公里'],
  [0.3504, '350 米'],
])('%d km is said as %s', (km, words) => {
  expect(addFilters(new Liquid()).parseAndRenderSync('{{ km | distance }}', { km })).toBe(words);
});
