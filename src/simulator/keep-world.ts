import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { SavedWorld, World } from './world';

/**
 * Keeps the simulated world in a file, so that `npm start` tomorrow finds the same fans, chats and menu. Written a
 * second after the last change and on `close`. A file that cannot be read is put aside, never a reason not to start.
 */
export function keepWorld(world: World, file: string) {
  try {
    world.restore(JSON.parse(readFileSync(file, 'utf8')) as SavedWorld);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') renameSync(file, `${file}.unreadable`);
  }
  let timer: NodeJS.Timeout | undefined;
  const write = () => {
    timer = undefined;
    writeFileSync(`${file}.new`, JSON.stringify(world.save()), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  const unwatch = world.watch(() => {
    timer ??= setTimeout(write, 1000).unref();
  });
  return {
    close() {
      unwatch();
      clearTimeout(timer);
      write();
    },
  };
}
