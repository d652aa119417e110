import { z } from 'zod';
import { AppError } from '../../errors';
import { defineTask } from '../../kit/define-task';
import { tellProblem } from '../../sheets/problems';
import { contentNames } from './content-names';
import type { FileResult } from './import';
import type { SampleResult } from './sample';
import { type ImportKind, importKinds } from './tables';

type Brings = {
  content: {
    bring(asked: {
      kind: ImportKind;
      file: string;
      force: boolean;
      by: string;
      onProgress: (done: number, of: number) => Promise<void>;
    }): Promise<FileResult>;
    bringOurs(force: boolean): Promise<SampleResult[]>;
  };
};

const bringing = z.object({
  kind: z.enum(importKinds as [(typeof importKinds)[number], ...typeof importKinds]),
  file: z.string(),
  name: z.string(),
  force: z.boolean(),
});

/** Brings a table from a file that was checked and kept. */
export const bringFile = defineTask({
  name: 'content.bring',
  input: bringing,
  title: ({ kind, name }) => `導入${contentNames[kind]}：${name}`,
  async run({ content }: Brings, { kind, file, force }, { by, progress }) {
    const result = await content
      .bring({ kind, file, force, by, onProgress: (done, total) => progress({ done, total }) })
      .catch((error: unknown) => {
        if (error instanceof AppError && error.code === 'import.drastic')
          throw new AppError(
            'Conflict',
            error.code,
            '什麼都沒有寫入：會刪去一半以上的行，要勾上「照樣換」才做。',
          );
        throw error;
      });
    if (result.kind === 'refused')
      throw new AppError(
        'Invalid',
        'content.refused',
        `什麼都沒有寫入，有 ${result.total} 處要改：\n${result.problems
          .slice(0, 20)
          .map((problem) => tellProblem(problem, result.unit))
          .join('\n')}`,
      );
    const { rows, added, changed, same, removed } = result;
    return {
      text: `${contentNames[kind]}共 ${rows} 行：新增 ${added}，更改 ${changed}，不變 ${same}，刪去 ${removed}。幾秒後用戶就查得到。`,
      href: `/content/${kind}`,
    };
  },
});

/** Puts back what comes with the program. */
export const bringOurs = defineTask({
  name: 'content.ours',
  input: z.object({ force: z.boolean() }),
  title: () => '放回自帶的資料',
  async run({ content }: Brings, { force }) {
    const lines = (await content.bringOurs(force)).map(({ table, result }) => {
      const name = contentNames[table];
      if (result.kind === 'kept') return `${name}：保留你們導入的 ${result.source}`;
      if (result.kind === 'written') return `${name}：${result.rows} 行，自帶的`;
      return `${name}：沒有寫入，有 ${result.total} 處不對`;
    });
    return { text: lines.join('\n'), href: '/content' };
  },
});
