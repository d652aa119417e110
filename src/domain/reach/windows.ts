import type { Message } from '../../wechat/protocol/inbound';

/** What she did that opens a window, and when (CreateTime, ms): `talk` wrote to us; `tap` tapped the menu, followed, scanned. */
export type Opened = { talk: number } | { tap: number };

/**
 * Which window for customer messages a callback opens (wechat.md §4.1): a message 5 in 48 h; a menu tap, a follow, a
 * scan 3 in one minute; a tapped item of a msgmenu counts as a menu tap; VIEW, pictures and location_select give none.
 */
export function windowOpenedBy(message: Message): Opened | undefined {
  const start = message.at * 1_000;
  switch (message.kind) {
    case 'text':
      return message.menuId === undefined ? { talk: start } : { tap: start };
    case 'sticker':
    case 'image':
    case 'voice':
    case 'video':
    case 'shortvideo':
    case 'location':
    case 'link':
    case 'file':
      return { talk: start };
    case 'click':
    case 'scanCode':
    case 'follow':
    case 'scan':
      return { tap: start };
    default:
      return undefined;
  }
}
