import type { z } from 'zod';
import { AppError } from '../../errors';

/**
 * What to do about a refusal: `token` = fetch a token and try again once; `backoff` = try again soon;
 * `wait` = not before a window, a day or a person has changed something; `never` = the same call fails again.
 */
export type Retry = 'token' | 'backoff' | 'wait' | 'never';

export type WechatFault = {
  /** WeChat's number; null when there was no readable answer (network, timeout, HTTP error). */
  errcode: number | null;
  /** WeChat's own words, without the request id. */
  errmsg: string;
  /** The request id, for WeChat's `openapi/rid/get` (kept there 7 days). */
  rid?: string;
  /** One short Chinese sentence for operators. */
  reason: string;
  retry: Retry;
  /** What was sent before under the same key (45065). */
  msgId?: string;
  /** The request may have taken effect: nobody knows. Never sent again automatically when it has no key of its own. */
  ambiguous: boolean;
};

/** WeChat said no, or could not be asked. Holds neither token nor secret. */
export class WechatError extends AppError {
  declare readonly details: WechatFault;
  /** The call that failed: `/cgi-bin/stable_token` when it was the token that could not be had. */
  readonly path: string;
  readonly #failed: readonly string[];

  constructor(path: string, fault: WechatFault, failed: readonly string[] = []) {
    const number = fault.errcode === null ? '' : `${fault.errcode} `;
    const rid = fault.rid ? ` (rid ${fault.rid})` : '';
    super('Upstream', 'wechat', `WeChat ${path}: ${number}${fault.reason}: ${fault.errmsg}${rid}`, {
      details: fault,
    });
    this.name = 'WechatError';
    this.path = path;
    this.#failed = failed;
  }

  /** The openids that a call for several names as failed (45171). Not a field of its own: no log line may show it. */
  get failedOpenids(): readonly string[] {
    return this.#failed;
  }
}

export const isWechatError = (thrown: unknown): thrown is WechatError => thrown instanceof WechatError;

/** An answer in the shape we know, or the error that tells which field of which call is not as documented. */
export function readAnswer<T extends z.ZodType>(path: string, shape: T, answer: unknown): z.infer<T> {
  const read = shape.safeParse(answer);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const errmsg = `unexpected answer: ${issue?.path.join('.')}: ${issue?.message}`;
  throw new WechatError(path, {
    errcode: null,
    errmsg,
    reason: '微信的回應和文檔不同',
    retry: 'never',
    ambiguous: true,
  });
}

/** The fault of an answer's `errcode` and `errmsg`; a number that the table does not know is never tried again. */
export function faultOf(errcode: number, errmsg: string): WechatFault {
  const [retry, reason] =
    known.get(errcode) ?? ranges.find(([from, to]) => errcode >= from && errcode <= to)?.[2] ?? unknown;
  const { text, rid } = cutRid(errmsg);
  return { errcode, errmsg: text, ...(rid ? { rid } : {}), reason, retry, ambiguous: false };
}

/** WeChat ends its words with `rid: 6543…` (older: `hint: [6543…]`), which differs each time and so splits log groups. */
function cutRid(errmsg: string): { text: string; rid?: string } {
  const found = /[\s,，]*(?:rid:\s*([\w-]+)|hint:\s*\[([^\]]*)\])\s*$/.exec(errmsg);
  if (!found) return { text: errmsg };
  const rid = (found[1] ?? found[2] ?? '').trim();
  return { text: errmsg.slice(0, found.index), ...(rid ? { rid } : {}) };
}

/** Over within a second or so. The other `backoff` codes count calls per minute: repeating them at once makes it worse. */
export const passesSoon = (fault: WechatFault): boolean =>
  fault.retry === 'backoff' && (fault.errcode === null || !perMinute.has(fault.errcode));
const perMinute = new Set([42010, 45011, 45066]);

type Row = [Retry, string];
const unknown: Row = ['never', '微信拒絕了請求（未收錄的錯誤碼）'];

/** WeChat's error codes (its global list of return codes, and the pages of each call). */
const known = new Map<number, Row>([
  [-1, ['backoff', '微信系統繁忙']],
  [268487001, ['backoff', '微信系統繁忙']],
  [268487002, ['backoff', '微信系統繁忙']],
  [268488001, ['backoff', '微信系統繁忙']],
  [40001, ['token', 'access_token 無效，或 AppSecret 不對']],
  [40002, ['never', 'grant_type 不對']],
  [40003, ['never', 'openid 不對，或不屬於本號']],
  [40013, ['never', 'AppID 不對']],
  [40014, ['token', 'access_token 不合法']],
  [40029, ['never', '授權 code 無效，請重新進入頁面']],
  [40030, ['never', 'refresh_token 無效，請重新授權']],
  [40031, ['never', 'openid 名單不對']],
  [40032, ['never', 'openid 名單長度不對']],
  [40033, ['never', '請求裡不能有 \\u 轉義，要直接用 UTF-8']],
  [40035, ['never', '參數不對']],
  [40036, ['never', '模板編號長度不對']],
  [40037, ['never', '模板編號無效']],
  [40039, ['never', '網址長度不對']],
  [40052, ['never', '二維碼類型不對']],
  [40053, ['never', '二維碼內容不對']],
  [40059, ['never', '群發消息編號不對']],
  [40060, ['never', '圖文序號不對']],
  [40062, ['never', '標題長度不對']],
  [40065, ['never', '這則群發不能刪除']],
  [40125, ['never', 'AppSecret 不對']],
  [40130, ['never', '按名單群發至少要兩個人']],
  [40152, ['never', '標籤不存在']],
  [40163, ['never', '授權 code 已用過，請重新進入頁面']],
  [40164, ['never', '本機 IP 不在公眾號的白名單裡']],
  [40200, ['never', '這種帳號類型不能用此功能']],
  [40202, ['never', '檢測動作不對']],
  [40203, ['never', '檢測的運營商不對']],
  [40204, ['never', '這則群發不能刪除']],
  [40243, ['never', 'AppSecret 被凍結，請到微信開發者平台解凍']],
  [40246, ['never', '模板關鍵詞不對']],
  [40247, ['never', '要用類目模板']],
  [40249, ['never', '模板消息不能發營銷內容']],
  [42001, ['token', 'access_token 過期']],
  [42002, ['never', 'refresh_token 過期，請重新授權']],
  [42003, ['never', '授權 code 過期，請重新進入頁面']],
  [42007, ['never', '用戶改了密碼，授權失效']],
  [42010, ['backoff', '群發太快']],
  [43001, ['never', '要用 GET']],
  [43002, ['never', '要用 POST']],
  [43003, ['never', '要用 HTTPS']],
  [43004, ['never', '對方沒有關注']],
  [43005, ['never', '對方不是好友']],
  [43019, ['never', '對方在黑名單裡']],
  [43100, ['never', '模板改得太頻繁']],
  [43101, ['never', '對方沒有訂閱，或訂閱次數用完']],
  [43102, ['never', '不是訂閱模板']],
  [43103, ['never', '這個訂閱只能取消']],
  [43104, ['never', '沒有訂閱通知的權限']],
  [43105, ['never', '訂閱已解除']],
  [43106, ['never', '訂閱通知被處罰']],
  [43116, ['never', '模板被限制使用']],
  [45002, ['never', '內容太長']],
  [45007, ['never', '語音太長']],
  [45008, ['never', '圖文篇數太多']],
  [45009, ['wait', '今天的調用次數用完']],
  [45011, ['backoff', '這一分鐘的調用太多']],
  [45015, ['wait', '回覆時限已過，或對方已取消關注']],
  [45028, ['wait', '群發次數用完']],
  [45035, ['never', '本機 IP 不在白名單裡']],
  [45036, ['wait', '用戶通知次數用完']],
  [45037, ['never', '臨時會話時限已過']],
  [45038, ['never', '對方已關注，不能用臨時會話']],
  [45040, ['wait', '本月次數用完']],
  [45047, ['wait', '給這位用戶的客服消息條數用完']],
  [45048, ['never', '菜單不能用這種素材或網址']],
  [45049, ['never', '自動回覆不能用這種素材或網址']],
  [45050, ['never', '客服消息不能用這種素材或網址']],
  [45051, ['never', '模板消息不能用這種網址']],
  [45052, ['never', '群發不能用這種素材或網址']],
  [45056, ['never', '標籤太多（最多 100 個）']],
  [45057, ['never', '標籤下粉絲太多，不能刪除']],
  [45058, ['never', '系統標籤不能改']],
  [45059, ['never', '這位用戶的標籤太多（最多 20 個）']],
  [45062, ['never', '廣告合約帳號不能用']],
  [45064, ['never', '菜單裡的小程序沒有關聯本號']],
  [45065, ['never', '這個群發編號已經用過（已送出）']],
  [45066, ['backoff', '同一群發編號重試太快']],
  [45067, ['never', '群發編號太長']],
  [45072, ['never', '輸入狀態的指令不對']],
  [45080, ['never', '30 秒內沒有互動，不能顯示輸入狀態']],
  [45081, ['never', '正在顯示輸入狀態']],
  [45083, ['never', '群發速度不對']],
  [45084, ['never', '群發速度不對']],
  [45087, ['never', '本號的客服消息被封']],
  [45102, ['wait', '接口暫時被封']],
  [45103, ['never', '接口不再提供']],
  [45113, ['never', '卡券與商品不能再群發']],
  [45157, ['never', '標籤名不合規或重名']],
  [45158, ['never', '標籤名太長']],
  [45159, ['never', '標籤編號不對']],
  [45169, ['backoff', '同一用戶正在被改標籤']],
  [45171, ['never', '部分用戶沒有改成（見 fail_openid_list）']],
  [46001, ['never', '素材不存在']],
  [46002, ['never', '菜單版本不存在']],
  [46003, ['never', '菜單不存在']],
  [46004, ['never', '用戶不存在']],
  [47001, ['never', '請求不是合格的 JSON 或 XML']],
  [47002, ['never', '請求裡不能有 \\u 轉義，要直接用 UTF-8']],
  [47003, ['never', '模板內容不合要求']],
  [48001, ['never', '本號沒有這個接口的權限（類型、認證或權限集）']],
  [48002, ['never', '對方關閉了消息接收']],
  [48003, ['never', '還沒有同意群發協議']],
  [48004, ['never', '接口被封禁']],
  [48005, ['never', '素材正在使用，不能刪除']],
  [48006, ['never', '本月的清零次數用完']],
  [48008, ['never', '沒有發送這種消息的權限']],
  [48009, ['never', '接口已過期']],
  [48011, ['never', '模板已停用']],
  [48013, ['never', '視頻要重新上傳']],
  [48014, ['never', '視頻審核未通過']],
  [48021, ['never', '自動保存的草稿不能發送']],
  [48022, ['never', '接口上傳的視頻不能發送']],
  [49003, ['never', 'openid 不屬於本號']],
  [50001, ['never', '用戶沒有授權']],
  [50002, ['never', '帳號受限']],
  [50004, ['never', '禁止使用 token 接口']],
  [50005, ['never', '對方沒有關注']],
  [50007, ['never', '帳號被凍結']],
  [53600, ['never', '文章編號不對']],
  [61004, ['never', '本機 IP 沒有登記']],
  [61007, ['never', '沒有授權給第三方平台']],
  [61016, ['never', '沒有授權給第三方平台']],
  [61450, ['backoff', '客服系統出錯']],
  [61500, ['never', '日期格式不對']],
  [61501, ['never', '日期範圍不對']],
  [65301, ['never', '個性化菜單不存在']],
  [65303, ['never', '還沒有默認菜單']],
  [65316, ['never', '個性化菜單跳轉的域名太多（最多 3 個）']],
  [65317, ['never', '菜單網址不對']],
  [65320, ['never', '個性化菜單不能按性別、地區、語言']],
  [65413, ['never', '這位顧客沒有進行中的會話']],
  [65414, ['never', '別的客服正在接待']],
  [65415, ['never', '客服不在線']],
  [70000, ['never', '未成年人保護，不能發送']],
  [76022, ['never', '這個接口不能查額度']],
  [89501, ['wait', 'IP 正等管理員確認']],
  [89503, ['wait', 'IP 要管理員確認']],
  [89504, ['wait', '群發要管理員確認']],
  [89505, ['wait', '群發等待管理員確認']],
  [89506, ['wait', '管理員拒絕了這個 IP,24 小時內不能再試']],
  [89507, ['wait', '管理員拒絕了這個 IP,1 小時內不能再試']],
]);

/** Families of codes whose members differ only in detail; `known` wins over them. */
const ranges: [from: number, to: number, row: Row][] = [
  [40004, 40012, ['never', '素材的類型或大小不對']],
  [40015, 40028, ['never', '菜單結構不對（類型、名稱長度、key、網址或個數）']],
  [41001, 41009, ['never', '缺少必要參數']],
  [41028, 41030, ['never', '舊式小程序模板參數不對']],
  [44001, 44004, ['never', '內容是空的']],
  [45001, 45008, ['never', '超過長度或大小限制']],
  [45161, 45168, ['never', '參數不對，或關鍵詞不允許']],
  [61451, 61458, ['never', '客服帳號參數不對']],
  [65301, 65320, ['never', '個性化菜單不合要求']],
  [65400, 65451, ['never', '客服帳號或會話不合要求']],
  [76001, 76004, ['never', '請求編號查不到']],
  [9410010, 9410012, ['never', '短 key 不合要求']],
  [9001001, 9001036, ['never', '設備接口不合要求']],
  [9500001, 9500002, ['never', '群發被拒絕']],
];
