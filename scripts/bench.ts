import { bench } from './bench/bench';

/** `npm run bench`: docs/benchmarks.md. */
bench().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
