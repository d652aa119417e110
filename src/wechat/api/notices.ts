import { z } from 'zod';
import type { WechatClient } from './client';
import { readAnswer } from './errors';
import type { SendOutcome } from './outcome';
import {
  dataOf,
  keysIn,
  type MiniProgramPage,
  pageOf,
  sendByTemplate,
  type Template,
} from './template-fields';

const all = z.object({
  data: z
    .array(
      z.object({
        priTmplId: z.string(),
        title: z.string(),
        content: z.string().default(''),
        example: z.string().default(''),
        type: z.number().default(2),
      }),
    )
    .default([]),
});
const longTermType = 3;

/** `longTerm`: one yes is for good; else each yes is one notice. */
export type NoticeTemplate = Template & { longTerm: boolean };

export type Notice = {
  templateId: string;
  /** The page that a tap opens; a mini-program where `miniProgram` names one. */
  page?: string;
  miniProgram?: MiniProgramPage;
  /** By the template's keys; see `problemsOfFields`. */
  data: Record<string, string>;
  /** Given to WeChat, but its page does not say what it does: a lost answer is not to be asked again by itself. */
  key: string;
};

/**
 * Subscription notices (訂閱通知, wechat.md §6.2): verified service accounts only. She says yes on a page or in an article,
 * and each yes is one notice, whenever it comes; 43101 when none is left. Whether it arrived `subscribe_msg_sent_event`
 * tells; the call itself has not been seen to answer a `msgid`.
 */
export function createNotices({ client }: { client: Pick<WechatClient, 'get' | 'post'> }) {
  return {
    /** Those the account has chosen. */
    async list(): Promise<NoticeTemplate[]> {
      const path = '/wxaapi/newtmpl/gettemplate';
      const { data } = readAnswer(path, all, await client.get(path));
      return data.map(({ priTmplId: id, type, ...rest }) => ({
        id,
        ...rest,
        keys: keysIn(rest.content),
        longTerm: type === longTermType,
      }));
    },

    async send(openid: string, notice: Notice): Promise<SendOutcome> {
      const path = '/cgi-bin/message/subscribe/bizsend';
      const { templateId, page, miniProgram, data, key } = notice;
      return sendByTemplate(client, path, {
        touser: openid,
        template_id: templateId,
        ...(page === undefined ? {} : { page }),
        ...(miniProgram ? { miniprogram: pageOf(miniProgram) } : {}),
        data: dataOf(data),
        client_msg_id: key,
      });
    },
  };
}

export type Notices = ReturnType<typeof createNotices>;
