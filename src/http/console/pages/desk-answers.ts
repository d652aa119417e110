import { z } from 'zod';
import { act, done, may, page } from '../console';
import { id, line, lines } from '../form';
import { confirm, form } from '../parts';

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
      answers: (await services.desk.answers.list()).map(({ _id, title, words: text, by, at }) => ({
        id: _id,
        title,
        words: text,
        by,
        at: at.getTime(),
        form: form({ to: `/desk/answers/${_id}`, submit: '保存', fields: fields(title, text) }),
        remove: confirm({
          id: `remove-${_id}`,
          to: `/desk/answers/${_id}/remove`,
          label: '刪除',
          title: `刪除「${title}」？`,
          text: '刪了之後選單裡就沒有它；說過的話不受影響。原文留在操作記錄裡，找得回來。',
          reason: '為什麼',
          submit: '刪除',
        }),
      })),
      create: form({ to: '/desk/answers/new', submit: '存好', draft: 'desk-answer', fields: fields() }),
    }),
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
      return done('改好了。', { before, after: { title: asked.title, answer: asked.words } });
    },
  ),
  act(
    '/desk/answers/:id/remove',
    may('desk.answer'),
    { what: '刪除常用回覆', asks: z.object({ id, reason: line(200) }) },
    async ({ services }, asked) => {
      const { title, words: answer } = await services.desk.answers.remove(asked.id);
      return done(`刪了「${title}」。`, { before: { title, answer } });
    },
  ),
];
