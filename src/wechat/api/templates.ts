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
  template_list: z.array(
    z.object({
      template_id: z.string(),
      title: z.string(),
      content: z.string().default(''),
      example: z.string().default(''),
    }),
  ),
});

export type TemplateMessage = {
  templateId: string;
  /** Where a tap leads; a mini-program comes first, and without either nothing opens. */
  url?: string;
  miniProgram?: MiniProgramPage;
  /** By the template's keys; see `problemsOfFields`. */
  data: Record<string, string>;
  /** To one person the same key goes once in 10 minutes: so long a lost answer may be asked again. */
  key: string;
};

/**
 * Template messages (模板消息, wechat.md §6.1): verified service accounts only, and never for marketing (40249, in the end
 * the account loses them). Whether it arrived TEMPLATESENDJOBFINISH tells, by `msgId`.
 */
export function createTemplates({ client }: { client: Pick<WechatClient, 'get' | 'post'> }) {
  return {
    /** Those the account has chosen, 25 at most. */
    async list(): Promise<Template[]> {
      const path = '/cgi-bin/template/get_all_private_template';
      const { template_list: list } = readAnswer(path, all, await client.get(path));
      return list.map(({ template_id: id, ...rest }) => ({ id, ...rest, keys: keysIn(rest.content) }));
    },

    async send(openid: string, message: TemplateMessage): Promise<SendOutcome> {
      const path = '/cgi-bin/message/template/send';
      const { templateId, url, miniProgram, data, key } = message;
      return sendByTemplate(client, path, {
        touser: openid,
        template_id: templateId,
        ...(url === undefined ? {} : { url }),
        ...(miniProgram ? { miniprogram: pageOf(miniProgram) } : {}),
        data: dataOf(data),
        client_msg_id: key,
      });
    },
  };
}

export type Templates = ReturnType<typeof createTemplates>;
