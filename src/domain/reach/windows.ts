import { hourMs } from '../../kit/beijing';
import type { Message } from '../../wechat/protocol/inbound';

/** Until when (business ms) and how many customer messages may still be sent. */
export type Window = { until: number; left: number };
/** `talk`: she wrote to us. `tap`: she tapped the menu, followed or scanned. Both may be open at once. */
export type Windows = { talk?: Window; tap?: Window };

/** 48 hours from CreateTime, less two minutes for clocks and queues. */
const talkMs = 48 * hourMs - 120_000;
/** One minute, counted as 45 seconds. */
const tapMs = 45_000;

/**
 * Which window for customer messages a callback opens (wechat.md §4.1): a message 5 in 48 h; a menu tap, a follow, a
 * scan 3 in one minute; a tapped item of a msgmenu counts as a menu tap; VIEW, pictures and location_select give none.
 */
export function windowsOpenedBy(message: Message): Windows {
  const start = message.at * 1_000;
  switch (message.kind) {
    case 'text':
      return message.menuId === undefined
        ? { talk: { until: start + talkMs, left: 5 } }
        : { tap: { until: start + tapMs, left: 3 } };
    case 'sticker':
    case 'image':
    case 'voice':
    case 'video':
    case 'shortvideo':
    case 'location':
    case 'link':
    case 'file':
      return { talk: { until: start + talkMs, left: 5 } };
    case 'click':
    case 'scanCode':
    case 'follow':
    case 'scan':
      return { tap: { until: start + tapMs, left: 3 } };
    default:
      return {};
  }
}
