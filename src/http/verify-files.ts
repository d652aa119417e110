import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Router from '@koa/router';

/**
 * WeChat believes that a domain is ours when it finds there the file that its console handed out, `/MP_verify_….txt` (other
 * consoles have other names). Whatever lies in `folder` is shown, from the moment it is put there.
 */
export function mountVerifyFiles(router: Router, folder: string): void {
  router.get(/^\/([\w-]{1,64}\.txt)$/, async (ctx) => {
    const file = join(folder, ctx.captures?.[0] ?? '');
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) return;
    ctx.type = 'text';
    ctx.body = text;
  });
}
