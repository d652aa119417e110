import { z } from 'zod';
import { fieldOfFinding, pushFormOf, readPushForm } from '../../../domain/pushes/push-form';
import { figure } from '../../../domain/pushes/tell-plan';
import { definitionOf } from '../../../domain/pushes/template';
import { AppError } from '../../../errors';
import { beijingDay } from '../../../kit/beijing';
import { act, done, may, page, part } from '../console';
import { id, line, lines, maybe, several, ticked, whole } from '../form';
import {
  audienceIn,
  blankForm,
  definitionSoFar,
  editorOf,
  formAsked,
  formIn,
  placed,
  readerOf,
  refused,
  waysIn,
} from '../push-editor';
import { previewsOf, stateWord } from '../push-views';
import { slowly } from '../slowly';

export default [
  page(
    '/pushes/new',
    may('pushes.edit'),
    { title: '寫一個推送', template: 'push-edit', asks: z.object({ from: maybe(id), to: maybe(line(60)) }) },
    async (visit, { from, to }) => {
      const { pushes } = visit.services;
      const fresh = await pushes.freeId(`push-${beijingDay(visit.now).slice(5).replace('-', '')}`);
      const form = from
        ? {
            ...pushFormOf(definitionOf(await pushes.get(from))),
            id: await pushes.freeId(`${from.replaceAll('.', '-').toLowerCase().slice(0, 17)}-2`),
            at: '現在',
          }
        : { ...blankForm(fresh), ...(to ? { to } : {}) };
      return editorOf(visit, form, {
        to: '/pushes/new/save',
        title: from ? '照著寫一個' : '寫一個推送',
        draft: `push:${from ?? 'new'}`,
        base: '',
        isNew: true,
      });
    },
  ),
  page(
    '/pushes/:id/edit',
    may('pushes.edit'),
    { title: '改推送', template: 'push-edit', asks: z.object({ id }) },
    async (visit, asked) => {
      const row = await visit.services.pushes.get(asked.id);
      if (row.state !== 'draft')
        throw new AppError(
          'Conflict',
          'push.not-draft',
          `「${row.name}」已經是「${stateWord((await visit.services.pushes.stateOf(row._id)).state)}」，不能再改；可以照著它寫一個新的。`,
        );
      return editorOf(visit, pushFormOf(definitionOf(row)), {
        to: `/pushes/${row._id}/save`,
        title: `改「${row.name}」`,
        draft: `push:${row._id}`,
        base: String(row.version),
        isNew: false,
        ...(row.again ? { again: row.again.push } : {}),
      });
    },
  ),
  ...['/pushes/new/save', '/pushes/:id/save'].map((path) =>
    act(
      path,
      may('pushes.edit'),
      {
        what: path.includes(':id') ? '改推送的草稿' : '寫推送的草稿',
        most: 20 * 1024 * 1024,
        asks: formAsked.extend({ id: line(60), unfinished: ticked, version: maybe(whole(1, 1e9)) }),
      },
      async ({ services, by }, asked) => {
        const { pushes, pushFiles } = services;
        const read = await readPushForm(formIn(asked), pushFiles.keep);
        if ('fields' in read) throw refused(placed(read.fields, asked));
        const { push } = read;
        if (!path.includes(':id') && (await pushes.freeId(push.id)) !== push.id)
          throw refused({ id: `「${push.id}」已經有了，請換一個編號` });
        if (!asked.unfinished) {
          const fields: Record<string, string> = {};
          for (const finding of await pushes.findingsIn(push))
            fields[fieldOfFinding(finding, waysIn(asked))] ??= finding.message;
          if (Object.keys(fields).length > 0) throw refused(placed(fields, asked));
        }
        const row = await pushes.save(push, by, asked.version);
        return done(asked.unfinished ? '先存成草稿了。' : '存好了。接下來看會發給誰，再試發給自己看。', {
          to: `/pushes/${row._id}`,
          after: { id: row._id, version: row.version },
        });
      },
    ),
  ),
  part(
    '/pushes/count',
    may('pushes.see'),
    {
      template: 'push-count',
      asks: z.object({
        to: line(200, 0).default('所有人'),
        sentence: lines(2_000).default(''),
        except: several(line(60, 0)),
      }),
    },
    async ({ services: { pushes } }, asked) => {
      const to = audienceIn(asked);
      if (to === '') return { told: '寫好規則，這裡就數有多少人。' };
      const { people, exact } = await slowly(() =>
        pushes.countOf({ to, except: asked.except.filter((one) => one !== '') }),
      );
      return { told: `${exact ? '' : '約 '}${figure(people)} 人` };
    },
  ),
  part(
    '/pushes/preview',
    may('pushes.see'),
    {
      template: 'push-preview',
      asks: formAsked.extend({
        reader: line(60, 0).default(''),
        script: z.enum(['hant', 'hans']).default('hant'),
      }),
    },
    async (visit, asked) => {
      const { pushes, pushFiles } = visit.services;
      let told = '';
      const pid = await readerOf(visit, asked.reader).catch((error: unknown) => {
        if (!(error instanceof AppError) || !error.expose) throw error;
        told = error.message;
        return undefined;
      });
      const shown = await pushes.preview(definitionSoFar(asked), { pid, script: asked.script });
      const read = await readPushForm(
        { ...formIn(asked), id: 'preview', name: asked.name || '預覽' },
        async () => 'preview-of-a-picture--',
      );
      return {
        told,
        shown: await previewsOf({ pushFiles }, shown),
        checked: 'push' in read,
        findings: 'push' in read ? await pushes.findingsIn(read.push) : [],
      };
    },
  ),
];
