import { z } from 'zod';
import type { Verdict } from '../../../domain/segments/compile';
import type { Rule } from '../../../domain/segments/rule';
import { isList } from '../../../domain/segments/segments';
import { segmentOut } from '../../../domain/segments/segments.tasks';
import { AppError } from '../../../errors';
import { beijingMoment } from '../../../kit/beijing';
import type { Services } from '../../../services';
import { drawChart, linesOver } from '../chart';
import { act, done, may, page, part, picture } from '../console';
import { cursor, id, line, lines, maybe, reason, whole } from '../form';
import { confirm, form, table } from '../parts';
import { peopleTable } from '../people-table';
import { tellSize } from '../sizes';
import { slowly } from '../slowly';
import { useCell } from './segments';

const one = z.object({ id });
const pageSize = 50;
const format = z.enum(['csv', 'xlsx']);
export const exportForm = (to: string, hidden: Record<string, string> = {}) =>
  form({
    to,
    submit: '導出',
    fields: [
      ...Object.entries(hidden).map(([name, value]) => ({ name, value, label: '', kind: 'hidden' as const })),
      {
        name: 'format',
        label: '文件',
        kind: 'radio',
        value: 'xlsx',
        options: [
          { value: 'xlsx', label: 'Excel' },
          { value: 'csv', label: 'CSV' },
        ],
        help: '只有編號（pid），沒有個人資料；誰導出都會記下。',
      },
    ],
  });

/** A rule as a query, so that the people in it can be looked at by link. */
export const peopleOf = (segments: Services['segments'], rule: Rule): string =>
  `/segments/people?rule=${encodeURIComponent(segments.tell(rule))}`;

/** Line by line, deeper ones further in. */
function flattened(verdict: Verdict, segments: Services['segments'], depth = 0): object[] {
  const { rule, is, below } = verdict;
  const told = segments.tell(rule);
  return [
    { is, depth: Math.min(depth, 6), text: below.length > 0 ? told.slice(0, 2) : told },
    ...below.flatMap((under) => flattened(under, segments, depth + 1)),
  ];
}

export default [
  page(
    '/segments/:id',
    may('segments.see'),
    {
      title: '分群',
      template: 'segment',
      asks: one.extend({ pid: maybe(line(60)), with: maybe(id) }),
    },
    async ({ services }, asked) => {
      const { segments } = services;
      const segment = await segments.get(asked.id);
      const { _id, name, rule, version, at, by } = segment;
      const [versions, others, uses, sizes] = await Promise.all([
        segments.versionsOf(_id),
        segments.list(),
        segments.uses([segment]),
        segments.sizesOf(_id),
      ]);
      return {
        title: name,
        segment: { id: _id, name, version, at: at.getTime(), by, tag: segment.tag ?? '' },
        list: isList(segment),
        sentence: segments.tell(rule),
        json: JSON.stringify(rule, undefined, 2),
        sources: await segments.sourcesOf(rule).catch(() => []),
        days: sizes.length,
        others: others
          .filter((other) => other._id !== _id)
          .map((other) => ({ id: other._id, name: other.name, chosen: other._id === asked.with })),
        pid: asked.pid ?? '',
        with: asked.with ?? '',
        sizes: table({
          caption: '人數的變化',
          columns: [{ label: '日子' }, { label: '人數', number: true }],
          rows: sizes
            .toReversed()
            .slice(0, 14)
            .map((size) => [size.day, tellSize(size)]),
          empty: { title: '還沒數過', text: '每天清晨數一次，留著。' },
        }),
        uses: table({
          caption: '用在哪裡',
          columns: [{ label: '種類' }, { label: '名稱' }, { label: '狀態' }],
          rows: (uses.get(_id) ?? []).map((use) => [...useCell(use), use.state || '—']),
          empty: { title: '還沒有用到', text: '群發、序列選它，或給它一個微信標籤，都會列在這裡。' },
        }),
        versions: table({
          caption: '改過的規則',
          columns: [
            { label: '版本', number: true },
            { label: '規則' },
            { label: '誰、什麼時候' },
            { label: '' },
          ],
          rows: versions.map((was) => [
            was.version,
            { text: segments.tell(was.rule), own: true },
            { text: was.by, note: beijingMoment(was.at.getTime()), own: true },
            was.version === version || isList(segment)
              ? '現在的'
              : {
                  text: '',
                  act: [
                    {
                      to: `/segments/${_id}/restore`,
                      label: '用回這一版',
                      confirm: `「${name}」用回第 ${was.version} 版的規則？現在的留作舊版。`,
                      fields: { version: String(was.version), expects: String(version) },
                    },
                  ],
                },
          ]),
          empty: { title: '沒有舊版', text: '' },
        }),
        exports: exportForm(`/segments/${_id}/export`),
        remove: confirm({
          id: 'remove',
          to: `/segments/${_id}/remove`,
          label: '刪除',
          title: `刪除分群「${name}」？`,
          text: '還用在別處就不會刪，會告訴你用在哪裡。推送排定時留下的版本還在；同一個編號再存一次就回來了。',
          reason: '為什麼',
          submit: '刪除',
        }),
      };
    },
  ),
  part(
    '/segments/:id/count',
    may('segments.see'),
    { template: 'segment-count', asks: one },
    async ({ services }, asked) => {
      const { _id, rule } = await services.segments.get(asked.id);
      return slowly(async () => {
        const size = await services.segments.measure(_id);
        return {
          href: `/segments/${_id}/members`,
          count: tellSize(size),
          exact: size.exact,
          of: size.of.toLocaleString('en'),
          at: size.at.getTime(),
          others: size.people === 0 ? await services.segments.otherValues(rule) : [],
        };
      });
    },
  ),
  part(
    '/segments/:id/sample',
    may('segments.see'),
    { template: 'segment-people', asks: one },
    async (visit, asked) =>
      slowly(async () => {
        const { rule } = await visit.services.segments.get(asked.id);
        const people = await visit.services.segments.sample(rule);
        return {
          table: await peopleTable(visit, people, {
            caption: '二十個人',
            empty: { title: '沒有人', text: '哪個條件擋住的，在「她為什麼在」裡填一個人的編號看。' },
          }),
        };
      }),
  ),
  part(
    '/segments/:id/overlap',
    may('segments.see'),
    { template: 'segment-overlap', asks: one.extend({ with: id }) },
    async ({ services: { segments } }, asked) => {
      const [a, b] = [await segments.get(asked.id), await segments.get(asked.with)];
      const names = [`兩個都在`, `只在「${a.name}」`, `只在「${b.name}」`];
      return slowly(async () => ({
        tiles: (await segments.overlap(a.rule, b.rule)).map(({ rule, count }, n) => ({
          label: names[n] ?? '',
          value: tellSize(count),
          href: peopleOf(segments, rule),
          note: '',
        })),
      }));
    },
  ),
  part(
    '/segments/:id/why',
    may('segments.see'),
    { template: 'segment-why', asks: one.extend({ pid: line(60) }) },
    async ({ services }, asked) =>
      slowly(async () => {
        const { rule, name } = await services.segments.get(asked.id);
        const person = await services.people.read(asked.pid);
        if (!person)
          throw new AppError(
            'NotFound',
            'segment.person',
            `沒有這個人：${asked.pid}。編號（pid）是名單裡名字下面的那一串；剛關注的，過幾秒再試。`,
          );
        const verdict = await services.segments.why(rule, person);
        return { name, pid: asked.pid, is: verdict.is, lines: flattened(verdict, services.segments) };
      }),
  ),
  picture('/segments/:id/sizes', may('segments.see'), { asks: one }, async ({ services }, asked) => {
    const { _id } = await services.segments.get(asked.id);
    const sizes = await services.segments.sizesOf(_id);
    return drawChart(
      linesOver(
        sizes.map(({ day }) => day.slice(5)),
        [{ name: '人數', values: sizes.map(({ people }) => people) }],
      ),
      { height: 220 },
    );
  }),
  page(
    '/segments/:id/members',
    may('segments.see'),
    { title: '分群裡的人', template: 'segment-members', asks: one.extend({ cursor }) },
    async ({ services }, asked) => {
      const { _id, name, rule, size } = await services.segments.get(asked.id);
      return {
        title: name,
        name,
        back: `/segments/${_id}`,
        sentence: services.segments.tell(rule),
        size: size ? tellSize(size) : '',
        from: `/segments/${_id}/members/table${asked.cursor ? `?cursor=${encodeURIComponent(asked.cursor)}` : ''}`,
        exports: exportForm(`/segments/${_id}/export`),
      };
    },
  ),
  part(
    '/segments/:id/members/table',
    may('segments.see'),
    { template: 'segment-people', asks: one.extend({ cursor }) },
    async (visit, asked) =>
      slowly(async () => {
        const { _id, rule } = await visit.services.segments.get(asked.id);
        const { people, next } = await visit.services.segments.members(rule, {
          after: asked.cursor,
          most: pageSize,
        });
        return {
          table: await peopleTable(visit, people, {
            caption: '分群裡的人',
            path: `/segments/${_id}/members`,
            asked: { cursor: asked.cursor },
            next,
            empty: { title: '沒有人', text: '現在沒有人符合這條規則。' },
          }),
        };
      }),
  ),
  page(
    '/segments/people',
    may('segments.see'),
    {
      title: '符合條件的人',
      template: 'segment-members',
      asks: z.object({ rule: lines(2_000), cursor }),
    },
    async ({ services: { segments } }, asked) => {
      const sentence = segments.tell(await segments.readText(asked.rule));
      const query = new URLSearchParams({
        rule: sentence,
        ...(asked.cursor ? { cursor: asked.cursor } : {}),
      });
      return {
        name: '符合條件的人',
        back: '/segments',
        sentence,
        size: '',
        from: `/segments/people/table?${query.toString()}`,
        exports: exportForm('/segments/people/export', { rule: sentence }),
      };
    },
  ),
  part(
    '/segments/people/table',
    may('segments.see'),
    { template: 'segment-people', asks: z.object({ rule: lines(2_000), cursor }) },
    async (visit, asked) =>
      slowly(async () => {
        const { segments } = visit.services;
        const rule = await segments.readText(asked.rule);
        const { people, next } = await segments.members(rule, { after: asked.cursor, most: pageSize });
        return {
          table: await peopleTable(visit, people, {
            caption: '符合條件的人',
            path: '/segments/people',
            asked: { rule: asked.rule, cursor: asked.cursor },
            next,
            empty: { title: '沒有人', text: '現在沒有人符合這條規則。' },
          }),
        };
      }),
  ),
  act(
    '/segments/:id/export',
    may('segments.edit'),
    { what: '導出分群', asks: one.extend({ format }) },
    async (visit, asked) => {
      const { _id: segment } = await visit.services.segments.get(asked.id);
      return done('開始導出。', { to: await visit.start(segmentOut, { segment, format: asked.format }) });
    },
  ),
  act(
    '/segments/people/export',
    may('segments.edit'),
    { what: '導出符合條件的人', asks: z.object({ rule: lines(2_000), format }) },
    async (visit, asked) => {
      await visit.services.segments.readText(asked.rule);
      return done('開始導出。', { to: await visit.start(segmentOut, asked) });
    },
  ),
  act(
    '/segments/:id/remove',
    may('segments.edit'),
    { what: '刪除分群', asks: one.extend({ reason }) },
    async ({ services: { segments } }, asked) => {
      const { _id, name, rule, version } = await segments.get(asked.id);
      await segments.remove(_id);
      return done(`「${name}」刪除了。`, {
        to: '/segments',
        before: { id: _id, name, version, rule: segments.tell(rule) },
      });
    },
  ),
  act(
    '/segments/:id/restore',
    may('segments.edit'),
    {
      what: '分群用回舊版',
      asks: one.extend({ version: whole(1, 1_000_000), expects: whole(1, 1_000_000) }),
    },
    async ({ services: { segments }, by }, asked) => {
      const { _id, name, rule } = await segments.get(asked.id);
      const was = await segments.version(_id, asked.version);
      const saved = await segments.save({ id: _id, name, rule: was.rule, by, expects: asked.expects });
      return done(`用回了第 ${asked.version} 版的規則，現在是第 ${saved.version} 版。`, {
        before: { rule: segments.tell(rule) },
        after: { rule: segments.tell(saved.rule), version: saved.version },
      });
    },
  ),
];
