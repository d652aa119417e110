import { z } from 'zod';
import { beijingMoment } from '../../../kit/beijing';
import { act, done, may, page } from '../console';
import { id, line, lines } from '../form';
import { confirm, form, table } from '../parts';

const words = lines(600).pipe(z.string().trim().min(1, '不能空著'));

const fields = (title = '', text = '') => [
  { name: 'title', label: '名稱', kind: 'text' as const, value: title, required: true, most: 30 },
  {
    name: 'words',
    label: '話',
    kind: 'lines' as const,
    value: text,
    required: true,
    most: 600,
    help: '插到答覆框裡還可以改。',
  },
];

export default [
  page(
    '/desk/answers',
    may('desk.see'),
    { title: '常用回覆', menu: { group: 'desk', at: 30 }, template: 'desk-answers', asks: z.object({}) },
    async ({ services }) => ({
      table: table({
        caption: '常用回覆',
        columns: [{ label: '名稱' }, { label: '話' }, { label: '誰寫的' }],
        rows: (await services.desk.answers.list()).map(({ _id, title, words: text, by, at }) => [
          { text: title, href: `/desk/answers/${_id}`, own: true },
          { text, own: true },
          { text: by, own: true, note: beijingMoment(at.getTime()) },
        ]),
        empty: {
          title: '還沒有常用回覆',
          text: '例如「加床」：「標準間可以加一張床，每晚 80 元，到店辦理。」',
        },
      }),
      create: form({ to: '/desk/answers/new', submit: '存好', draft: 'desk-answer', fields: fields() }),
    }),
  ),
  page(
    '/desk/answers/:id',
    may('desk.answer'),
    { title: '改常用回覆', template: 'desk-answer', asks: z.object({ id }) },
    async ({ services }, asked) => {
      const { title, words: text } = await services.desk.answers.get(asked.id);
      return {
        title,
        edit: form({
          to: `/desk/answers/${asked.id}`,
          submit: '保存',
          draft: `desk-answer:${asked.id}`,
          fields: fields(title, text),
        }),
        remove: confirm({
          id: 'remove',
          to: `/desk/answers/${asked.id}/remove`,
          label: '刪除',
          title: `刪除「${title}」？`,
          text: '刪了之後答覆框裡選不到它；說過的話不受影響。原文留在操作記錄裡，找得回來。',
          reason: '為什麼',
          submit: '刪除',
        }),
      };
    },
  ),
  act(
    '/desk/answers/new',
    may('desk.answer'),
    { what: '新增常用回覆', asks: z.object({ title: line(30), words }) },
    async ({ services, by }, asked) => {
      await services.desk.answers.save({ ...asked, by });
      return done(`存好了「${asked.title}」。`, { after: { title: asked.title, answer: asked.words } });
    },
  ),
  act(
    '/desk/answers/:id',
    may('desk.answer'),
    { what: '改常用回覆', asks: z.object({ id, title: line(30), words }) },
    async ({ services, by }, asked) => {
      const before = await services.desk.answers.save({ ...asked, by });
      return done('改好了。', {
        to: '/desk/answers',
        before,
        after: { title: asked.title, answer: asked.words },
      });
    },
  ),
  act(
    '/desk/answers/:id/remove',
    may('desk.answer'),
    { what: '刪除常用回覆', asks: z.object({ id, reason: line(200) }) },
    async ({ services }, asked) => {
      const { title, words: answer } = await services.desk.answers.remove(asked.id);
      return done(`刪了「${title}」。`, {
        to: '/desk/answers',
        before: { title, answer },
      });
    },
  ),
];
