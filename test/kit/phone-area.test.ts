import { areaOf } from '../../src/kit/phone-area';

test.each([
  ['13805710000', '浙江'],
  ['13800138000', '北京'],
  ['19912345678', undefined],
])('%s is of %s', async (mobile, area) => expect(await areaOf(mobile)).toBe(area));
