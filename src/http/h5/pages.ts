import { copy } from './copy';
import { link } from './link';
import { mail } from './mail';
import { mailDone } from './mail-done';
import { question } from './question';

/** Every address that fans open. */
export const pages = [copy, link, mail, mailDone, question];
