import { simulatedAppId } from '../config';

/** The account that the simulator plays when none is configured. It is invented and only ever spoken to on loopback. */
export const simulatedAccount = {
  appId: simulatedAppId,
  appSecret: 'simulated-secret-of-no-account-01',
  token: 'xiaoyiSimulated',
  encodingAesKey: 'c2ltdWxhdGVkIGtleSBvZiBubyByZWFsIGFjY291bnQ',
  originalId: 'gh_5e1f0c0a11ce',
  /** What every process is told so that it speaks to the simulator on the next port. */
  env: (port: number): Record<string, string> => ({
    WECHAT_APP_ID: simulatedAccount.appId,
    WECHAT_APP_SECRET: simulatedAccount.appSecret,
    WECHAT_TOKEN: simulatedAccount.token,
    WECHAT_ENCODING_AES_KEY: simulatedAccount.encodingAesKey,
    WECHAT_ORIGINAL_ID: simulatedAccount.originalId,
    WECHAT_API_URL: `http://127.0.0.1:${port + 1}`,
  }),
};
