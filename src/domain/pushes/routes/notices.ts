import type { Notices } from '../../../wechat/api/notices';
import { problemsOfFields } from '../../../wechat/api/template-fields';
import type { Templates } from '../../../wechat/api/templates';
import { type ContentOf, routeWords } from '../push';
import type { Route } from './route';

const minuteMs = 60_000;

const wordsOf = ({ fields, url }: ContentOf<'template'>): string[] => [
  ...Object.values(fields),
  ...(url ? [url] : []),
];

function withWords(content: ContentOf<'template'>, words: string[]): ContentOf<'template'> {
  const names = Object.keys(content.fields);
  return {
    ...content,
    fields: Object.fromEntries(names.map((name, i) => [name, words[i] ?? ''])),
    ...(content.url ? { url: words[names.length] ?? content.url } : {}),
  };
}

const both = {
  carries: ['service'],
  anchors: false,
  // With variables the lengths are only known when they are filled; WeChat then says so.
  problems: ({ fields }) =>
    problemsOfFields(Object.fromEntries(Object.entries(fields).filter(([, value]) => !value.includes('{')))),
  words: wordsOf,
  withWords,
} satisfies Partial<Route<'template'>>;

const pageOf = ({ appId, page }: { appId: string; page: string }) => ({ appId, path: page });

/** Template messages: to anybody who follows, about something that concerns her. */
export const templateRoute = ({ templates }: { templates: Pick<Templates, 'send'> }): Route<'template'> => ({
  ...both,
  name: 'template',
  // WeChat knows the key for ten minutes.
  againMs: 8 * minuteMs,
  says: routeWords.template,
  feature: 'templateMessages',
  shut: () => undefined,
  takes: () => ({ kind: 'nothing' }),
  send: ({ openid }, { templateId, fields, url, miniProgram }, key) =>
    templates.send(openid, {
      templateId,
      data: fields,
      key,
      ...(url ? { url } : {}),
      ...(miniProgram ? { miniProgram: pageOf(miniProgram) } : {}),
    }),
});

/** Subscription notices: as often as she granted the template. */
export const noticeRoute = ({ notices }: { notices: Pick<Notices, 'send'> }): Route<'notice'> => ({
  ...both,
  name: 'notice',
  // WeChat takes a key, but does not say what it does with it.
  againMs: 0,
  says: routeWords.notice,
  feature: 'notices',
  shut: ({ reach }, _, { templateId }) => ((reach.notices?.[templateId] ?? 0) > 0 ? undefined : 'notice'),
  takes: ({ templateId }) => ({ kind: 'notice', template: templateId }),
  send: ({ openid }, { templateId, fields, url, miniProgram }, key) =>
    notices.send(openid, {
      templateId,
      data: fields,
      key,
      ...(url ? { page: url } : {}),
      ...(miniProgram ? { miniProgram: pageOf(miniProgram) } : {}),
    }),
});
