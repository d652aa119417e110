import { z } from 'zod';
import { emptyWay } from '../../../domain/pushes/push-form';
import { readSequenceFile } from '../../../domain/pushes/sequences/read-sequence';
import { type SequenceRow, stateNames } from '../../../domain/pushes/sequences/sequence';
import {
  emptyStep,
  fieldOfStepFinding,
  readSequenceForm,
  type SequenceForm,
  sequenceFormOf,
} from '../../../domain/pushes/sequences/sequence-form';
import { type Example, examples, sequenceTemplate } from '../../../domain/pushes/sequences/template';
import { figure } from '../../../domain/pushes/tell-plan';
import { beijingMoment } from '../../../kit/beijing';
import { act, done, download, may, page } from '../console';
import { id, line, maybe, ticked, upload } from '../form';
import { type Tone, table } from '../parts';
import { editorOf, formAsked, formIn, refused } from '../sequence-editor';

const tones: Record<SequenceRow['state'], Tone> = { draft: 'grey', on: 'green', off: 'yellow' };
const one = z.object({ id });

const versionTold = ({ version, live }: SequenceRow): string =>
  live === undefined
    ? `第 ${version} 版`
    : live < version
      ? `走第 ${live} 版；第 ${version} 版還沒有開始`
      : `走第 ${live} 版`;
const lookTold = ({ look }: SequenceRow): string =>
  look
    ? `上次看在 ${beijingMoment(look.at.getTime())}：符合 ${figure(look.met)} 人，新進 ${figure(look.came)} 人`
    : '';

export default [
  page(
    '/sequences',
    may('pushes.see'),
    {
      title: '序列',
      menu: { group: 'reach', at: 20 },
      template: 'sequences',
      asks: z.object({ state: maybe(z.enum(['draft', 'on', 'off'])) }),
    },
    async ({ services }, asked) => {
      const all = await services.sequences.list();
      const shown = all.filter(({ state }) => asked.state === undefined || state === asked.state);
      return {
        table: table({
          caption: '序列',
          columns: [
            { label: '名稱' },
            { label: '狀態' },
            { label: '版本' },
            { label: '上次看' },
            { label: '最後改動' },
          ],
          rows: shown.map((row) => [
            { text: row.name, href: `/sequences/${row._id}`, own: true, note: row._id },
            { text: stateNames[row.state], tone: tones[row.state] },
            versionTold(row),
            lookTold(row),
            { text: beijingMoment(row.changedAt.getTime()), note: row.by },
          ]),
          path: '/sequences',
          asked,
          filters: [
            {
              kind: 'select',
              name: 'state',
              label: '狀態',
              value: asked.state,
              options: Object.entries(stateNames).map(([value, label]) => ({ value, label })),
            },
          ],
          empty: {
            title: '還沒有序列',
            text: '序列是「誰在什麼時候，過多久，還合不合條件，就發哪幾句話」：生日祝福、第二天的提醒。從一個例子開始最快。',
            href: '/sequences/new?example=birthday',
            label: '從「生日祝福」開始',
          },
        }),
        examples: Object.entries(examples).map(([code, label]) => ({ code, label })),
      };
    },
  ),
  page(
    '/sequences/new',
    may('pushes.edit'),
    {
      title: '寫一個序列',
      template: 'sequence-edit',
      asks: z.object({ example: maybe(z.enum(Object.keys(examples) as [Example])), from: maybe(id) }),
    },
    async (visit, { example, from }) => {
      const { sequences } = visit.services;
      const blank: SequenceForm = {
        id: '',
        name: '',
        class: 'marketing',
        enters: '',
        once: 'ever',
        steps: [{ ...emptyStep(), ways: [{ ...emptyWay(), letter: 'a' }] }],
      };
      const form = example
        ? sequenceFormOf(readSequenceFile({ name: `${example}.json`, bytes: sequenceTemplate(example) }))
        : from
          ? { ...sequenceFormOf((await sequences.version(from)).definition), id: '' }
          : blank;
      return editorOf(visit, form, {
        to: '/sequences/new/save',
        title: '寫一個序列',
        draft: `sequence:${example ?? from ?? 'new'}`,
        base: '',
        isNew: true,
      });
    },
  ),
  page(
    '/sequences/:id/edit',
    may('pushes.edit'),
    { title: '改序列', template: 'sequence-edit', asks: one },
    async (visit, asked) => {
      const row = await visit.services.sequences.get(asked.id);
      const { definition } = await visit.services.sequences.version(asked.id);
      return editorOf(visit, sequenceFormOf(definition), {
        to: `/sequences/${row._id}/save`,
        title: `改「${row.name}」`,
        draft: `sequence:${row._id}`,
        base: String(row.version),
        isNew: false,
      });
    },
  ),
  ...['/sequences/new/save', '/sequences/:id/save'].map((path) =>
    act(
      path,
      may('pushes.edit'),
      {
        what: path.includes(':id') ? '改序列' : '寫序列',
        most: 20 * 1024 * 1024,
        asks: formAsked.extend({ id: line(60), unfinished: ticked }),
      },
      async ({ services, by }, asked) => {
        const { sequences, pushFiles } = services;
        const read = await readSequenceForm(formIn(asked), pushFiles.keep);
        if ('fields' in read) throw refused(read.fields, asked);
        const isThere = (await sequences.list()).some(({ _id }) => _id === read.sequence.id);
        if (isThere && !path.includes(':id'))
          throw refused({ id: `「${read.sequence.id}」已經有了，請換一個編號` }, asked);
        if (!asked.unfinished) {
          const fields: Record<string, string> = {};
          for (const found of await sequences.findingsOf(read.sequence))
            fields[fieldOfStepFinding(found)] ??= found.message;
          if (Object.keys(fields).length > 0) throw refused(fields, asked);
        }
        const row = await sequences.bring(read.sequence, by);
        return done(`存好了，第 ${row.version} 版。進行中的照舊走，開始以後新來的人才走這一版。`, {
          to: `/sequences/${row._id}`,
          after: { id: row._id, version: row.version },
        });
      },
    ),
  ),
  act(
    '/sequences/import',
    may('pushes.edit'),
    { what: '導入序列', most: 4 * 1024 * 1024, asks: z.object({ file: upload }) },
    async ({ services, by }, { file }) => {
      const row = await services.sequences.bring(readSequenceFile(file), by);
      return done(`導入成「${row.name}」第 ${row.version} 版。`, {
        to: `/sequences/${row._id}`,
        after: { id: row._id, version: row.version },
      });
    },
  ),
  ...(Object.keys(examples) as Example[]).map((example) =>
    download(
      `/sequences/template/${example}`,
      may('pushes.edit'),
      { what: '下載序列的例子', asks: z.object({}) },
      async () => ({
        name: `${example}.json`,
        type: 'application/json; charset=utf-8',
        body: sequenceTemplate(example),
      }),
    ),
  ),
];
