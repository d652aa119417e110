export type AccountType = 'service' | 'subscription';
export type AccountKind = { type: AccountType; verified: boolean };

type Need = { types: 'both' | 'service'; verified: boolean; says: string };

/**
 * What WeChat lets which kind of account do (wechat.md §0 and the permission line of each page). The one table that
 * features, console and `doctor` ask; WeChat's own 48001 has the last word.
 */
const features = {
  replies: { types: 'both', verified: false, says: '收消息、被動回覆' },
  readOldReplies: { types: 'both', verified: false, says: '讀取後台的自動回覆與菜單' },
  jssdk: { types: 'both', verified: false, says: '網頁 JS-SDK 基礎功能' },
  customerMessages: { types: 'both', verified: true, says: '客服消息' },
  transferToAgent: { types: 'both', verified: true, says: '轉接人工客服' },
  menu: { types: 'both', verified: true, says: '自訂菜單接口' },
  users: { types: 'both', verified: true, says: '用戶列表與基本信息' },
  tags: { types: 'both', verified: true, says: '用戶標籤' },
  media: { types: 'both', verified: true, says: '素材管理' },
  massByTag: { types: 'both', verified: true, says: '按標籤群發' },
  oneTimeSubscription: { types: 'both', verified: true, says: '一次性訂閱' },
  massByOpenid: { types: 'service', verified: true, says: '按名單群發' },
  qrcodes: { types: 'service', verified: true, says: '帶參數二維碼' },
  templateMessages: { types: 'service', verified: true, says: '模板消息' },
  notices: { types: 'service', verified: true, says: '訂閱通知' },
  oauth: { types: 'service', verified: true, says: '網頁授權' },
} as const satisfies Record<string, Need>;

export type Feature = keyof typeof features;

/** May an account of this kind use the feature? */
export function allows(account: AccountKind, feature: Feature): boolean {
  const { types, verified } = features[feature];
  return (types === 'both' || account.type === types) && (!verified || account.verified);
}

/** One sentence why not, or undefined when it may. */
export function whyNot(account: AccountKind, feature: Feature): string | undefined {
  if (allows(account, feature)) return undefined;
  const { types, says } = features[feature];
  const needs = types === 'service' ? '已認證的服務號' : '已認證的賬號';
  const is = `${account.verified ? '已認證' : '未認證'}的${account.type === 'service' ? '服務號' : '訂閱號'}`;
  return `${says}要${needs}，本號是${is}。`;
}

/** The whole table for one account, for `doctor` and the console. */
export const capabilities = (account: AccountKind): { feature: Feature; says: string; allowed: boolean }[] =>
  featureNames.map((feature) => ({
    feature,
    says: features[feature].says,
    allowed: allows(account, feature),
  }));

const isFeature = (name: string): name is Feature => name in features;
const featureNames = Object.keys(features).filter(isFeature);

/** Which feature a path of the API belongs to; one that ends in a slash stands for all behind it, the longest counts. */
const paths = {
  '/cgi-bin/message/custom/': 'customerMessages',
  '/cgi-bin/message/mass/': 'massByTag',
  '/cgi-bin/message/mass/send': 'massByOpenid',
  '/cgi-bin/message/template/': 'templateMessages',
  '/cgi-bin/message/template/subscribe': 'oneTimeSubscription',
  '/cgi-bin/template/': 'templateMessages',
  '/cgi-bin/message/subscribe/': 'notices',
  '/wxaapi/newtmpl/': 'notices',
  '/cgi-bin/menu/': 'menu',
  '/cgi-bin/get_current_selfmenu_info': 'readOldReplies',
  '/cgi-bin/get_current_autoreply_info': 'readOldReplies',
  '/cgi-bin/user/': 'users',
  '/cgi-bin/user/tag/': 'tags',
  '/cgi-bin/tags/': 'tags',
  '/cgi-bin/media/': 'media',
  '/cgi-bin/material/': 'media',
  '/cgi-bin/qrcode/': 'qrcodes',
  '/sns/': 'oauth',
} as const satisfies Record<string, Feature>;

const longestFirst = Object.entries(paths).toSorted(([a], [b]) => b.length - a.length);

/** Undefined for a path that every account may call, or of which we know nothing. */
export const featureOf = (path: string): Feature | undefined =>
  longestFirst.find(([known]) => path === known || (known.endsWith('/') && path.startsWith(known)))?.[1];
