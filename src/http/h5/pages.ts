import { copy } from './copy';
import { link } from './link';
import { question } from './question';

/** Every address that fans open. */
export const pages = [copy, link, question];
