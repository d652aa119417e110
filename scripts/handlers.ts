/* `npm run handlers`: which words, taps and events are answered, and by which file. */
import { checkMenu, loadHandlers } from '../src/bot/discover';

const rules = loadHandlers();
const rows = [...rules.claims]
  .map(([claim, file]) => ({ file, claim }))
  .toSorted((a, b) => a.file.localeCompare(b.file));
const width = Math.max(...rows.map((row) => row.file.length));
let last = '';
for (const { file, claim } of rows) {
  console.log(`${(file === last ? '' : file).padEnd(width)}  ${claim}`);
  last = file;
}
checkMenu(rules);
console.log(
  `\n${new Set(rows.map((row) => row.file)).size} 個檔案，${rows.length} 條；菜單的每個 key 都有人認領。`,
);
