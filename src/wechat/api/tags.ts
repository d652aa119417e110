import { z } from 'zod';
import type { WechatClient } from './client';
import { readAnswer } from './errors';

const tag = z.object({ id: z.number(), name: z.string(), count: z.number().default(0) });
const all = z.object({ tags: z.array(tag) });
const made = z.object({ tag: z.object({ id: z.number() }) });
const ids = z.object({ tagid_list: z.array(z.number()) });

/** `count`: how many followers have it. */
export type WechatTag = z.infer<typeof tag>;

/** What WeChat bears. Its own tags (ids up to 2) count towards none of this and cannot be changed. */
export const tagBounds = { tags: 100, perPerson: 20, perCall: 50, name: 30, systemIds: 2 };

/** Tags of followers: both account types, verified. One call a person at a time, or 45169. */
export function createTags({ client }: { client: Pick<WechatClient, 'get' | 'post'> }) {
  const members = (path: string, tagid: number, openids: readonly string[]) =>
    client.post(path, { openid_list: openids, tagid }, { repeatable: true });

  return {
    async list(): Promise<WechatTag[]> {
      const path = '/cgi-bin/tags/get';
      return readAnswer(path, all, await client.get(path)).tags;
    },
    /** Its id. Not to be repeated: of a lost answer only `list` tells. 45056 too many, 45157 the name is taken or bad. */
    async create(name: string): Promise<number> {
      const path = '/cgi-bin/tags/create';
      return readAnswer(path, made, await client.post(path, { tag: { name } })).tag.id;
    },
    async rename(id: number, name: string): Promise<void> {
      await client.post('/cgi-bin/tags/update', { tag: { id, name } }, { repeatable: true });
    },
    /** Takes it off everybody. 45057: more than 100,000 have it, 45159: there is no such tag. */
    async remove(id: number): Promise<void> {
      await client.post('/cgi-bin/tags/delete', { tag: { id } }, { repeatable: true });
    },
    /**
     * Gives it to at most 50; twice is as once. 45059: somebody has 20 tags; 45169: another call is at work on somebody; 45171: some
     * failed (`failedOpenids`); 40003: somebody does not follow. Of these only 45171 tells who.
     */
    async give(id: number, openids: readonly string[]): Promise<void> {
      await members('/cgi-bin/tags/members/batchtagging', id, openids);
    },
    /** Takes it off at most 50; refusals as for `give`. */
    async take(id: number, openids: readonly string[]): Promise<void> {
      await members('/cgi-bin/tags/members/batchuntagging', id, openids);
    },
    /** The tags of one follower. */
    async of(openid: string): Promise<number[]> {
      const path = '/cgi-bin/tags/getidlist';
      return readAnswer(path, ids, await client.post(path, { openid }, { repeatable: true })).tagid_list;
    },
  };
}

export type WechatTags = ReturnType<typeof createTags>;
