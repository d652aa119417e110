import { loadConfig } from '../../src/config';
import { AppError } from '../../src/errors';
import { createLog } from '../../src/kit/log';
import { simulatedAccount } from '../../src/simulator/account';
import { readAddresses } from '../../src/store/addresses';
import { createWechatClient } from '../../src/wechat/api/client';
import { isWechatError } from '../../src/wechat/api/errors';

/** The API of the configured account; without one, of the simulator that `npm start` runs on this data. */
export function askedAccount(command: string) {
  const config = loadConfig();
  const { env, appId, appSecret } = simulatedAccount;
  const simulated = !config.WECHAT_APP_ID;
  const url = simulated
    ? (readAddresses(config.dataDir)?.phone ?? env(config.PORT)['WECHAT_API_URL'] ?? '')
    : config.WECHAT_API_URL;
  return {
    client: createWechatClient({
      baseUrl: url,
      appId: config.WECHAT_APP_ID ?? appId,
      appSecret: config.WECHAT_APP_SECRET ?? appSecret,
      account: { type: config.WECHAT_ACCOUNT_TYPE, verified: config.WECHAT_VERIFIED },
      log: createLog({ level: simulated ? 'silent' : 'warn', name: command }),
    }),
    account: simulated ? '模擬器' : '公眾號',
    /** Said before the first call, where it might surprise. */
    notice: simulated ? `沒有設定 WECHAT_APP_ID：問的是本機的模擬器 ${url}。` : undefined,
    /** The sentence for a simulator that is not there. */
    explain: (error: unknown): unknown =>
      simulated && isWechatError(error) && error.details.errcode === null
        ? new AppError(
            'Upstream',
            `${command}.no-simulator`,
            `連不上模擬器 ${url}：先 npm start；它若在別的端口或資料夾，用 PORT=… 或 DATA_DIR=… 指明。`,
          )
        : error,
  };
}
