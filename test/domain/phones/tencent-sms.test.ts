import { signTc3 } from '../../../src/domain/phones/tc3';
import { createTencentSms } from '../../../src/domain/phones/tencent-sms';
import { createLog } from '../../../src/kit/log';
import { createLoopback, json } from '../../support/loopback';

type Loopback = Awaited<ReturnType<typeof createLoopback>>;

const log = createLog({ level: 'silent', name: 'sms' });
let service: Loopback;
beforeEach(async () => {
  service = await createLoopback((_asked, response) => json(response, sent('Ok', 'send success')));
});
afterEach(() => service.close());

/** The documented shape of an answer; the values are invented. */
const sent = (code: string, words = '') => ({
  Response: {
    SendStatusSet: [
      {
        SerialNo: code === 'Ok' ? '5000:1045710669157053657849499619' : '',
        PhoneNumber: '+8613800001111',
        Fee: code === 'Ok' ? 1 : 0,
        SessionContext: 'inbox-1',
        Code: code,
        Message: words,
        IsoCode: 'CN',
      },
    ],
    RequestId: 'a0aabda6-cf91-4f3e-a81f-9198114a2279',
  },
});
const failed = (code: string) => ({
  Response: { Error: { Code: code, Message: 'The provided credentials…' }, RequestId: 'ed93f3cb' },
});

const sender = () =>
  createTencentSms({
    ...{ baseUrl: service.url, region: 'ap-guangzhou', secretId: 'AKIDtest', secretKey: 'key' },
    ...{ appId: '1400006666', templateId: '1110', signature: '小藝旅行', log },
    wallNow: () => Date.parse('2026-11-22T02:00:00Z'),
  });
const message = {
  id: 'inbox-1',
  phone: '13800001111',
  text: '【小藝旅行】驗證碼 012345，…',
  values: ['012345', '10'],
};

test('the signature is that of the published example', () => {
  const authorization = signTc3({
    secretId: 'AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE',
    secretKey: 'Gu5t9xGARNpq86cd98joQYCN3EXAMPLE',
    service: 'cvm',
    host: 'cvm.tencentcloudapi.com',
    body: String.raw`{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}`,
    at: 1_551_113_065,
  });
  expect(authorization).toBe(
    'TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, ' +
      'SignedHeaders=content-type;host, Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168',
  );
});

test('a message is sent by its template, with the values and the signature, and the request is signed as it goes out', async () => {
  expect(await sender().send(message)).toBe('sent');
  const [asked] = service.asked;
  expect(asked).toMatchObject({
    method: 'POST',
    path: '/',
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'x-tc-action': 'SendSms',
      'x-tc-version': '2021-01-11',
      'x-tc-region': 'ap-guangzhou',
      'x-tc-timestamp': '1795312800',
    },
  });
  expect(JSON.parse(asked?.body ?? '')).toEqual({
    PhoneNumberSet: ['+8613800001111'],
    SmsSdkAppId: '1400006666',
    TemplateId: '1110',
    SignName: '小藝旅行',
    TemplateParamSet: ['012345', '10'],
    SessionContext: 'inbox-1',
  });
  expect(asked?.headers.authorization).toBe(
    signTc3({
      ...{ secretId: 'AKIDtest', secretKey: 'key', service: 'sms', at: 1_795_312_800 },
      ...{ host: asked?.headers.host ?? '', body: asked?.body ?? '' },
    }),
  );
});

test.each(['FailedOperation.PhoneNumberInBlacklist', 'LimitExceeded.PhoneNumberThirtySecondLimit'])(
  '%s is about the phone: refused, and others go on',
  async (code) => {
    const sms = sender();
    service.answers((_asked, response) => json(response, sent(code)));
    expect(await sms.send(message)).toBe('refused');
    service.answers((_asked, response) => json(response, sent('Ok')));
    expect(await sms.send({ ...message, id: 'inbox-2' })).toBe('sent');
  },
);

test('what an operator must mend is thrown, without the phone, and not asked again for a minute', async () => {
  const sms = sender();
  service.answers((_asked, response) => json(response, failed('AuthFailure.SignatureFailure')));
  const error = await sms.send(message).catch((err: unknown) => err);
  expect(error).toMatchObject({ kind: 'Upstream', code: 'sms.refused' });
  expect(String(error)).not.toContain('13800001111');
  await expect(sms.send(message)).rejects.toMatchObject({ code: 'outside.paused' });
  expect(service.asked).toHaveLength(1);
});

test('what passes by itself is thrown, and asked again', async () => {
  const sms = sender();
  service.answers((_asked, response) => json(response, failed('RequestLimitExceeded')));
  await expect(sms.send(message)).rejects.toMatchObject({ code: 'sms.refused' });
  service.answers((_asked, response) => json(response, { other: true }));
  await expect(sms.send(message)).rejects.toMatchObject({ code: 'sms.unreadable' });
  service.answers((_asked, response) => json(response, sent('Ok')));
  expect(await sms.send(message)).toBe('sent');
});

test('a promotional text goes by its own template; without one there is no way to send any', async () => {
  const options = {
    ...{ baseUrl: service.url, region: 'ap-guangzhou', secretId: 'AKIDtest', secretKey: 'key' },
    ...{ appId: '1400006666', templateId: '1110', signature: '小藝旅行', log },
  };
  const { push } = createTencentSms({ ...options, pushTemplateId: '2220' });
  expect(await push?.({ ...message, values: ['週末八折'] })).toBe('sent');
  expect(JSON.parse(service.asked[0]?.body ?? '')).toMatchObject({
    TemplateId: '2220',
    TemplateParamSet: ['週末八折'],
  });
  service.answers((_asked, response) => json(response, sent('FailedOperation.PhoneNumberInBlacklist')));
  expect(await push?.(message)).toBe('refused');
  expect(sender().push).toBeUndefined();
});
