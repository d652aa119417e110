import { z } from 'zod';
import { table as deeds, stateNames } from '../../../domain/campaigns/states';
import { exportNames, tellFilter } from '../../../domain/exports/exports';
import { askedStateNames } from '../../../domain/prizes/award-filter';
import { laidFlat } from '../../../domain/quiz/definition';
import { AppError } from '../../../errors';
import { beijingMoment } from '../../../kit/beijing';
import { may, page } from '../console';
import { id } from '../form';
import { table } from '../parts';
import { factsOf, headOf, prizeKinds, tellWay, whoDid } from '../quiz/quiz-page';

/* What became of a quiz: every text that was published, who did what, who took what out of it. */

export default [
  page(
    '/quiz/:id/log',
    may('quiz.see'),
    { title: '記錄', template: 'quiz-log', asks: z.object({ id }) },
    async ({ services }, asked) => {
      const row = await services.campaigns.row(asked.id);
      const [versions, taken] = await Promise.all([
        services.campaigns.history(asked.id),
        services.exports.taken(asked.id),
      ]);
      return {
        title: row.title,
        quiz: headOf(row, 'log'),
        versions: table({
          caption: '公布過的每一版',
          columns: [
            { label: '版' },
            { label: '什麼時候' },
            { label: '誰寫' },
            { label: '誰批准' },
            { label: '改了什麼' },
          ],
          rows: versions
            .toReversed()
            .map(({ version, at, by, approvedBy, changes }) => [
              { text: `第 ${version} 版`, href: `/quiz/${asked.id}/versions/${version}` },
              beijingMoment(at),
              by,
              whoDid(approvedBy ?? by),
              version === 1 && changes.length === 0 ? '公布' : changes.join('、'),
            ]),
          empty: { title: '還沒有公布過', text: '開始以後，每一版的全文都留在這裡，改不了。' },
        }),
        log: table({
          caption: '誰做了什麼',
          columns: [
            { label: '什麼時候' },
            { label: '誰' },
            { label: '做了什麼' },
            { label: '之後' },
            { label: '原因' },
          ],
          rows: row.log
            .toReversed()
            .map(({ at, by, deed, state, reason = '' }) => [
              beijingMoment(at),
              whoDid(by),
              deed === 'reject' ? '駁回修改' : deed === 'save' ? '保存內容' : deeds[deed].name,
              stateNames[state],
              reason,
            ]),
          empty: { title: '還沒有', text: '' },
        }),
        taken: table({
          caption: '誰導出過什麼',
          columns: [
            { label: '什麼時候' },
            { label: '誰' },
            { label: '什麼' },
            { label: '行數', number: true },
            { label: '條件' },
          ],
          rows: taken.map(({ at, by, what, full, rows, filter }) => [
            beijingMoment(at.getTime()),
            by,
            `${exportNames[what]}${full ? '（完整）' : ''}`,
            rows ?? '中斷',
            tellFilter(filter, askedStateNames),
          ]),
          empty: { title: '還沒有人導出過', text: '' },
        }),
      };
    },
  ),
  page(
    '/quiz/:id/versions/:version',
    may('quiz.see'),
    {
      title: '公布的內容',
      template: 'quiz-version',
      asks: z.object({ id, version: z.string().regex(/^\d{1,6}$/, '版本是一個數') }),
    },
    async ({ services }, asked) => {
      const row = await services.campaigns.row(asked.id);
      const found = (await services.campaigns.history(asked.id)).find(
        ({ version }) => String(version) === asked.version,
      );
      if (!found)
        throw new AppError('NotFound', 'campaign.version', `活動「${asked.id}」沒有第 ${asked.version} 版。`);
      const content = laidFlat(found.content);
      return {
        title: row.title,
        quiz: headOf(row, 'log'),
        version: asked.version,
        at: found.at,
        by: found.by,
        approvedBy: whoDid(found.approvedBy ?? found.by),
        facts: factsOf(content),
        prizes: table({
          caption: '獎品',
          columns: [{ label: '獎品' }, { label: '怎麼得' }, { label: '數量', number: true }],
          rows: content.prizes.map((prize) => [
            { text: prize.name, own: true, note: prizeKinds[prize.kind] },
            tellWay(prize),
            prize.quantity,
          ]),
          empty: { title: '沒有獎品', text: '' },
        }),
      };
    },
  ),
];
