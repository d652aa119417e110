import { z } from 'zod';
import { type Call, fanOf, ok, openidShape, Refusal } from './call';
import type { Platform } from './platform';

/** Values of a template's keys. */
export const values = z.record(
  z.string(),
  z.object({ value: z.union([z.string(), z.number()]).transform(String) }),
);
const shape = z.object({
  touser: openidShape,
  template_id: z.string().min(1),
  url: z.string().optional(),
  miniprogram: z.object({ appid: z.string(), pagepath: z.string().optional() }).optional(),
  data: values,
  client_msg_id: z.string().optional(),
});

/** How long a value of each kind of key may be, in characters (wechat.md §6.2). */
const longest: Record<string, number> = {
  thing: 20,
  number: 32,
  letter: 32,
  symbol: 5,
  character_string: 32,
  phone_number: 17,
  car_number: 8,
  name: 20,
  phrase: 5,
  const: 20,
};

/** @throws Refusal 47003, which names the key */
export function checkValues(data: z.infer<typeof values>): void {
  for (const [key, { value }] of Object.entries(data)) {
    const most = longest[key.replace(/\d+$/, '')];
    if (value === '' || (most !== undefined && [...value].length > most))
      throw new Refusal(47003, `argument invalid! data.${key}.value invalid`);
  }
}

/** Template messages: the same `client_msg_id` to one fan once in ten minutes (wechat.md §6.1). */
export function templateCalls(platform: Platform): Call[] {
  const { world } = platform;
  const sent = new Map<string, { msgid: number; at: number }>();

  return [
    {
      path: '/cgi-bin/message/template/send',
      method: 'POST',
      daily: 100_000,
      effect: true,
      run: ({ read }) => {
        if (platform.accountType === 'subscription') throw new Refusal(48001, 'api unauthorized');
        const message = read(shape, 47001);
        const known = platform.templates();
        if (known.length > 0 && !known.some((one) => one.template_id === message.template_id)) {
          throw new Refusal(40037, 'invalid template_id');
        }
        const stranger = world.byOpenid(message.touser);
        if (stranger && !stranger.following) throw new Refusal(43004, 'require subscribe');
        const fan = fanOf(world, message.touser);
        checkValues(message.data);
        const once = message.client_msg_id && `${fan.openid}|${message.client_msg_id}`;
        const before = once ? sent.get(once) : undefined;
        if (before && world.clock.now() - before.at < 600_000)
          return ok({ msgid: before.msgid, repeated: true });
        const msgid = platform.nextId();
        if (once) sent.set(once, { msgid, at: world.clock.now() });
        if (sent.size > 50_000) sent.clear();
        if (!fan.refuses) {
          const fields = Object.entries(message.data).map(([name, { value }]) => ({ name, value }));
          const url = message.url ? { url: message.url } : {};
          world.received(
            fan,
            { kind: 'template', templateId: message.template_id, fields, ...url },
            { channel: 'template', path: '/cgi-bin/message/template/send' },
          );
        }
        const status = fan.refuses ? 'failed:user block' : 'success';
        platform.later(() =>
          platform.deeds.pushes(fan, { Event: 'TEMPLATESENDJOBFINISH', MsgID: msgid, Status: status }),
        );
        return ok({ msgid });
      },
    },
    {
      path: '/cgi-bin/template/get_all_private_template',
      method: 'GET',
      run: () => ({ template_list: platform.templates() }),
    },
  ];
}
