import { AppError } from '../errors';
import { type ChatItem, wordsOf } from './chat';
import type { Deed, DeedOptions, Deeds, Place } from './deeds';
import type { Fan } from './fans';
import type { Button, World } from './world';

/** A picture of one pixel, for whom only *that* she sends one matters. */
export const dot = {
  bytes: Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  ),
  contentType: 'image/png',
};

export type Sending =
  | { location: Place }
  | { image: { bytes: Buffer; contentType: string } | true }
  | { voice: { recognition?: string } | true }
  | { video: true }
  | { link: { title: string; description: string; url: string } };

/** What a menu button needs from her beside the tap. */
export type TapWith = { place?: Place; code?: string; image?: { bytes: Buffer; contentType: string } };

/** One fan, by what she does. Every verb resolves when WeChat is done with it. */
export function createFanFace({ world, deeds, fan }: { world: World; deeds: Deeds; fan: Fan }) {
  return {
    name: fan.name,
    openid: fan.openid,
    state: fan,
    says: (text: string, options?: DeedOptions & { menuItem?: string }) => deeds.says(fan, text, options),
    sends(what: Sending, options?: DeedOptions): Promise<Deed> {
      if ('location' in what) return deeds.sendsLocation(fan, what.location, options);
      if ('image' in what) return deeds.sendsImage(fan, what.image === true ? dot : what.image, options);
      if ('voice' in what) return deeds.sendsVoice(fan, what.voice === true ? {} : what.voice, options);
      if ('link' in what) return deeds.sendsLink(fan, what.link, options);
      return deeds.sendsVideo(fan, options);
    },
    sendsRaw: (type: string, fields: Parameters<Deeds['sendsRaw']>[2], options?: DeedOptions) =>
      deeds.sendsRaw(fan, type, fields, options),
    clicks: (key: string, options?: DeedOptions) => deeds.clicks(fan, key, options),
    scans: (scene: string, options?: DeedOptions) => deeds.scans(fan, scene, options),
    follows: (scene?: string, options?: DeedOptions) => deeds.follows(fan, scene, options),
    grants: (templateId: string, options?: DeedOptions) =>
      deeds.answersPopup(fan, { templateId, accepts: true }, options),
    leaves: (options?: DeedOptions) => deeds.leaves(fan, options),
    arrives: (place: Place, options?: DeedOptions) => deeds.arrives(fan, place, options),

    /**
     * Taps a button of the menu she sees by its words (`'天氣'`, or `'服務/附近酒店'`) and does what the button
     * asks for. Resolves to undefined where nothing is pushed.
     */
    async taps(path: string, more: TapWith = {}, options?: DeedOptions): Promise<Deed | undefined> {
      const button = buttonAt(world.menuFor(fan) ?? world.menu, path);
      const key = button.key ?? '';
      switch (button.type) {
        case 'click':
          return deeds.clicks(fan, key, options);
        case 'view':
        case 'miniprogram':
          return deeds.views(fan, button.url ?? '', options);
        case 'scancode_push':
        case 'scancode_waitmsg':
          return deeds.scansCode(
            fan,
            { type: button.type, key, result: more.code ?? 'CODE_128,6901234567892' },
            options,
          );
        case 'pic_sysphoto':
        case 'pic_photo_or_album':
        case 'pic_weixin':
          return deeds.photographs(fan, { type: button.type, key, image: more.image ?? dot }, options);
        case 'location_select':
          if (!more.place) throw new AppError('Invalid', 'simulator.no-place', `菜單「${path}」要選一個位置`);
          return deeds.picksLocation(fan, { key, place: more.place }, options);
        case 'media_id':
          world.received(
            fan,
            { kind: 'card', title: button.name, description: '素材' },
            { channel: 'console' },
          );
          return undefined;
        default:
          return undefined;
      }
    },

    /** The whole chat, oldest first. */
    chat: (): ChatItem[] => [...fan.history],
    /** What the account said, as she reads it, oldest first: replies, customer messages, notices, mass messages. */
    inbox: (): string[] =>
      fan.history.flatMap((item) =>
        item.from === 'account' && item.body.kind !== 'transfer' ? [wordsOf(item.body)] : [],
      ),
  };
}

export type FanFace = ReturnType<typeof createFanFace>;

export function buttonAt(menu: Button[] | undefined, path: string): Button {
  let buttons = menu ?? [];
  let found: Button | undefined;
  for (const name of path.split('/')) {
    found = buttons.find((one) => one.name === name);
    if (!found) throw new AppError('NotFound', 'simulator.no-button', `菜單裡沒有「${path}」`);
    buttons = found.sub_button ?? [];
  }
  if (!found || buttons.length > 0)
    throw new AppError('Invalid', 'simulator.no-button', `「${path}」底下還有子菜單`);
  return found;
}
