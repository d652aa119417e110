import { testConfig } from './support/config';

test.each<[Record<string, string>, string]>([
  [{ PORT: 'abc' }, 'PORT=abc：要填數字（Port of the public HTTP server）'],
  [{ PORT: '70000' }, 'PORT=70000：太大，最多 65535'],
  [{ MASS_PER_MONTH: '11' }, 'MASS_PER_MONTH=11：太大，最多 10'],
  [{ CUSTOMER_MESSAGES_PER_TALK: '11' }, 'CUSTOMER_MESSAGES_PER_TALK=11：太大，最多 10'],
  [{ CUSTOMER_MESSAGES_PER_TAP: '11' }, 'CUSTOMER_MESSAGES_PER_TAP=11：太大，最多 10'],
  [{ ROLE: 'boss' }, 'ROLE=boss：只能是 all、web、worker'],
  [{ DATA_KEY: 'short' }, 'DATA_KEY：太短，至少 32 個字元'],
  [{ WECHAT_API_URL: 'nowhere' }, 'WECHAT_API_URL=nowhere：要填網址'],
  [{ MAIL_URL: 'smtps://mail.example.com' }, 'MAIL_URL 和 MAIL_FROM 要一起填'],
  [{ MAIL_URL: 'http://u:secret@example.com' }, 'MAIL_URL：寫法不對'],
  [
    { ALARM_WECOM_URL: 'https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key=k' },
    'ALARM_WECOM_URL：寫法不對',
  ],
  [{ ALARM_WECOM_URL: 'http://192.168.1.9:80/?key=k' }, 'ALARM_WECOM_URL：寫法不對'],
  [{ WECHAT_APP_ID: 'wx00112233445566aa', ALARM_MAIL_TO: 'ops@example.com' }, 'ALARM_MAIL_TO 要有 MAIL_URL'],
  [{ WEATHER_PROVIDER: 'qweather' }, '要有 QWEATHER_KEY 和 QWEATHER_URL'],
  [{ SMS_PUSH_TEMPLATE_ID: '123' }, 'SMS_PUSH_TEMPLATE_ID 要和 SMS_SECRET_ID'],
  [{ SMS_SECRET_ID: 'id', SMS_SIGNATURE: '小藝旅行' }, '還缺 SMS_SECRET_KEY、SMS_APP_ID、SMS_TEMPLATE_ID'],
])('%j is told in words, and a secret is not shown', (settings, told) => {
  expect(() => testConfig(settings)).toThrow(told);
});

test('every wrong setting is told at once', () => {
  expect(() => testConfig({ PORT: 'abc', ROLE: 'boss' })).toThrow(/PORT=[^]+ROLE=/);
});
