import { AppError } from '../../errors';
import { isWechatError } from './errors';

/** What WeChat says no to, in words for who pressed a button; `still`: what did not change by it. */
export async function asking<T>(still: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (!isWechatError(cause)) throw cause;
    const { errcode, reason } = cause.details;
    throw new AppError(
      'Conflict',
      'wechat.refused',
      errcode === null
        ? `連不上微信（${reason}）。${still}，請過一會兒再試。`
        : `微信沒有答應：${reason}（${errcode}）。${still}。`,
      { cause },
    );
  }
}
