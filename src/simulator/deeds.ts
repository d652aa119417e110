import { AppError, messageOf } from '../errors';
import { dayMs } from '../kit/beijing';
import { type Callbacks, type Outcome, textOf } from './callbacks';
import type { ChatItem, Seen, Sent } from './chat';
import { type Fan, openWindow } from './fans';
import { readReply } from './replies';
import type { Button, Scene, World } from './world';
import type { Fields } from './xml';

export type Place = { latitude: number; longitude: number; label: string; name?: string; scale?: number };

/** What came of something a fan did. */
export type Deed = {
  item: ChatItem & { from: 'fan' };
  /** What she sees at once: the passive reply or the banner; undefined when the account said nothing. */
  seen?: Seen;
  outcome: Outcome;
};

export type DeedOptions = {
  /** All copies at once instead of one after the other. */
  storm?: boolean;
  /** Business seconds of the message instead of now; for clashes on purpose. */
  createTime?: number;
  /** Message id instead of a new one. */
  msgId?: string;
};

/** Events whose reply nobody can see: no banner when they fail. */
const silent = new Set([
  'unsubscribe',
  'VIEW',
  'LOCATION',
  'view_miniprogram',
  'TEMPLATESENDJOBFINISH',
  'subscribe_msg_popup_event',
  'MASSSENDJOBFINISH',
]);

/**
 * What simulated fans can do. Each deed stands in her chat at once, goes to the callback, and resolves when WeChat
 * is done with it: answered, or given up after three deliveries.
 */
export function createDeeds({
  world,
  callbacks,
  mediaUrl,
}: {
  world: World;
  callbacks: Callbacks;
  /** Where a picture uploaded by the account or sent by a fan can be seen. */
  mediaUrl: (mediaId: string) => string | undefined;
}) {
  const { clock } = world;
  // 64-bit ids as strings, never the same again after a restart; beyond 2^53, as WeChat's own.
  let nextMsgId = BigInt(Date.now()) * 1_000_000n;
  const eventSeconds = new Map<string, number>();

  const seconds = () => Math.floor(clock.now() / 1000);

  /** WeChat cannot tell two equal events of one second apart, nor can the account: the second one waits for its own. */
  const secondOf = (fan: Fan, event: string, key: string): number => {
    const id = `${fan.openid}|${event}|${key}`;
    const second = Math.max(seconds(), (eventSeconds.get(id) ?? 0) + 1);
    if (eventSeconds.size > 10_000) eventSeconds.clear();
    eventSeconds.set(id, second);
    return second;
  };

  async function go(
    fan: Fan,
    body: Sent,
    inner: Fields,
    { type, trigger, ...options }: DeedOptions & { type: string; trigger: 'message' | 'event' },
  ): Promise<Deed> {
    fan.actedAt = Date.now();
    const event = textOf(inner, 'Event');
    const createTime =
      options.createTime ??
      (trigger === 'event' ? secondOf(fan, event, textOf(inner, 'EventKey')) : seconds());
    const fields: Fields = {
      ToUserName: world.account,
      FromUserName: fan.openid,
      CreateTime: createTime,
      MsgType: type,
      ...inner,
      ...(trigger === 'message'
        ? { MsgId: options.msgId === undefined ? nextMsgId++ : BigInt(options.msgId) }
        : {}),
    };
    const item = world.sent(fan, body);
    const outcome = await callbacks.deliver(fields, fan.openid, options.storm ? { storm: true } : {});
    const seen = judge(fan, outcome, { trigger, silent: silent.has(event) });
    world.wired(fan, item, outcome.wire);
    if (seen && fan.following) world.received(fan, seen, { channel: 'reply', wireOf: item.id });
    return { item, outcome, ...(seen ? { seen } : {}) };
  }

  function judge(
    fan: Fan,
    { answer, wire }: Outcome,
    how: { trigger: 'message' | 'event'; silent: boolean },
  ) {
    const failed = (why: string): Seen | undefined => {
      wire.remarks.push(`失敗：${why}`);
      return how.silent ? undefined : { kind: 'banner', why };
    };
    if (answer.kind === 'failed') return failed(answer.why);
    if (answer.kind === 'nothing') return undefined;
    try {
      const seen = readReply(answer.fields, {
        openid: fan.openid,
        account: world.account,
        trigger: how.trigger,
        mediaUrl,
        remark: (words) => wire.remarks.push(words),
      });
      if (!how.silent) return seen;
      wire.remarks.push('這種事件的回覆沒有人看得到');
      return undefined;
    } catch (error) {
      return failed(messageOf(error));
    }
  }

  const mustFollow = (fan: Fan) => {
    if (!fan.following)
      throw new AppError('Conflict', 'simulator.not-following', `${fan.name} 還沒有關注，請先關注`);
  };

  const event = (fan: Fan, name: string, more: Fields & { words: string }, options: DeedOptions = {}) => {
    const { words, ...inner } = more;
    const key = inner['EventKey'];
    const body: Sent = {
      kind: 'event',
      event: name,
      words,
      ...(typeof key === 'string' && key ? { key } : {}),
    };
    return go(fan, body, { Event: name, ...inner }, { type: 'event', trigger: 'event', ...options });
  };

  const message = (fan: Fan, type: string, body: Sent, inner: Fields, options: DeedOptions = {}) => {
    mustFollow(fan);
    openWindow(fan, 'message', clock.now());
    return go(fan, body, inner, { type, trigger: 'message', ...options });
  };

  const newMedia = (type: string, contentType: string, bytes: Buffer) => {
    const id = `sim-${type}-${nextMsgId++}`;
    world.media.set(id, { id, type, contentType, bytes, expiresAt: clock.now() + 3 * dayMs });
    return { id, url: mediaUrl(id) ?? '' };
  };

  const deeds = {
    /** She types something. With `menuItem` she tapped a line of a msgmenu, which counts as a menu tap. */
    says: (fan: Fan, text: string, options: DeedOptions & { menuItem?: string } = {}) => {
      const { menuItem, ...rest } = options;
      if (menuItem === undefined)
        return message(fan, 'text', { kind: 'text', text }, { Content: text }, rest);
      mustFollow(fan);
      openWindow(fan, 'tap', clock.now());
      const body: Sent = { kind: 'text', text, menuItem };
      return go(
        fan,
        body,
        { Content: text, bizmsgmenuid: menuItem },
        { type: 'text', trigger: 'message', ...rest },
      );
    },
    sendsImage: (fan: Fan, image: { bytes: Buffer; contentType: string }, options?: DeedOptions) => {
      mustFollow(fan);
      const { id, url } = newMedia('image', image.contentType, image.bytes);
      return message(
        fan,
        'image',
        { kind: 'image', mediaId: id, url },
        { PicUrl: url, MediaId: id },
        options,
      );
    },
    sendsVoice: (fan: Fan, voice: { recognition?: string } = {}, options?: DeedOptions) => {
      mustFollow(fan);
      const { id } = newMedia('voice', 'audio/amr', Buffer.from('#!AMR\n'));
      return message(
        fan,
        'voice',
        { kind: 'voice', mediaId: id, ...voice },
        {
          MediaId: id,
          Format: 'amr',
          MediaId16K: `${id}-16k`,
          ...(voice.recognition ? { Recognition: voice.recognition } : {}),
        },
        options,
      );
    },
    sendsVideo: (fan: Fan, options?: DeedOptions) => {
      mustFollow(fan);
      const { id } = newMedia('video', 'video/mp4', Buffer.alloc(0));
      const thumb = `${id}-thumb`;
      return message(
        fan,
        'video',
        { kind: 'video', mediaId: id, thumbMediaId: thumb },
        { MediaId: id, ThumbMediaId: thumb },
        options,
      );
    },
    sendsLocation: (fan: Fan, place: Place, options?: DeedOptions) => {
      const { latitude, longitude, label } = place;
      const scale = place.scale ?? 16;
      return message(
        fan,
        'location',
        { kind: 'location', latitude, longitude, scale, label, ...(place.name ? { name: place.name } : {}) },
        { Location_X: latitude, Location_Y: longitude, Scale: scale, Label: label },
        options,
      );
    },
    sendsLink: (fan: Fan, link: { title: string; description: string; url: string }, options?: DeedOptions) =>
      message(
        fan,
        'link',
        { kind: 'link', ...link },
        { Title: link.title, Description: link.description, Url: link.url },
        options,
      ),

    /** By search, or by the QR code of a scene. A follower who follows again changes nothing. */
    follows: (fan: Fan, scene?: string, options?: DeedOptions) => {
      if (fan.following)
        throw new AppError('Conflict', 'simulator.already-following', `${fan.name} 已經關注了`);
      const ticket = scene === undefined ? undefined : sceneOf(scene);
      fan.following = true;
      fan.known = true;
      fan.subscribedAt = clock.now();
      fan.subscribeScene = ticket ? 'ADD_SCENE_QR_CODE' : 'ADD_SCENE_SEARCH';
      fan.qrScene = scene ?? '';
      openWindow(fan, 'follow', clock.now());
      world.changed(fan);
      return event(
        fan,
        'subscribe',
        {
          EventKey: ticket ? `qrscene_${ticket.scene}` : '',
          ...(ticket ? { Ticket: ticket.ticket } : {}),
          words: ticket ? `掃碼關注（${ticket.scene}）` : '關注了公眾號',
        },
        options,
      );
    },
    leaves: (fan: Fan, options?: DeedOptions) => {
      mustFollow(fan);
      fan.following = false;
      fan.windows = {};
      fan.tags = [];
      world.changed(fan);
      return event(fan, 'unsubscribe', { EventKey: '', words: '取消關注' }, options);
    },
    /** Scans the QR code of a scene: an event for a follower, a follow for everybody else. */
    scans: (fan: Fan, scene: string, options?: DeedOptions) => {
      if (!fan.following) return deeds.follows(fan, scene, options);
      const { ticket, scene: key } = sceneOf(scene);
      openWindow(fan, 'scan', clock.now());
      return event(fan, 'SCAN', { EventKey: key, Ticket: ticket, words: `掃了二維碼（${key}）` }, options);
    },
    /** A menu key, whether the menu has it or not (an old menu on her phone may). */
    clicks: (fan: Fan, key: string, options?: DeedOptions) => {
      mustFollow(fan);
      openWindow(fan, 'tap', clock.now());
      return event(fan, 'CLICK', { EventKey: key, words: `點了菜單「${nameOfKey(key) ?? key}」` }, options);
    },
    views: (fan: Fan, url: string, options?: DeedOptions) => {
      mustFollow(fan);
      return event(fan, 'VIEW', { EventKey: url, words: `點了菜單，打開網頁 ${url}` }, options);
    },
    /** Her position, as sent when she enters the chat. */
    arrives: (fan: Fan, place: Place, options?: DeedOptions) => {
      mustFollow(fan);
      return event(
        fan,
        'LOCATION',
        {
          Latitude: place.latitude,
          Longitude: place.longitude,
          Precision: 65,
          words: `進入會話，上報位置（${place.name ?? place.label}）`,
        },
        options,
      );
    },
    scansCode: async (
      fan: Fan,
      tap: { type: 'scancode_push' | 'scancode_waitmsg'; key: string; result: string },
      options?: DeedOptions,
    ) => {
      mustFollow(fan);
      openWindow(fan, 'tap', clock.now());
      return event(
        fan,
        tap.type,
        {
          EventKey: tap.key,
          ScanCodeInfo: {
            ScanType: /^https?:/.test(tap.result) ? 'qrcode' : 'barcode',
            ScanResult: tap.result,
          },
          words: `用菜單掃了「${tap.result}」`,
        },
        options,
      );
    },
    /** The event of the menu, then her pictures as messages of their own; the last deed is what came of the picture. */
    photographs: async (
      fan: Fan,
      tap: {
        type: 'pic_sysphoto' | 'pic_photo_or_album' | 'pic_weixin';
        key: string;
        image: { bytes: Buffer; contentType: string };
      },
      options?: DeedOptions,
    ) => {
      mustFollow(fan);
      await event(
        fan,
        tap.type,
        {
          EventKey: tap.key,
          SendPicsInfo: { Count: 1, PicList: { item: { PicMd5Sum: '1b5f7c23b5bf75682a53e7b6d163e185' } } },
          words: '從菜單選了圖片',
        },
        options,
      );
      return deeds.sendsImage(fan, tap.image, options);
    },
    /** The event of the menu, then the location as a message; what counts is the reply to the message. */
    picksLocation: async (fan: Fan, tap: { key: string; place: Place }, options?: DeedOptions) => {
      mustFollow(fan);
      const { place } = tap;
      const x = String(place.latitude);
      const y = String(place.longitude);
      await event(
        fan,
        'location_select',
        {
          EventKey: tap.key,
          SendLocationInfo: {
            Location_X: x,
            Location_Y: y,
            Scale: '15',
            Label: place.label,
            Poiname: place.name ?? '',
          },
          words: `從菜單選了位置（${place.name ?? place.label}）`,
        },
        options,
      );
      return deeds.sendsLocation(fan, place, options);
    },
    /** She says yes or no to a subscription notice, in an article. A yes is one notice, and adds to those before. */
    answersPopup: (
      fan: Fan,
      { templateId, accepts }: { templateId: string; accepts: boolean },
      options?: DeedOptions,
    ) => {
      if (accepts) fan.grants[templateId] = (fan.grants[templateId] ?? 0) + 1;
      const status = accepts ? 'accept' : 'reject';
      return event(
        fan,
        'subscribe_msg_popup_event',
        {
          SubscribeMsgPopupEvent: {
            List: { TemplateId: templateId, SubscribeStatusString: status, PopupScene: 2 },
          },
          words: `${accepts ? '同意' : '取消'}接收訂閱通知（${templateId}）`,
        },
        options,
      );
    },
    /** An event that no finger made, such as TEMPLATESENDJOBFINISH. Shown in no chat. */
    pushes: (fan: { openid: string }, fields: Fields) =>
      callbacks.deliver(
        {
          ToUserName: world.account,
          FromUserName: fan.openid,
          CreateTime: seconds(),
          MsgType: 'event',
          ...fields,
        },
        fan.openid,
      ),
    /** What a message of any other kind does; fields are sent as they are. */
    sendsRaw: (fan: Fan, type: string, fields: Fields, options?: DeedOptions) =>
      message(fan, type, { kind: 'event', event: type, words: `發了一條「${type}」消息` }, fields, options),
  };

  const sceneOf = (scene: string): Scene => {
    const made = [...world.scenes.values()].find((one) => one.scene === scene && one.expiresAt > clock.now());
    if (made) return made;
    // A code printed long ago, made before this simulator was started.
    const ticket = `gQSIM${Buffer.from(scene).toString('base64url')}`;
    return { ticket, scene, permanent: true, expiresAt: Number.MAX_SAFE_INTEGER, url: '' };
  };

  const nameOfKey = (key: string): string | undefined => {
    const find = (buttons: Button[]): string | undefined => {
      for (const button of buttons) {
        if (button.key === key) return button.name;
        const inside = find(button.sub_button ?? []);
        if (inside) return inside;
      }
      return undefined;
    };
    return find([...(world.menu ?? []), ...world.conditional.flatMap((one) => one.button)]);
  };

  return deeds;
}

export type Deeds = ReturnType<typeof createDeeds>;
