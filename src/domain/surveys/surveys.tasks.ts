import type { Writable } from 'node:stream';
import { z } from 'zod';
import { defineTask } from '../../kit/define-task';
import { answerColumns } from './answer-columns';
import type { Answers, Survey } from './survey';

type Line = { pid: string; at: Date; consent?: { version: string }; answers: Answers };
type Said = { question?: string | undefined; value?: string | undefined; day?: string | undefined };
type Needs = {
  surveys: {
    row(id: string): Promise<{ survey: Survey }>;
    answers(survey: string, said: Said): AsyncIterable<Line>;
  };
  exports: {
    survey<Row>(
      asked: {
        survey: string;
        question?: string;
        value?: string;
        day?: string;
        columns: ReturnType<typeof answerColumns>;
        rows: AsyncIterable<Row>;
      },
      take: { format: 'csv' | 'xlsx'; out: Writable; by: string; full: boolean },
    ): Promise<{ rows: number }>;
  };
};

const types = {
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

/** What everybody answered, or who answered so; phones are masked unless `full`. */
export const surveyOut = defineTask({
  name: 'survey-out',
  input: z.object({
    survey: z.string(),
    question: z.string().optional(),
    value: z.string().optional(),
    day: z.string().optional(),
    format: z.enum(['csv', 'xlsx']),
    full: z.boolean(),
  }),
  title: ({ survey, full }) => `導出問卷「${survey}」的答案${full ? '（手機號不遮蔽）' : ''}`,
  async run({ surveys, exports }: Needs, { survey: id, format, full, ...said }, { by, progress, file }) {
    const { survey } = await surveys.row(id);
    async function* rows() {
      let done = 0;
      for await (const row of surveys.answers(id, said)) {
        yield row;
        if (++done % 1_000 === 0) await progress({ done });
      }
    }
    const out = file(`${id}-answers.${format}`, types[format]);
    const { question, value, day } = said;
    const filter = {
      ...(question === undefined ? {} : { question }),
      ...(value === undefined ? {} : { value }),
      ...(day === undefined ? {} : { day }),
    };
    const asked = { survey: id, ...filter, columns: answerColumns(survey, full), rows: rows() };
    const { rows: n } = await exports.survey(asked, { format, out, by, full });
    return { text: `寫好了，${n} 行，${full ? '含完整手機號，請妥善保管' : '手機號已遮蔽'}。` };
  },
});
