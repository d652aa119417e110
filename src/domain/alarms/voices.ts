import { z } from 'zod';
import { AppError } from '../../errors';
import { beijingMoment } from '../../kit/beijing';
import { createOutside } from '../../kit/outside';
import type { MailRender } from '../../render/mails';
import { fitText } from '../../wechat/protocol/reply';
import type { MailSender } from '../mails/sender';

/** What is told. `ref`: the same alarm told again has the same. */
export type Told = { ref: string; text: string; at: Date };
/** A way to reach our people. It throws whatever kept it from them, and is tried again. */
export type Voice = (told: Told) => Promise<void>;

/** What one message of a group robot holds, in bytes. */
const mostBytes = 2048;
const answered = z.object({ errcode: z.number() });

/**
 * A group robot of 企業微信: POST of a text, 20 a minute. Whoever has its address may speak in the group: it stands in no error.
 * https://developer.work.weixin.qq.com/document/path/91770
 */
export function createWecomVoice(options: { url: string; timeoutMs?: number }): Voice {
  const { origin, pathname, search } = new URL(options.url);
  const outside = createOutside({
    name: '企業微信群機器人',
    baseUrl: origin,
    timeoutMs: options.timeoutMs ?? 10_000,
    maxBytes: 10_000,
  });
  return async ({ text, at }) => {
    const content = fitText(`小藝警報（${beijingMoment(at.getTime())}）\n${text}`, mostBytes);
    const body = JSON.stringify({ msgtype: 'text', text: { content } });
    const said = await outside.post(`${pathname}${search}`, body, { 'content-type': 'application/json' });
    const code = answered.safeParse(said).data?.errcode;
    if (code !== 0)
      throw new AppError(
        'Upstream',
        'alarm.refused',
        `企業微信群機器人 did not take the message (errcode ${code ?? 'missing'}); check ALARM_WECOM_URL, and whether the robot is still in its group.`,
      );
  };
}

export function createMailVoice(given: { to: string; sender: MailSender; render: MailRender }): Voice {
  const { to, sender, render } = given;
  return async ({ ref, text, at }) => {
    const written = render('alarm', { title: text.split('\n')[0], text, at: at.getTime() }, 'hant');
    const answer = await sender.send({ id: `alarm-${ref}`, to, ...written });
    if (answer === 'refused')
      throw new AppError(
        'Upstream',
        'alarm.refused',
        'The mail server will have no mail for ALARM_MAIL_TO; check the address.',
      );
  };
}
