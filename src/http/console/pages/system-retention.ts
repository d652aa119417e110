import { z } from 'zod';
import { type DataClass, dataClassNames, dataMap } from '../../../domain/data-map';
import { may, page } from '../console';
import { maybe } from '../form';
import { type Cell, table } from '../parts';

const classes = Object.keys(dataClassNames) as [DataClass, ...DataClass[]];
const asks = z.object({ class: maybe(z.enum(classes)), q: maybe(z.string().max(60)) });

export default [
  page(
    '/system/retention',
    may('system.see'),
    { title: '資料留存', menu: { group: 'system', at: 53 }, template: 'system-retention', asks },
    async ({ services }, asked) => {
      const last = await services.timers.lastFired('housekeeping:');
      const row = last && (await services.outbox.stateOf(`${last._id}_01`));
      const state = !last
        ? '還沒有整理過。每天 04:00 一次，把過了期限的刪掉，把昨天數好。'
        : row?.state === 'done' || !row
          ? '做完了。'
          : row.state === 'failed'
            ? `沒有做成：${row.reason ?? ''}`
            : `正在做，或要再試${row.reason ? `：${row.reason}` : ''}`;
      const wanted = (one: string, keeps: string, fields: string) =>
        asked.q === undefined || `${one} ${keeps} ${fields}`.includes(asked.q);
      return {
        at: last ? last.dueAt.getTime() : 0,
        state,
        failed: row?.state === 'failed',
        table: table({
          caption: '什麼資料留到什麼時候',
          path: '/system/retention',
          asked,
          filters: [
            {
              kind: 'select',
              name: 'class',
              label: '哪一類',
              value: asked.class,
              options: classes.map((value) => ({ value, label: dataClassNames[value] })),
            },
            { kind: 'text', name: 'q', label: '找', value: asked.q },
          ],
          columns: [{ label: '集合' }, { label: '留到什麼時候' }, { label: '裡面有什麼' }],
          rows: Object.entries(dataMap)
            .toSorted(([a], [b]) => (a < b ? -1 : 1))
            .filter(([, kept]) => asked.class === undefined || kept[asked.class] !== undefined)
            .flatMap(([name, kept]): Cell[][] => {
              const fields = classes.flatMap((one) =>
                kept[one] === undefined ? [] : [`${dataClassNames[one]}：${kept[one]}`],
              );
              return wanted(name, kept.keeps, fields.join(' '))
                ? [[{ text: name, own: true }, kept.keeps, fields.join('；')]]
                : [];
            }),
          empty: { title: '沒有', text: '' },
        }),
      };
    },
  ),
];
