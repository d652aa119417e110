import { z } from 'zod';
import {
  listFilled,
  listFrozen,
  peopleCompared,
  peopleRebuilt,
  playersGrouped,
} from '../../../domain/segments/segments.tasks';
import { AppError } from '../../../errors';
import { beijingMoment } from '../../../kit/beijing';
import { act, done, may, page, shownOnce } from '../console';
import { id, line, lines, ticked, upload } from '../form';
import { form } from '../parts';

const list = { id: line(40), name: line(40) };
/** As many go in while somebody waits. */
const fewPids = 2_000;
const mostPids = 300_000;
const fileBytes = 21 * 1024 * 1024;

/** In two forms of one page: by other names, so that each label has its own field. */
const listFields = (id: string, name: string) => [
  {
    ...{ name: id, label: '編號', kind: 'text' as const, required: true, most: 40 },
    help: '小寫字母、數字、連字號，像 vip-guests；已有的名單再來一次，只加新的人',
  },
  { name, label: '名稱', kind: 'text' as const, required: true, most: 40 },
];

export default [
  page(
    '/segments/tools',
    may('segments.edit'),
    { title: '名單、參加者、重算', template: 'segment-tools', asks: z.object({}) },
    async ({ services }) => {
      const [campaigns, followedTo] = await Promise.all([
        services.campaigns.list(),
        services.people.followedTo(),
      ]);
      return {
        followedTo: followedTo === undefined ? '' : beijingMoment(followedTo),
        file: form({
          to: '/segments/lists/file',
          submit: '上傳',
          into: '#listed',
          fields: [
            ...listFields('id', 'name'),
            {
              ...{ name: 'file', label: '文件', kind: 'file', required: true, accept: '.csv,.xlsx,.json' },
              help: '一欄叫 pid 或 openid，最多 20 MB；認不出來的一行一行告訴你，跳過',
            },
          ],
        }),
        frozen: form({
          to: '/segments/lists/rule',
          submit: '存成名單',
          fields: [
            ...listFields('listId', 'listName'),
            {
              ...{ name: 'rule', label: '這一刻符合的人', kind: 'lines', required: true },
              help: '一個分群的編號，或一句話；以後規則變了，名單不變',
            },
          ],
        }),
        hasCampaigns: campaigns.length > 0,
        players: form({
          to: '/segments/players',
          submit: '開始',
          fields: [
            {
              ...{ name: 'campaign', label: '活動', kind: 'select', required: true },
              options: campaigns.map(({ _id, title }) => ({ value: _id, label: title })),
            },
            { name: 'dry', label: '只看看，先不存', kind: 'tick', value: true },
          ],
        }),
      };
    },
  ),
  act(
    '/segments/lists/file',
    may('segments.edit'),
    { what: '上傳名單', asks: z.object({ ...list, file: upload }), most: fileBytes },
    async (visit, { id: segment, name, file }) => {
      const { segmentLists } = visit.services;
      const asked = { id: segment, name, by: visit.by };
      const { pids, faults, total } = await segmentLists.readFile({ ...asked, file });
      if (pids.length > mostPids)
        throw new AppError(
          'Invalid',
          'segment.list-large',
          `一份最多 ${mostPids.toLocaleString('en')} 人，這份有 ${pids.length.toLocaleString('en')} 人：請分成幾份，用同一個編號上傳。`,
        );
      const told = { faults, total, more: Math.max(0, total - faults.length), name, segment };
      if (pids.length === 0) return shownOnce('segment-listed', { ...told, people: 0, added: 0, task: '' });
      if (pids.length > fewPids) {
        const task = await visit.start(listFilled, { id: segment, name, pids });
        return shownOnce('segment-listed', { ...told, people: pids.length, added: 0, task });
      }
      const { added } = await segmentLists.addPids({ ...asked, pids });
      return shownOnce('segment-listed', { ...told, people: pids.length, added, task: '' });
    },
  ),
  act(
    '/segments/lists/rule',
    may('segments.edit'),
    { what: '按規則存成名單', asks: z.object({ listId: line(40), listName: line(40), rule: lines(2_000) }) },
    async (visit, { listId, listName: name, rule: wanted }) => {
      const { segments } = visit.services;
      const text = wanted.trim();
      const rule = await segments.ruleOf(text).catch((error: unknown) => {
        if (!(error instanceof AppError)) throw error;
        throw new AppError('Invalid', error.code, '這句話讀不懂。', {
          details: { fields: { rule: error.message } },
        });
      });
      await visit.services.segmentLists.mayBe({ id: listId }).catch((error: unknown) => {
        if (!(error instanceof AppError)) throw error;
        throw new AppError('Conflict', error.code, error.message, {
          details: { fields: { listId: '這個編號是按規則的分群，請換一個' } },
        });
      });
      const asked = { id: listId, name, rule: segments.tell(rule) };
      return done('開始存。', { to: await visit.start(listFrozen, asked), after: asked });
    },
  ),
  act(
    '/segments/players',
    may('segments.edit'),
    { what: '活動的參加者分群', asks: z.object({ campaign: id, dry: ticked }) },
    async (visit, asked) => {
      await visit.services.campaigns.row(asked.campaign);
      return done('開始。', { to: await visit.start(playersGrouped, asked) });
    },
  ),
  act(
    '/segments/rebuild',
    may('segments.edit'),
    { what: '每個人的資料重新算', asks: z.object({}) },
    async (visit) => done('開始重新算。', { to: await visit.start(peopleRebuilt, {}) }),
  ),
  act(
    '/segments/compare',
    may('segments.edit'),
    { what: '比對每個人的資料', asks: z.object({}) },
    async (visit) => done('開始比對。', { to: await visit.start(peopleCompared, {}) }),
  ),
];
