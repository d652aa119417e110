import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../src/kit/root';
import { readMessage } from '../../../src/wechat/protocol/inbound';
import { fieldsRead } from '../../../src/wechat/protocol/inbound-kinds';
import { listTags } from '../../../src/wechat/protocol/xml-scan';

const head =
  '<ToUserName><![CDATA[gh_demo0001]]></ToUserName><FromUserName><![CDATA[oDemoUserA]]></FromUserName><CreateTime>1790000001</CreateTime>';
const message = (type: string, rest: string) =>
  readMessage(`<xml>${head}<MsgType><![CDATA[${type}]]></MsgType>${rest}</xml>`);
const event = (name: string, rest = '') => message('event', `<Event><![CDATA[${name}]]></Event>${rest}`);

test('a text carries who, to whom, when and its id', () => {
  expect(message('text', '<Content><![CDATA[附近优惠]]></Content><MsgId>24700000000000001</MsgId>')).toEqual({
    kind: 'text',
    content: '附近优惠',
    openid: 'oDemoUserA',
    account: 'gh_demo0001',
    at: 1790000001,
    id: '24700000000000001',
    identity: 'm:24700000000000001',
  });
});

test.each([
  [
    'text',
    '<Content>7</Content><bizmsgmenuid>101</bizmsgmenuid>',
    { kind: 'text', content: '7', menuId: '101' },
  ],
  ['text', '<Content><![CDATA[【收到不支持的消息类型，暂无法显示】]]></Content>', { kind: 'sticker' }],
  ['text', '<Content><![CDATA[[Unsupported Message]]]></Content>', { kind: 'sticker' }],
  ['text', '<Content><![CDATA[【收到不支持的消息類型，暫無法顯示】]]></Content>', { kind: 'sticker' }],
  ['text', '<Content><![CDATA[/::B]]></Content>', { kind: 'sticker' }],
  ['text', '<Content><![CDATA[/:8-)/::D ]]></Content>', { kind: 'sticker' }],
  ['text', '<Content><![CDATA[B/::D]]></Content>', { kind: 'text', content: 'B/::D' }],
  ['text', '<Content><![CDATA[/::D 好的]]></Content>', { kind: 'text' }],
  ['text', '<Content><![CDATA[為什麼說收到不支持的消息]]></Content>', { kind: 'text' }],
  [
    'voice',
    '<MediaId><![CDATA[mid8k]]></MediaId><Format><![CDATA[amr]]></Format><MediaId16K><![CDATA[mid16k]]></MediaId16K>',
    { kind: 'voice', mediaId: 'mid8k', mediaId16k: 'mid16k', format: 'amr' },
  ],
  [
    'location',
    '<Location_X>31.231706</Location_X><Location_Y>121.472644</Location_Y><Scale>16</Scale><Label><![CDATA[某路1号]]></Label>',
    { kind: 'location', lat: 31.231706, lng: 121.472644, scale: 16, label: '某路1号', datum: 'gcj02' },
  ],
])('a %s message has its fields', (type, rest, expected) => {
  expect(message(type, `${rest}<MsgId>1</MsgId>`)).toMatchObject(expected);
});

test.each([
  [
    'subscribe',
    '<EventKey><![CDATA[qrscene_store_88]]></EventKey><Ticket><![CDATA[gQTICKET]]></Ticket>',
    { kind: 'follow', scene: 'store_88', ticket: 'gQTICKET' },
  ],
  [
    'SCAN',
    '<EventKey><![CDATA[store_88]]></EventKey><Ticket><![CDATA[gQTICKET]]></Ticket>',
    { kind: 'scan', scene: 'store_88' },
  ],
  [
    'LOCATION',
    '<Latitude>31.2300</Latitude><Longitude>121.4700</Longitude><Precision>65.0</Precision>',
    { kind: 'position', lat: 31.23, lng: 121.47, precision: 65 },
  ],
  [
    'scancode_waitmsg',
    '<EventKey><![CDATA[scan_redeem]]></EventKey><ScanCodeInfo><ScanType><![CDATA[qrcode]]></ScanType><ScanResult><![CDATA[COUPON-1]]></ScanResult></ScanCodeInfo>',
    { kind: 'scanCode', wait: true, key: 'scan_redeem', codeType: 'qrcode', result: 'COUPON-1' },
  ],
  [
    'location_select',
    '<EventKey><![CDATA[near]]></EventKey><SendLocationInfo><Location_X><![CDATA[31.23]]></Location_X><Location_Y><![CDATA[121.47]]></Location_Y><Scale><![CDATA[15]]></Scale><Label><![CDATA[某路]]></Label><Poiname><![CDATA[]]></Poiname></SendLocationInfo>',
    {
      kind: 'selectLocation',
      key: 'near',
      lat: 31.23,
      lng: 121.47,
      scale: 15,
      label: '某路',
      poi: undefined,
    },
  ],
  [
    'pic_weixin',
    '<EventKey>p</EventKey><SendPicsInfo><Count>2</Count><PicList><item><PicMd5Sum><![CDATA[a1]]></PicMd5Sum></item></PicList><PicList><item><PicMd5Sum><![CDATA[b2]]></PicMd5Sum></item></PicList></SendPicsInfo>',
    { kind: 'sendPics', how: 'weixin', key: 'p', count: 2, md5s: ['a1', 'b2'] },
  ],
  [
    'TEMPLATESENDJOBFINISH',
    '<MsgID>3300000000001</MsgID><Status><![CDATA[failed: system failed]]></Status>',
    { kind: 'templateResult', messageId: '3300000000001', status: 'failed', raw: 'failed: system failed' },
  ],
  [
    'templatesendjobfinish',
    '<MsgID>3300000000002</MsgID><Status><![CDATA[failed:user block]]></Status>',
    { kind: 'templateResult', status: 'blocked' },
  ],
  [
    'MASSSENDJOBFINISH',
    '<MsgID>1000001</MsgID><Status><![CDATA[send success]]></Status><TotalCount>100</TotalCount><FilterCount>80</FilterCount><SentCount>79</SentCount><ErrorCount>1</ErrorCount>',
    {
      kind: 'massResult',
      messageId: '1000001',
      status: 'sent',
      total: 100,
      filtered: 80,
      sent: 79,
      failed: 1,
      articles: [],
    },
  ],
  [
    'MASSSENDJOBFINISH',
    '<MsgID>1000002</MsgID><Status><![CDATA[err(30003)]]></Status>',
    { kind: 'massResult', status: 'refused', reason: 30003, total: undefined },
  ],
  [
    'PUBLISHJOBFINISH',
    '<PublishEventInfo><publish_id>2247</publish_id><publish_status>2</publish_status><fail_idx>1</fail_idx><fail_idx>3</fail_idx></PublishEventInfo>',
    { kind: 'publishResult', publishId: '2247', status: 2, articles: [], failedIdx: [1, 3] },
  ],
  [
    'subscribe_msg_popup_event',
    '<SubscribeMsgPopupEvent><List><TemplateId><![CDATA[T1]]></TemplateId><SubscribeStatusString><![CDATA[accept]]></SubscribeStatusString><PopupScene>0</PopupScene></List><List><TemplateId><![CDATA[T2]]></TemplateId><SubscribeStatusString><![CDATA[reject]]></SubscribeStatusString><PopupScene>0</PopupScene></List></SubscribeMsgPopupEvent>',
    {
      kind: 'noticePopup',
      items: [
        { templateId: 'T1', accepted: true, scene: '0' },
        { templateId: 'T2', accepted: false, scene: '0' },
      ],
    },
  ],
  [
    'user_authorization_revoke',
    '<OpenID><![CDATA[oDemoUserB]]></OpenID><AppID><![CDATA[wxdemo]]></AppID><RevokeInfo><![CDATA[1]]></RevokeInfo>',
    { kind: 'authorization', change: 'revoked', subject: 'oDemoUserB', openid: 'oDemoUserA' },
  ],
])('a %s event has its fields', (name, rest, expected) => {
  expect(event(name, rest)).toMatchObject(expected);
});

test('a plain follow has no scene, nor has one that came with a payment', () => {
  expect(event('subscribe', '<EventKey><![CDATA[]]></EventKey>')).toMatchObject({
    kind: 'follow',
    scene: undefined,
  });
  expect(event('subscribe')).toMatchObject({ kind: 'follow', scene: undefined });
  expect(event('subscribe', '<EventKey><![CDATA[last_trade_no_42]]></EventKey>')).toMatchObject({
    scene: undefined,
  });
});

test('the case of a type or an event does not matter', () => {
  expect(event('UNSUBSCRIBE').kind).toBe('leave');
  expect(event('Click', '<EventKey>A</EventKey>')).toMatchObject({ kind: 'click', key: 'A' });
  expect(message('TEXT', '<Content>x</Content>')).toMatchObject({ kind: 'text' });
});

test.each([
  ['object', '{"List":{"TemplateId":"T1","SubscribeStatusString":"accept","PopupScene":"0"}}'],
  ['list', '{"List":[{"TemplateId":"T1","SubscribeStatusString":"accept","PopupScene":"0"}]}'],
  ['list of events', '[{"List":{"TemplateId":"T1","SubscribeStatusString":"accept","PopupScene":"0"}}]'],
  ['list of bare events', '[{"TemplateId":"T1","SubscribeStatusString":"accept","PopupScene":"0"}]'],
])('a JSON notice with one item as %s is one item', (_, popup) => {
  const text = `{"ToUserName":"gh_demo0001","FromUserName":"oDemoUserA","CreateTime":1790000001,"MsgType":"event","Event":"subscribe_msg_popup_event","SubscribeMsgPopupEvent":${popup}}`;
  expect(readMessage(text)).toMatchObject({ items: [{ templateId: 'T1', accepted: true, scene: '0' }] });
});

test('what nobody knows yet is unknown, with its name', () => {
  expect(message('hologram', '<Beam>1</Beam>')).toMatchObject({ kind: 'unknown', type: 'hologram' });
  expect(event('new_thing')).toMatchObject({ kind: 'unknown', type: 'event:new_thing' });
  expect(message('event', '')).toMatchObject({ kind: 'unknown', type: 'event:' });
});

test.each([
  ['none', ''],
  ['half of one', '<Location_X>31.2</Location_X>'],
  ['words', '<Location_X>north</Location_X><Location_Y>east</Location_Y>'],
  ['NaN', '<Location_X>NaN</Location_X><Location_Y>NaN</Location_Y>'],
  ['hexadecimal', '<Location_X>0x1F</Location_X><Location_Y>1e2</Location_Y>'],
  ['one outside the globe', '<Location_X>121.47</Location_X><Location_Y>31.23</Location_Y>'],
  ['elements', '<Location_X><a>1</a></Location_X><Location_Y>1</Location_Y>'],
])('a location with %s for a point is unknown, never NaN', (_, rest) => {
  expect(message('location', rest)).toMatchObject({ kind: 'unknown', type: 'location' });
});

test('fields that are missing or of the wrong shape are empty, never an error', () => {
  expect(message('image', '<PicUrl><a>1</a></PicUrl>')).toMatchObject({
    kind: 'image',
    picUrl: '',
    mediaId: '',
  });
  expect(event('scancode_push', '<ScanCodeInfo>x</ScanCodeInfo>')).toMatchObject({
    kind: 'scanCode',
    result: '',
  });
  expect(event('pic_sysphoto')).toMatchObject({ kind: 'sendPics', count: 0, md5s: [] });
});

test('what was written from inside an article says which', () => {
  const text = message(
    'text',
    '<Content>讚</Content><MsgId>1</MsgId><MsgDataId>2650001</MsgDataId><Idx>2</Idx>',
  );
  expect(text.fromArticle).toEqual({ dataId: '2650001', idx: '2' });
});

test.each([
  ['sender', '<xml><ToUserName>a</ToUserName><CreateTime>1</CreateTime><MsgType>text</MsgType></xml>'],
  ['account', '<xml><FromUserName>a</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType></xml>'],
  ['time', '<xml><ToUserName>a</ToUserName><FromUserName>b</FromUserName><MsgType>text</MsgType></xml>'],
  ['type', '<xml><ToUserName>a</ToUserName><FromUserName>b</FromUserName><CreateTime>1</CreateTime></xml>'],
  [
    'proper time',
    '<xml><ToUserName>a</ToUserName><FromUserName>b</FromUserName><CreateTime>1e3</CreateTime><MsgType>text</MsgType></xml>',
  ],
  [
    'proper sender',
    '<xml><ToUserName>a</ToUserName><FromUserName>b c</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType></xml>',
  ],
  ['single sender', '{"ToUserName":"a","FromUserName":["b","c"],"CreateTime":1,"MsgType":"text"}'],
])('a message without a %s is refused', (_, text) => {
  expect(() => readMessage(text)).toThrow(
    expect.objectContaining({ kind: 'Invalid', code: 'message.incomplete' }),
  );
});

describe('identity', () => {
  test.each([
    '9007199254740991',
    '9007199254740993',
    '9223372036854775807',
    '9223372036854775809',
    '18446744073709551615',
  ])('MsgId %s and its neighbour stay apart, in XML and in JSON', (id) => {
    const neighbour = (BigInt(id) - 1n).toString();
    const inXml = (msgId: string) => message('text', `<Content>x</Content><MsgId>${msgId}</MsgId>`);
    const inJson = (msgId: string) =>
      readMessage(
        `{"ToUserName":"g","FromUserName":"o","CreateTime":1,"MsgType":"text","Content":"x","MsgId":${msgId}}`,
      );
    for (const read of [inXml, inJson]) {
      expect(read(id).id).toBe(id);
      expect(read(id).identity).toBe(`m:${id}`);
      expect(read(neighbour).identity).not.toBe(read(id).identity);
    }
  });

  test('two copies of an event are one, whatever the order of their fields', () => {
    const one = event('CLICK', '<EventKey>A</EventKey>');
    const other = readMessage(
      `<xml><EventKey><![CDATA[A]]></EventKey><Event>CLICK</Event><MsgType>event</MsgType>\n${head}</xml>`,
    );
    expect(other.identity).toBe(one.identity);
  });

  test('different events of one person in one second are different', () => {
    const all = [
      event('CLICK', '<EventKey>A</EventKey>'),
      event('CLICK', '<EventKey>B</EventKey>'),
      event('VIEW', '<EventKey>A</EventKey>'),
      event('scancode_push', '<EventKey>A</EventKey><ScanCodeInfo><ScanResult>1</ScanResult></ScanCodeInfo>'),
      event('scancode_push', '<EventKey>A</EventKey><ScanCodeInfo><ScanResult>2</ScanResult></ScanCodeInfo>'),
      event('LOCATION', '<Latitude>1</Latitude><Longitude>23</Longitude>'),
      event('LOCATION', '<Latitude>12</Latitude><Longitude>3</Longitude>'),
      event('TEMPLATESENDJOBFINISH', '<MsgID>9007199254740992</MsgID><Status>success</Status>'),
      event('TEMPLATESENDJOBFINISH', '<MsgID>9007199254740993</MsgID><Status>success</Status>'),
      event('subscribe'),
      event('unsubscribe'),
    ];
    expect(new Set(all.map((one) => one.identity)).size).toBe(all.length);
  });

  test('an event has its identity from all its fields even if it brings a MsgId', () => {
    const one = event('CLICK', '<EventKey>A</EventKey><MsgId>0</MsgId>');
    const other = event('CLICK', '<EventKey>B</EventKey><MsgId>0</MsgId>');
    expect(one.identity).not.toBe(other.identity);
  });

  test('copies in compatible mode are one although their encrypted halves differ', () => {
    const copy = (sealed: string) => event('CLICK', `<EventKey>A</EventKey><Encrypt>${sealed}</Encrypt>`);
    expect(copy('AAAA').identity).toBe(copy('BBBB').identity);
  });
});

test('every field that is read stands among those that may stand only once', () => {
  const source = ['inbound.ts', 'inbound-kinds.ts']
    .map((file) => readFileSync(join(root, 'src', 'wechat', 'protocol', file), 'utf8'))
    .join('\n');
  const read = [...source.matchAll(/\b[a-z]\w*\??\.([A-Z]\w*)\b/g)].map(([, name]) => name as string);
  expect(read.filter((name) => !fieldsRead.has(name) && !listTags.has(name))).toEqual([]);
});
