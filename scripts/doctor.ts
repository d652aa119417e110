/* `npm run doctor`: what is in order, what is not, and what to do. Ends with 1 when something must be done. */
import { examine } from '../src/doctor';

const marks = { good: '✓', note: '·', bad: '✗' } as const;

examine()
  .then((findings) => {
    for (const { state, what, todo } of findings)
      console.log(`${marks[state]} ${what}${todo ? `\n    → ${todo}` : ''}`);
    process.exitCode = findings.some((one) => one.state === 'bad') ? 1 : 0;
  })
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
