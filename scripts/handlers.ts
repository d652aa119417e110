/* `npm run handlers`: which words, taps and events are answered, and by which file. */
import { checkMenu, loadHandlers } from '../src/bot/discover';
import { messageOf } from '../src/errors';

function main(): void {
  const rules = loadHandlers();
  const rows = rules.table.toSorted((a, b) => a.file.localeCompare(b.file));
  const width = Math.max(...rows.map((row) => row.file.length));
  let last = '';
  for (const { file, claim } of rows) {
    console.log(`${(file === last ? '' : file).padEnd(width)}  ${claim}`);
    last = file;
  }
  checkMenu(rules);
  const files = new Set(rows.map((row) => row.file)).size;
  console.log(`\n${files} 個檔案，${rows.length} 條；菜單的每個 key 都有人認領。`);
}

try {
  main();
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
