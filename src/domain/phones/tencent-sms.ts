import { z } from 'zod';
import { AppError } from '../../errors';
import { minuteMs } from '../../kit/beijing';
import type { Log } from '../../kit/log';
import { createOutside } from '../../kit/outside';
import type { SmsMessage, SmsSender } from './sms';
import { signTc3, tc3ContentType } from './tc3';

/** Answers are HTTP 200: an error of the whole call, or what became of each message. */
const answered = z.object({
  Response: z.object({
    RequestId: z.string().optional(),
    Error: z.object({ Code: z.string() }).optional(),
    SendStatusSet: z.array(z.object({ Code: z.string() })).optional(),
  }),
});

/** It is this phone, not us: it takes none (退訂), gets too many, or is no phone. */
const ofThePhone = [
  'FailedOperation.PhoneNumberInBlacklist',
  'FailedOperation.PhoneOnDoNotDisturbList',
  'InvalidParameterValue.IncorrectPhoneNumber',
  'LimitExceeded.DeliveryFrequencyLimit',
  'LimitExceeded.PhoneNumberDailyLimit',
  'LimitExceeded.PhoneNumberOneHourLimit',
  'LimitExceeded.PhoneNumberSameContentDailyLimit',
  'LimitExceeded.PhoneNumberThirtySecondLimit',
];

/** It may pass by itself. */
const passing = /^(InternalError|RequestLimitExceeded|ResourceUnavailable)\b/;

/**
 * 騰訊雲 SMS, SendSms of 2021-01-11: a template approved there, its values, and the signature that stands in front. The words, with
 * the way out (拒收請回覆R), lie at the provider. https://cloud.tencent.com/document/api/382/55981
 */
export function createTencentSms(options: {
  baseUrl: string;
  region: string;
  secretId: string;
  secretKey: string;
  appId: string;
  /** Of codes. */
  templateId: string;
  /** Of promotional texts; undefined: none has been approved. */
  pushTemplateId?: string | undefined;
  signature: string;
  log: Log;
  /** Machine time, ms since 1970. */
  wallNow?: () => number;
  /** Monotonic, ms, and fetch: for tests. */
  now?: () => number;
  fetch?: typeof fetch;
}): SmsSender {
  const { baseUrl, region, secretId, secretKey, appId, templateId, pushTemplateId, signature, log } = options;
  const { wallNow = Date.now, now, fetch } = options;
  const machine = { ...(now ? { now } : {}), ...(fetch ? { fetch } : {}) };
  const outside = createOutside({ name: '騰訊雲 SMS', baseUrl, ...machine });
  const { host } = new URL(baseUrl);

  async function call(template: string, { id, phone, values }: SmsMessage): Promise<{ Code: string }> {
    const body = JSON.stringify({
      PhoneNumberSet: [`+86${phone}`],
      SmsSdkAppId: appId,
      TemplateId: template,
      SignName: signature,
      TemplateParamSet: values,
      SessionContext: id,
    });
    const at = Math.floor(wallNow() / 1000);
    const said = await outside.post('/', body, {
      'content-type': tc3ContentType,
      'x-tc-action': 'SendSms',
      'x-tc-version': '2021-01-11',
      'x-tc-region': region,
      'x-tc-timestamp': String(at),
      authorization: signTc3({ secretId, secretKey, service: 'sms', host, body, at }),
    });
    const read = answered.safeParse(said);
    const status = read.data && (read.data.Response.Error ?? read.data.Response.SendStatusSet?.[0]);
    if (status) return status;
    throw new AppError('Upstream', 'sms.unreadable', '騰訊雲 SMS answered SendSms in another shape');
  }

  async function send(template: string, message: SmsMessage): Promise<'sent' | 'refused'> {
    const { Code: code } = await call(template, message);
    if (code === 'Ok') return 'sent';
    const told = { code, id: message.id };
    if (ofThePhone.includes(code)) {
      log.warn(told, '騰訊雲 SMS will not send to this phone');
      return 'refused';
    }
    if (!passing.test(code)) {
      outside.holdFor(minuteMs);
      log.error(
        told,
        `騰訊雲 SMS refused with ${code}: see the SMS_… settings and its console; paused for a minute`,
      );
    }
    throw new AppError('Upstream', 'sms.refused', `騰訊雲 SMS refused with ${code}`, { details: { code } });
  }

  return {
    send: (message) => send(templateId, message),
    ...(pushTemplateId === undefined ? {} : { push: (message) => send(pushTemplateId, message) }),
  };
}
