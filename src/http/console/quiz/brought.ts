import { type Brought, tellCodes, tellRemarks } from '../../../domain/quiz/workbook/bring';

/** What a file or a form was kept as, in one sentence. */
export function tellBrought(brought: Brought): string {
  const codes = brought.codes.flatMap(tellCodes).join('；');
  const remarks = tellRemarks(brought.remarks.slice(0, 5));
  const more = [...(codes === '' ? [] : [codes]), ...remarks].map((line) => `\n${line}`).join('');
  switch (brought.kind) {
    case 'saved':
      return `${brought.how === 'same' ? '內容沒有變。' : '存成草稿了，接著檢查。'}${more}`;
    case 'proposed':
    case 'refilled': {
      if (brought.changes.length === 0) return `內容沒有變。${more}`;
      const over = brought.kind === 'refilled' ? '活動已經結束，只收了新的兌換碼。' : '';
      return `${over}提出了 ${brought.changes.length} 處修改，等另一位批准才生效。${more}`;
    }
  }
}
