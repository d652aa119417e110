import type { XmlNode, XmlValue } from './wire';

/** The elements that are read, here and in `inbound.ts`: each may stand only once, or two readers would take a body for two things. */
export const fieldsRead: ReadonlySet<string> = new Set(
  `
  AppID ArticleIdx ArticleUrl ArticleUrlResult CardId Content CopyrightCheckResult Count CreateTime
  Description Encrypt ErrorCode ErrorCount ErrorStatus Event EventKey ExpiredTime FailReason FailTime
  FileKey FileMd5 FileTotalLen FilterCount Format FromKfAccount FromUserName Idx KfAccount Label Latitude
  Location_X Location_Y Longitude MediaId MediaId16K MenuID MenuId MsgDataId MsgID MsgId MsgType OpenID
  PicMd5Sum PicUrl Poiname PopupScene Precision PublishEventInfo Recognition RevokeInfo Scale ScanCodeInfo
  ScanResult ScanType SendLocationInfo SendPicsInfo SentCount Status SubscribeMsgChangeEvent
  SubscribeMsgPopupEvent SubscribeMsgSentEvent SubscribeStatusString TemplateId ThumbMediaId Ticket Title
  ToKfAccount ToUserName TotalCount UnionID Url UserCardCode
  `
    .trim()
    .split(/\s+/),
);

/** An optional field: absent and undefined mean the same. */
type Maybe<T> = T | undefined;

/** What she sent. */
type Sent =
  | { kind: 'text'; content: string /** She tapped an item of a msgmenu. */; menuId?: Maybe<string> }
  /** WeChat sends its own words in place of one, as a text. */
  | { kind: 'sticker' }
  | { kind: 'image'; picUrl: string; mediaId: string }
  | {
      kind: 'voice';
      /** 8 kHz when the format is amr. */
      mediaId: string;
      mediaId16k?: Maybe<string>;
      format: string;
      /** Mostly absent today, even where speech recognition is switched on. */
      recognition?: Maybe<string>;
    }
  | { kind: 'video' | 'shortvideo'; mediaId: string; thumbMediaId: string }
  | { kind: 'location'; lat: number; lng: number; scale?: Maybe<number>; label: string; datum: 'gcj02' }
  | { kind: 'link'; title: string; description: string; url: string }
  | { kind: 'file'; title: string; description: string; fileKey: string; md5: string; bytes?: Maybe<number> };

/** What she did. */
type Did =
  | {
      kind: 'follow' /** Of a parametric QR code, without `qrscene_`. */;
      scene?: Maybe<string>;
      ticket?: Maybe<string>;
    }
  | { kind: 'leave' }
  | { kind: 'scan'; scene: string; ticket: string }
  /** LOCATION: her phone reports where it is. The datum is undocumented. */
  | { kind: 'position'; lat: number; lng: number; precision?: Maybe<number> }
  | { kind: 'click'; key: string }
  | { kind: 'view'; url: string; menuId?: Maybe<string> }
  | { kind: 'viewMiniProgram'; page: string; menuId?: Maybe<string> }
  | {
      kind: 'scanCode' /** She sees 「正在處理」 until we answer. */;
      wait: boolean;
      key: string;
      codeType: string;
      result: string;
    }
  | {
      kind: 'sendPics';
      how: 'camera' | 'cameraOrAlbum' | 'weixin';
      key: string;
      count: number;
      md5s: string[];
    }
  | {
      kind: 'selectLocation';
      key: string;
      lat: number;
      lng: number;
      scale?: Maybe<number>;
      label: string;
      poi?: Maybe<string>;
      datum: 'gcj02';
    };

/** What WeChat reports about our sending, her consent, the agents and the account itself. */
type Report =
  | { kind: 'templateResult'; messageId: string; status: 'sent' | 'blocked' | 'failed'; raw: string }
  | {
      kind: 'massResult';
      messageId: string;
      status: 'sent' | 'failed' | 'refused';
      /** The number in `err(n)`. */
      reason?: Maybe<number>;
      raw: string;
      /** Approximate: pushed slightly before the end. */
      total?: Maybe<number>;
      filtered?: Maybe<number>;
      sent?: Maybe<number>;
      failed?: Maybe<number>;
      articles: { idx: number; url: string }[];
      /** 1 passed, 2 not sendable, 3 judged a reprint. */
      copyrightState?: Maybe<number>;
    }
  | {
      kind: 'publishResult';
      publishId: string;
      /** 0 published; the others in wechat.md §5.5. */
      status?: Maybe<number>;
      articleId?: Maybe<string>;
      articles: { idx: number; url: string }[];
      failedIdx: number[];
    }
  | { kind: 'noticePopup'; items: { templateId: string; accepted: boolean; scene: string }[] }
  | { kind: 'noticeChange'; items: { templateId: string; accepted: boolean }[] }
  | {
      kind: 'noticeSent';
      items: {
        templateId: string;
        messageId: string;
        ok: boolean;
        errorCode?: Maybe<number>;
        errorStatus: string;
      }[];
    }
  | {
      kind: 'authorization';
      change: 'modified' | 'revoked' | 'cancelled';
      /** Whose it is: not the sender of the event. */
      subject: string;
      appId: string;
      unionId?: Maybe<string>;
      revoked?: Maybe<string>;
    }
  | {
      kind: 'agentSession';
      change: 'created' | 'closed' | 'switched';
      agent: string;
      previous?: Maybe<string>;
    }
  | {
      kind: 'verification';
      what: 'qualification' | 'naming' | 'renewal' | 'expiry';
      ok: boolean;
      /** Seconds. */
      expiresAt?: Maybe<number>;
      failedAt?: Maybe<number>;
      reason?: Maybe<string>;
    }
  | { kind: 'card'; event: string; cardId: string; code?: Maybe<string> }
  | { kind: 'mediaCheck'; traceId: string; risky: boolean; statusCode?: Maybe<number> }
  | { kind: 'debug'; text: string }
  /** A type (or `event:<Event>`) we do not know, or one we know without what makes it useful. */
  | { kind: 'unknown'; type: string };

export type Content = Sent | Did | Report;

type Reader = (fields: XmlNode) => Content | undefined;

/** Types and events are compared in lower case: WeChat has changed theirs. */
export function contentOf(type: string, fields: XmlNode): Content {
  const name = type.toLowerCase();
  if (name !== 'event') return messages.get(name)?.(fields) ?? { kind: 'unknown', type };
  const event = text(fields.Event);
  return events.get(event.toLowerCase())?.(fields) ?? { kind: 'unknown', type: `event:${event}` };
}

/** What stands in the place of a message that no account can receive. */
const placeholder =
  /^[【[](?:收到不支持的消息[类類]型[，,]\s?[暂暫][无無]法[显顯]示|Unsupported Message)[】\]]$/i;

/** Nothing but WeChat's own faces, 「/::D」: else its letter would answer a question. */
const faces = /^\/:[!-~]{1,60}$/;

const messages = new Map<string, Reader>([
  [
    'text',
    (f) => {
      const content = text(f.Content);
      const said = content.trim();
      return placeholder.test(said) || faces.test(said)
        ? { kind: 'sticker' }
        : { kind: 'text', content, menuId: filled(f.bizmsgmenuid) };
    },
  ],
  ['image', (f) => ({ kind: 'image', picUrl: text(f.PicUrl), mediaId: text(f.MediaId) })],
  [
    'voice',
    (f) => ({
      kind: 'voice',
      mediaId: text(f.MediaId),
      mediaId16k: filled(f.MediaId16K),
      format: text(f.Format),
      recognition: filled(f.Recognition),
    }),
  ],
  ['video', (f) => ({ kind: 'video', mediaId: text(f.MediaId), thumbMediaId: text(f.ThumbMediaId) })],
  [
    'shortvideo',
    (f) => ({ kind: 'shortvideo', mediaId: text(f.MediaId), thumbMediaId: text(f.ThumbMediaId) }),
  ],
  [
    'location',
    (f) => {
      const point = pointOf(f.Location_X, f.Location_Y);
      return (
        point && { kind: 'location', ...point, scale: number(f.Scale), label: text(f.Label), datum: 'gcj02' }
      );
    },
  ],
  [
    'link',
    (f) => ({ kind: 'link', title: text(f.Title), description: text(f.Description), url: text(f.Url) }),
  ],
  [
    'file',
    (f) => ({
      kind: 'file',
      title: text(f.Title),
      description: text(f.Description),
      fileKey: text(f.FileKey),
      md5: text(f.FileMd5),
      bytes: number(f.FileTotalLen),
    }),
  ],
]);

const events = new Map<string, Reader>([
  ['subscribe', (f) => ({ kind: 'follow', scene: sceneOf(text(f.EventKey)), ticket: filled(f.Ticket) })],
  ['unsubscribe', () => ({ kind: 'leave' })],
  ['scan', (f) => ({ kind: 'scan', scene: text(f.EventKey), ticket: text(f.Ticket) })],
  [
    'location',
    (f) => {
      const point = pointOf(f.Latitude, f.Longitude);
      return point && { kind: 'position', ...point, precision: number(f.Precision) };
    },
  ],
  ['click', (f) => ({ kind: 'click', key: text(f.EventKey) })],
  ['view', (f) => ({ kind: 'view', url: text(f.EventKey), menuId: filled(f.MenuId ?? f.MenuID) })],
  [
    'view_miniprogram',
    (f) => ({ kind: 'viewMiniProgram', page: text(f.EventKey), menuId: filled(f.MenuId ?? f.MenuID) }),
  ],
  ['scancode_push', (f) => scanCode(f, false)],
  ['scancode_waitmsg', (f) => scanCode(f, true)],
  ['pic_sysphoto', (f) => sendPics(f, 'camera')],
  ['pic_photo_or_album', (f) => sendPics(f, 'cameraOrAlbum')],
  ['pic_weixin', (f) => sendPics(f, 'weixin')],
  ['location_select', selectLocation],
  ['templatesendjobfinish', templateResult],
  ['masssendjobfinish', massResult],
  ['publishjobfinish', publishResult],
  [
    'subscribe_msg_popup_event',
    (f) => ({
      kind: 'noticePopup',
      items: noticeItems(f.SubscribeMsgPopupEvent).map((item) => ({
        templateId: text(item.TemplateId),
        accepted: isAccepted(item),
        scene: text(item.PopupScene),
      })),
    }),
  ],
  [
    'subscribe_msg_change_event',
    (f) => ({
      kind: 'noticeChange',
      items: noticeItems(f.SubscribeMsgChangeEvent).map((item) => ({
        templateId: text(item.TemplateId),
        accepted: isAccepted(item),
      })),
    }),
  ],
  [
    'subscribe_msg_sent_event',
    (f) => ({
      kind: 'noticeSent',
      items: noticeItems(f.SubscribeMsgSentEvent).map((item) => ({
        templateId: text(item.TemplateId),
        messageId: text(item.MsgID ?? item.MsgId),
        ok: number(item.ErrorCode) === 0,
        errorCode: number(item.ErrorCode),
        errorStatus: text(item.ErrorStatus),
      })),
    }),
  ],
  ['user_info_modified', (f) => authorization(f, 'modified')],
  ['user_authorization_revoke', (f) => authorization(f, 'revoked')],
  ['user_authorization_cancellation', (f) => authorization(f, 'cancelled')],
  ['kf_create_session', (f) => ({ kind: 'agentSession', change: 'created', agent: text(f.KfAccount) })],
  ['kf_close_session', (f) => ({ kind: 'agentSession', change: 'closed', agent: text(f.KfAccount) })],
  [
    'kf_switch_session',
    (f) => ({
      kind: 'agentSession',
      change: 'switched',
      agent: text(f.ToKfAccount),
      previous: filled(f.FromKfAccount),
    }),
  ],
  ['qualification_verify_success', (f) => verification(f, 'qualification', true)],
  ['qualification_verify_fail', (f) => verification(f, 'qualification', false)],
  ['naming_verify_success', (f) => verification(f, 'naming', true)],
  ['naming_verify_fail', (f) => verification(f, 'naming', false)],
  ['annual_renew', (f) => verification(f, 'renewal', true)],
  ['verify_expired', (f) => verification(f, 'expiry', false)],
  [
    'wxa_media_check',
    (f) => ({
      kind: 'mediaCheck',
      traceId: text(f.trace_id),
      risky: text(f.isrisky) === '1' || text(nodeOf(f.result).suggest) === 'risky',
      statusCode: number(f.status_code ?? f.errcode),
    }),
  ],
  ['debug_demo', (f) => ({ kind: 'debug', text: text(f.debug_str) })],
  ...[
    'card_pass_check',
    'card_not_pass_check',
    'user_get_card',
    'user_gifting_card',
    'user_del_card',
    'user_consume_card',
    'user_pay_from_pay_cell',
    'user_view_card',
    'user_enter_session_from_card',
    'update_member_card',
    'card_sku_remind',
    'card_pay_order',
    'submit_membercard_user_info',
  ].map((event): [string, Reader] => [
    event,
    (f) => ({ kind: 'card', event, cardId: text(f.CardId), code: filled(f.UserCardCode) }),
  ]),
]);

function scanCode(fields: XmlNode, wait: boolean): Content {
  const info = nodeOf(fields.ScanCodeInfo);
  return {
    kind: 'scanCode',
    wait,
    key: text(fields.EventKey),
    codeType: text(info.ScanType),
    result: text(info.ScanResult),
  };
}

/** PicList may come once with several items, several times with one, or as an object (JSON). */
function sendPics(fields: XmlNode, how: 'camera' | 'cameraOrAlbum' | 'weixin'): Content {
  const info = nodeOf(fields.SendPicsInfo);
  const md5s = nodesOf(info.PicList)
    .flatMap((list) => (list.item === undefined ? [list] : nodesOf(list.item)))
    .map((item) => text(item.PicMd5Sum))
    .filter((md5) => md5 !== '');
  return {
    kind: 'sendPics',
    how,
    key: text(fields.EventKey),
    count: number(info.Count) ?? md5s.length,
    md5s,
  };
}

function selectLocation(fields: XmlNode): Content | undefined {
  const info = nodeOf(fields.SendLocationInfo);
  const point = pointOf(info.Location_X, info.Location_Y);
  return (
    point && {
      kind: 'selectLocation',
      key: text(fields.EventKey),
      ...point,
      scale: number(info.Scale),
      label: text(info.Label),
      poi: filled(info.Poiname),
      datum: 'gcj02',
    }
  );
}

/** `success`, `failed:user block`, `failed: system failed` (with a space). */
function templateResult(fields: XmlNode): Content {
  const raw = text(fields.Status);
  const status = raw === 'success' ? 'sent' : /^failed:\s*user block$/i.test(raw) ? 'blocked' : 'failed';
  return { kind: 'templateResult', messageId: text(fields.MsgID ?? fields.MsgId), status, raw };
}

/** `send success`, `sendsuccess`, `send fail` or `err(n)`: the last means that WeChat refused to send. */
function massResult(fields: XmlNode): Content {
  const raw = text(fields.Status);
  const refused = /^err\((\d{1,9})\)$/i.exec(raw);
  return {
    kind: 'massResult',
    messageId: text(fields.MsgID ?? fields.MsgId),
    status: refused ? 'refused' : /^send ?success$/i.test(raw) ? 'sent' : 'failed',
    reason: number(refused?.[1]),
    raw,
    total: number(fields.TotalCount),
    filtered: number(fields.FilterCount),
    sent: number(fields.SentCount),
    failed: number(fields.ErrorCount),
    articles: nodesOf(nodeOf(fields.ArticleUrlResult).ResultList).flatMap((list) =>
      (list.item === undefined ? [list] : nodesOf(list.item)).flatMap((item) =>
        article(item.ArticleIdx, item.ArticleUrl),
      ),
    ),
    copyrightState: number(nodeOf(fields.CopyrightCheckResult).CheckState),
  };
}

function publishResult(fields: XmlNode): Content {
  const info = nodeOf(fields.PublishEventInfo);
  return {
    kind: 'publishResult',
    publishId: text(info.publish_id),
    status: number(info.publish_status),
    articleId: filled(info.article_id),
    articles: nodesOf(nodeOf(info.article_detail).item).flatMap((item) =>
      article(item.idx, item.article_url),
    ),
    failedIdx: listOf(info.fail_idx).flatMap((idx) => number(idx) ?? []),
  };
}

function article(idx: XmlValue | undefined, url: XmlValue | undefined): { idx: number; url: string }[] {
  const at = number(idx);
  return at === undefined ? [] : [{ idx: at, url: text(url) }];
}

/** In JSON the event may be a list itself, and its List an object for one item and an array for several. */
const noticeItems = (value: XmlValue | undefined): XmlNode[] =>
  nodesOf(value).flatMap((event) => (event.List === undefined ? [event] : nodesOf(event.List)));

const isAccepted = (item: XmlNode): boolean => text(item.SubscribeStatusString).toLowerCase() === 'accept';

const authorization = (fields: XmlNode, change: 'modified' | 'revoked' | 'cancelled'): Content => ({
  kind: 'authorization',
  change,
  subject: text(fields.OpenID),
  appId: text(fields.AppID),
  unionId: filled(fields.UnionID),
  revoked: filled(fields.RevokeInfo),
});

const verification = (
  fields: XmlNode,
  what: 'qualification' | 'naming' | 'renewal' | 'expiry',
  ok: boolean,
): Content => ({
  kind: 'verification',
  what,
  ok,
  expiresAt: number(fields.ExpiredTime),
  failedAt: number(fields.FailTime),
  reason: filled(fields.FailReason),
});

/** `qrscene_` stands before the scene of a new follower; other keys (a payment, `last_trade_no_…`) are no scene. */
const sceneOf = (eventKey: string): string | undefined =>
  eventKey.startsWith('qrscene_') ? eventKey.slice('qrscene_'.length) || undefined : undefined;

/** Latitude comes first, in X. Without a point on the globe the message is of no use. */
function pointOf(x: XmlValue | undefined, y: XmlValue | undefined): { lat: number; lng: number } | undefined {
  const lat = number(x);
  const lng = number(y);
  if (lat === undefined || lng === undefined || Math.abs(lat) > 90 || Math.abs(lng) > 180) return undefined;
  return { lat, lng };
}

const text = (value: XmlValue | undefined): string => (typeof value === 'string' ? value : '');

const filled = (value: XmlValue | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** A plain decimal number, else undefined: never NaN, never `0x1F` as 31. */
const number = (value: XmlValue | undefined): number | undefined =>
  typeof value === 'string' && /^-?[0-9]{1,15}(?:\.[0-9]{1,20})?$/.test(value) ? Number(value) : undefined;

const listOf = (value: XmlValue | undefined): (string | XmlNode)[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

const nodesOf = (value: XmlValue | undefined): XmlNode[] =>
  listOf(value).filter((item) => typeof item !== 'string');

const nodeOf = (value: XmlValue | undefined): XmlNode => nodesOf(value)[0] ?? {};
