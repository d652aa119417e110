import type { XmlNode, XmlValue } from '../../../src/wechat/protocol/wire';

/** What WeChat may send, made up from a seed: the same seed gives the same messages. */

export type Random = ReturnType<typeof createRandom>;

export function createRandom(seed: number) {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    /** 0 … limit − 1. */
    below,
    chance: (share: number): boolean => next() < share,
    pick: <T>(list: readonly T[]): T => list[below(list.length)]!,
    digits: (count: number): string =>
      Array.from({ length: count }, (_, i) => String(i === 0 ? 1 + below(9) : below(10))).join(''),
  };
}

const words = [
  '杭州天氣',
  '附近优惠',
  '一戰到底',
  'Ａ',
  '007',
  '1e5',
  '0x1F',
  ' 前後有空格 ',
  '第一行\n第二行\t完',
  '🎉🏮👨‍👩‍👧',
  'مرحبا',
  'a & b < c > d',
  '<xml><Content>假的</Content></xml>',
  '<!DOCTYPE x>',
  ']]',
  ']]>',
  'a]]>b]]]]>>',
  '&lt;&#20013;&amp;',
  '',
  'constructor',
  '__proto__',
  '長'.repeat(200),
];

/** How each type and event of the platform looks; every value is invented. */
const shapes: Record<string, (random: Random) => XmlNode> = {
  text: (r) => ({ Content: r.pick(words), ...(r.chance(0.3) ? { bizmsgmenuid: r.digits(3) } : {}) }),
  image: (r) => ({ PicUrl: `http://mmbiz.example/${r.digits(6)}/0`, MediaId: `mid_${r.digits(8)}` }),
  voice: (r) => ({
    MediaId: `mid8k_${r.digits(5)}`,
    Format: r.pick(['amr', 'speex']),
    ...(r.chance(0.7) ? { MediaId16K: `mid16k_${r.digits(5)}` } : {}),
    ...(r.chance(0.3) ? { Recognition: r.pick(words) } : {}),
  }),
  video: (r) => ({ MediaId: `v_${r.digits(5)}`, ThumbMediaId: `t_${r.digits(5)}` }),
  shortvideo: (r) => ({ MediaId: `v_${r.digits(5)}`, ThumbMediaId: `t_${r.digits(5)}` }),
  location: (r) => ({ ...point(r), Scale: '16', Label: r.pick(words) }),
  link: (r) => ({
    Title: r.pick(words),
    Description: r.pick(words),
    Url: `https://travel.example/${r.digits(4)}?a=1&b=2`,
  }),
  file: (r) => ({
    Title: 'plan.pdf',
    Description: '',
    FileKey: r.digits(9),
    FileMd5: 'd41d8cd9',
    FileTotalLen: r.digits(5),
  }),
  miniprogrampage: (r) => ({ Title: r.pick(words), AppId: 'wxdemo', PagePath: 'pages/a' }),
  'event/subscribe': (r) =>
    r.chance(0.5) ? { EventKey: `qrscene_store_${r.digits(2)}`, Ticket: 'gQTICKET' } : { EventKey: '' },
  'event/unsubscribe': () => ({ EventKey: '' }),
  'event/SCAN': (r) => ({ EventKey: `store_${r.digits(2)}`, Ticket: 'gQTICKET' }),
  'event/LOCATION': () => ({ Latitude: '31.230000', Longitude: '121.470000', Precision: '65.000000' }),
  'event/CLICK': (r) => ({ EventKey: r.pick(['WEATHER', 'QUIZ', '00123']) }),
  'event/VIEW': (r) => ({ EventKey: 'https://travel.example/?a=1&b=2', MenuId: r.digits(6) }),
  'event/view_miniprogram': (r) => ({ EventKey: 'pages/index/index', MenuId: r.digits(6) }),
  'event/scancode_push': (r) => ({ EventKey: 'scan_go', ScanCodeInfo: scanned(r) }),
  'event/scancode_waitmsg': (r) => ({ EventKey: 'scan_redeem', ScanCodeInfo: scanned(r) }),
  'event/pic_sysphoto': pictures,
  'event/pic_photo_or_album': pictures,
  'event/pic_weixin': pictures,
  'event/location_select': (r) => ({
    EventKey: 'near',
    SendLocationInfo: { ...point(r), Scale: '15', Label: '某路', Poiname: r.pick(['', '某公園']) },
  }),
  'event/TEMPLATESENDJOBFINISH': (r) => ({
    MsgID: r.digits(13),
    Status: r.pick(['success', 'failed:user block', 'failed: system failed']),
  }),
  'event/MASSSENDJOBFINISH': (r) => ({
    MsgID: r.digits(10),
    Status: r.pick(['send success', 'send fail', 'err(10001)', 'err(30003)']),
    TotalCount: '100',
    FilterCount: '80',
    SentCount: '79',
    ErrorCount: '1',
    ...(r.chance(0.5)
      ? {
          CopyrightCheckResult: { Count: '0', ResultList: '', CheckState: '1' },
          ArticleUrlResult: {
            Count: '2',
            ResultList: {
              item: [
                { ArticleIdx: '1', ArticleUrl: 'https://mp.example/s/1' },
                { ArticleIdx: '2', ArticleUrl: 'https://mp.example/s/2' },
              ],
            },
          },
        }
      : {}),
  }),
  'event/PUBLISHJOBFINISH': (r) => ({
    PublishEventInfo: r.chance(0.5)
      ? {
          publish_id: r.digits(4),
          publish_status: '0',
          article_id: 'A1',
          article_detail: { count: '1', item: [{ idx: '1', article_url: 'https://mp.example/s/x' }] },
        }
      : { publish_id: r.digits(4), publish_status: '2', fail_idx: ['1', '3'] },
  }),
  'event/subscribe_msg_popup_event': (r) => ({
    SubscribeMsgPopupEvent: { List: some(r, () => notice(r, { PopupScene: '0' })) },
  }),
  'event/subscribe_msg_change_event': (r) => ({
    SubscribeMsgChangeEvent: { List: some(r, () => notice(r, {})) },
  }),
  'event/subscribe_msg_sent_event': (r) => ({
    SubscribeMsgSentEvent: {
      List: some(r, () => ({
        TemplateId: `T${r.digits(2)}`,
        MsgID: r.digits(19),
        ErrorCode: '0',
        ErrorStatus: 'success',
      })),
    },
  }),
  'event/user_info_modified': (r) => ({ OpenID: openid(r), AppID: 'wxdemo' }),
  'event/user_authorization_revoke': (r) => ({ OpenID: openid(r), AppID: 'wxdemo', RevokeInfo: '1' }),
  'event/user_authorization_cancellation': (r) => ({ OpenID: openid(r), AppID: 'wxdemo', UnionID: 'u1' }),
  'event/kf_create_session': () => ({ KfAccount: 'amy@travel' }),
  'event/kf_close_session': () => ({ KfAccount: 'amy@travel', CloseType: 'KF' }),
  'event/kf_switch_session': () => ({ FromKfAccount: 'amy@travel', ToKfAccount: 'bo@travel' }),
  'event/qualification_verify_success': (r) => ({ ExpiredTime: r.digits(10) }),
  'event/qualification_verify_fail': (r) => ({ FailTime: r.digits(10), FailReason: '資料不清楚' }),
  'event/naming_verify_success': (r) => ({ ExpiredTime: r.digits(10) }),
  'event/naming_verify_fail': (r) => ({ FailTime: r.digits(10), FailReason: '名稱已有人用' }),
  'event/annual_renew': (r) => ({ ExpiredTime: r.digits(10) }),
  'event/verify_expired': (r) => ({ ExpiredTime: r.digits(10) }),
  ...Object.fromEntries(
    [
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
    ].map((event) => [
      `event/${event}`,
      (r: Random) => ({ CardId: `p${r.digits(6)}`, UserCardCode: r.digits(12) }),
    ]),
  ),
  'event/wxa_media_check': (r) => ({
    isrisky: r.pick(['0', '1']),
    status_code: '0',
    trace_id: r.digits(12),
    appid: 'wxdemo',
  }),
  'event/debug_demo': () => ({ debug_str: 'hello world' }),
  'event/something_new': (r) => ({ EventKey: r.pick(words), Deep: { Deeper: { Deepest: 'x' } } }),
};

export const shapeNames = Object.keys(shapes);

/** One whole message, as the fields it is made of. */
export function makeMessage(random: Random, shape: string = random.pick(shapeNames)): XmlNode {
  const [type = '', event] = shape.split('/');
  return {
    ToUserName: 'gh_demo0001',
    FromUserName: openid(random),
    CreateTime: String(1_790_000_000 + random.below(100_000)),
    MsgType: type,
    ...(event === undefined ? {} : { Event: event }),
    ...shapes[shape]!(random),
    ...(event === undefined ? { MsgId: random.digits(17 + random.below(3)) } : {}),
    ...(event === undefined && random.chance(0.1) ? { MsgDataId: random.digits(10), Idx: '2' } : {}),
  };
}

/** As WeChat writes it: text in CDATA, numbers bare, a line for each element or none at all. */
export function asXml(fields: XmlNode, random: Random): string {
  const gap = random.pick(['', '', '\n', '\r\n', '\n  ']);
  return `${random.pick(['', '', '<?xml version="1.0" encoding="UTF-8"?>\n'])}<xml>${gap}${elements(fields, gap)}</xml>${gap}`;
}

function elements(fields: XmlNode, gap: string): string {
  return Object.entries(fields)
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((one) => element(name, one, gap)),
    )
    .join('');
}

function element(name: string, value: string | XmlNode, gap: string): string {
  if (typeof value !== 'string') return `<${name}>${gap}${elements(value, gap)}</${name}>${gap}`;
  const content = /^[0-9.]+$/.test(value)
    ? value
    : `<![CDATA[${value.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
  return `<${name}>${content}</${name}>${gap}`;
}

/** The JSON form: numbers as numbers, a list of one as the one. */
export function asJson(fields: XmlNode): string {
  return jsonOf(fields);
}

function jsonOf(value: XmlValue): string {
  if (typeof value === 'string') return /^(?:0|[1-9][0-9]*)$/.test(value) ? value : JSON.stringify(value);
  if (Array.isArray(value)) return value.length === 1 ? jsonOf(value[0]!) : `[${value.map(jsonOf).join()}]`;
  return `{${Object.entries(value)
    .map(([name, one]) => `${JSON.stringify(name)}:${jsonOf(one)}`)
    .join()}}`;
}

const openid = (random: Random): string => `oDemo${random.digits(23)}`;

const point = (random: Random): XmlNode => ({
  Location_X: `${20 + random.below(20)}.${random.digits(6)}`,
  Location_Y: `${100 + random.below(22)}.${random.digits(6)}`,
});

const scanned = (random: Random): XmlNode => ({
  ScanType: random.pick(['qrcode', 'barcode']),
  ScanResult: random.pick(['COUPON-1', 'CODE_128,12345', 'https://travel.example/?x=<y>']),
});

function pictures(random: Random): XmlNode {
  const items = some(random, () => ({ PicMd5Sum: random.digits(32) }));
  const lists = random.chance(0.3) ? items.map((item) => ({ item: [item] })) : [{ item: items }];
  return { EventKey: 'photos', SendPicsInfo: { Count: String(items.length), PicList: lists } };
}

const notice = (random: Random, more: XmlNode): XmlNode => ({
  TemplateId: `T${random.digits(3)}`,
  SubscribeStatusString: random.pick(['accept', 'reject']),
  ...more,
});

const some = <T>(random: Random, make: () => T): T[] => Array.from({ length: 1 + random.below(3) }, make);
