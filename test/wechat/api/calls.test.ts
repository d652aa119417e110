import { createAccount } from '../../../src/wechat/api/account';
import { allows, capabilities, whyNot } from '../../../src/wechat/api/account-types';
import { createQrcodes } from '../../../src/wechat/api/qrcodes';
import { createUsers } from '../../../src/wechat/api/users';
import { type Server, secret, startServer } from './server';

let server: Server;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.stop());

test('what WeChat tells of a fan is read: since when, from which code, with which tags', async () => {
  server.answers['/cgi-bin/user/info'] = {
    subscribe: 1,
    openid: 'o1',
    language: 'zh_CN',
    subscribe_time: 1_790_000_000,
    unionid: 'u1',
    remark: '',
    groupid: 0,
    tagid_list: [2, 101],
    subscribe_scene: 'ADD_SCENE_QR_CODE',
    qr_scene: 0,
    qr_scene_str: 'store_88',
  };
  expect(await createUsers({ client: server.client() }).info('o1')).toEqual({
    openid: 'o1',
    follows: true,
    followedAt: new Date(1_790_000_000_000),
    unionid: 'u1',
    remark: '',
    tagIds: [2, 101],
    scene: 'ADD_SCENE_QR_CODE',
    qrScene: 'store_88',
  });
});

test('somebody who left is told apart by nothing but her openid', async () => {
  server.answers['/cgi-bin/user/info'] = { subscribe: 0, openid: 'o1' };
  const info = await createUsers({ client: server.client() }).info('o1');
  expect(info).toEqual({ openid: 'o1', follows: false, remark: '', tagIds: [] });
});

test('an answer of another shape is an error that names the field', async () => {
  server.answers['/cgi-bin/user/info'] = { subscribe: 1 };
  await expect(createUsers({ client: server.client() }).info('o1')).rejects.toThrow('openid');
});

test('a QR code is made for a scene, for 30 days at most, with the address of its picture', async () => {
  server.answers['/cgi-bin/qrcode/create'] = {
    ticket: 'gQ/+=',
    expire_seconds: 2_592_000,
    url: 'http://weixin.qq.com/q/x',
  };
  const qrcodes = createQrcodes({ client: server.client() });
  expect(await qrcodes.create('店門口', { expiresInS: 99_999_999 })).toEqual({
    ticket: 'gQ/+=',
    imageUrl: 'https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=gQ%2F%2B%3D',
    url: 'http://weixin.qq.com/q/x',
    expiresInS: 2_592_000,
  });
  expect(JSON.parse(server.calls('/cgi-bin/qrcode/create')[0]?.body ?? '')).toEqual({
    action_name: 'QR_STR_SCENE',
    expire_seconds: 2_592_000,
    action_info: { scene: { scene_str: '店門口' } },
  });
  await expect(qrcodes.create('')).rejects.toThrow('1-64');
  await expect(qrcodes.create('x'.repeat(65))).rejects.toThrow('1-64');
});

test('doctor can ask how WeChat reaches us, from where it calls, and what is left today', async () => {
  server.answers['/cgi-bin/callback/check'] = {
    dns: [{ ip: '192.0.2.7', real_operator: 'UNICOM' }],
    ping: [{ ip: '192.0.2.7', from_operator: 'UNICOM', package_loss: '0%', time: '23.079ms' }],
  };
  server.answers['/cgi-bin/getcallbackip'] = { ip_list: ['198.51.100.1', '198.51.100.0/25'] };
  server.answers['/cgi-bin/openapi/quota/get'] = {
    quota: { daily_limit: 500_000, used: 12, remain: 499_988 },
  };
  const account = createAccount({ client: server.client() });
  expect(await account.checkCallback()).toEqual({
    dns: [{ ip: '192.0.2.7' }],
    ping: [{ ip: '192.0.2.7', loss: '0%', time: '23.079ms' }],
  });
  expect(await account.callbackIps()).toEqual(['198.51.100.1', '198.51.100.0/25']);
  expect(await account.quota('/cgi-bin/message/custom/send')).toEqual({
    dailyLimit: 500_000,
    used: 12,
    remaining: 499_988,
  });
});

test('quotas can be cleared even when no token is to be had', async () => {
  server.answers['/cgi-bin/stable_token'] = { errcode: 45009, errmsg: 'reach max api daily quota limit' };
  const account = createAccount({ client: server.client() });
  await expect(account.clearQuota()).rejects.toThrow('45009');
  await account.clearQuota({ withSecret: true });
  expect(JSON.parse(server.calls('/cgi-bin/clear_quota/v2')[0]?.body ?? '')).toEqual({
    appid: 'wx0123456789abcdef',
    appsecret: secret,
  });
});

test('one table says what an account may do: codes and notices are for verified service accounts', () => {
  const verifiedService = { type: 'service', verified: true } as const;
  const subscription = { type: 'subscription', verified: true } as const;
  const unverified = { type: 'service', verified: false } as const;
  expect(capabilities(verifiedService).every((one) => one.allowed)).toBe(true);
  const refused = (['qrcodes', 'massByOpenid', 'oauth', 'notices', 'templateMessages'] as const).filter(
    (feature) => !allows(subscription, feature),
  );
  expect(refused).toHaveLength(5);
  expect(allows(subscription, 'customerMessages')).toBe(true);
  expect(
    capabilities(unverified)
      .filter((one) => one.allowed)
      .map((one) => one.feature),
  ).toEqual(['replies', 'readOldReplies', 'jssdk']);
  expect(whyNot(subscription, 'qrcodes')).toBe('帶參數二維碼要已認證的服務號，本號是已認證的訂閱號。');
  expect(whyNot(verifiedService, 'qrcodes')).toBeUndefined();
});
