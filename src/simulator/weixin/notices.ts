import { z } from 'zod';
import { type Call, fanOf, ok, openidShape, Refusal } from './call';
import type { Platform } from './platform';
import { checkValues, values } from './templates';

const shape = z.object({
  touser: openidShape,
  template_id: z.string().min(1),
  page: z.string().optional(),
  miniprogram: z.object({ appid: z.string(), pagepath: z.string().optional() }).optional(),
  data: values,
});

/** Subscription notices: each yes of hers is one of them (wechat.md §6.2). */
export function noticeCalls(platform: Platform): Call[] {
  const { world } = platform;

  return [
    {
      path: '/cgi-bin/message/subscribe/bizsend',
      method: 'POST',
      effect: true,
      run: ({ read }) => {
        if (platform.accountType === 'subscription') throw new Refusal(48001, 'api unauthorized');
        const message = read(shape, 47001);
        const { template_id: templateId, data, page } = message;
        const known = platform.notices();
        if (known.length > 0 && !known.some((one) => one.template_id === templateId))
          throw new Refusal(40037, 'invalid template_id');
        const fan = fanOf(world, message.touser);
        checkValues(data);
        const left = fan.grants[templateId] ?? 0;
        if (left === 0) throw new Refusal(43101, 'user refuse to accept the msg');
        fan.grants[templateId] = left - 1;
        const fields = Object.entries(data).map(([name, { value }]) => ({ name, value }));
        world.received(
          fan,
          { kind: 'template', templateId, fields, ...(page === undefined ? {} : { url: page }) },
          { channel: 'template', path: '/cgi-bin/message/subscribe/bizsend' },
        );
        const sent = {
          TemplateId: templateId,
          MsgID: platform.nextId(),
          ErrorCode: 0,
          ErrorStatus: 'success',
        };
        platform.later(() =>
          platform.deeds.pushes(fan, {
            Event: 'subscribe_msg_sent_event',
            SubscribeMsgSentEvent: { List: sent },
          }),
        );
        // No msgid: that one only comes with the event.
        return ok();
      },
    },
    {
      path: '/wxaapi/newtmpl/gettemplate',
      method: 'GET',
      run: () =>
        ok({
          data: platform.notices().map(({ template_id: priTmplId, title, content, example = '' }) => ({
            priTmplId,
            title,
            content,
            example,
            type: 2,
          })),
        }),
    },
  ];
}
