import { isSameLogin, isSamePerson, signed } from '../../src/kit/signed';

test('the login of the machine is kept beside the name that was said', () => {
  expect(signed('小林', 'deploy')).toBe('小林（登錄 deploy）');
  expect(signed('deploy', 'deploy')).toBe('deploy');
  for (const nothing of ['', '  ', '\u200b']) expect(signed(nothing, 'deploy')).toBe('deploy');
  // Nobody says whose keyboard it was.
  expect(signed('小林（登錄 root）', 'deploy')).toBe('小林（登錄 deploy）');
});

test('one person is not two, however she writes her name and wherever she sits', () => {
  const her = signed('Lin', 'deploy');
  for (const name of ['Lin', ' lin ', 'ＬＩＮ', 'L i n', 'Lin\u200b'])
    for (const login of ['deploy', 'root']) expect(isSamePerson(her, signed(name, login))).toBe(true);
  expect(isSamePerson(signed('陳國強', 'a'), signed('陈国强', 'a'))).toBe(true);
  expect(isSamePerson(her, signed('Chen', 'deploy'))).toBe(false);
  expect(isSameLogin(her, signed('Chen', 'deploy'))).toBe(true);
  expect(isSameLogin(her, signed('Chen', 'root'))).toBe(false);
  expect(isSameLogin(her, signed('', 'deploy'))).toBe(true);
});
