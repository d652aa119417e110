import type { Connection } from 'mongoose';
import { isWechatError } from '../../wechat/api/errors';
import type { WechatTag, WechatTags } from '../../wechat/api/tags';
import type { Doing, Shared, Sharing } from './sharing';
import { type Made, standingOf } from './standing';

export type Conflict = { segment: string; name: string; why: string };

/** Makes, renames and deletes at WeChat the tags that are ours; `theirs`, what WeChat has, moves along. */
export function createMaking({ db, sharing }: { db: Connection; sharing: Sharing }) {
  const made = db.collection<Made>('tagsMade');

  /** The id of a segment's tag, which is made where there is none. */
  async function settle(
    one: { segment: string; name: string },
    theirs: WechatTag[],
    wechat: WechatTags,
  ): Promise<number | Conflict> {
    const { segment: _id, name } = one;
    const ours = (await made.findOne({ _id })) ?? undefined;
    const standing = standingOf(one, ours, theirs);
    switch (standing.kind) {
      case 'conflict':
        if (standing.lost && ours?.tag !== undefined) {
          await sharing.forgetTag(ours.tag);
          await made.updateOne({ _id }, { $set: { lost: true }, $unset: { tag: '' } });
        }
        return { ...one, why: standing.why };
      case 'ready':
        await made.updateOne({ _id }, { $set: { name } });
        return standing.tag;
      case 'adopt':
        await made.updateOne({ _id }, { $set: { name: standing.name, tag: standing.tag } });
        return settle(one, theirs, wechat);
      case 'rename': {
        const { tag } = standing;
        const why = await nameRefused(() => wechat.rename(tag, name));
        if (why) return { ...one, why };
        await made.updateOne({ _id }, { $set: { name } });
        for (const its of theirs) if (its.id === tag) its.name = name;
        return tag;
      }
      case 'create': {
        // Before we ask for it: if we die before its id is written, it is known for ours by its name.
        await made.updateOne({ _id }, { $set: { name } }, { upsert: true });
        let tag = 0;
        const why = await nameRefused(async () => void (tag = await wechat.create(name)));
        if (why) {
          await made.deleteOne({ _id, tag: { $exists: false } });
          return { ...one, why };
        }
        await made.updateOne({ _id }, { $set: { tag } });
        theirs.push({ id: tag, name, count: 0 });
        return tag;
      }
    }
  }

  /** The tag of a segment that is not marked any more. One that somebody renamed at WeChat is theirs now. */
  async function drop(
    { _id, name, tag }: Made,
    theirs: WechatTag[],
    doing: Doing,
  ): Promise<Conflict | undefined> {
    const its = theirs.find((one) =>
      tag === undefined ? one.name === name && one.count === 0 : one.id === tag,
    );
    const isOurs = its?.name === name;
    if (its && isOurs) {
      await remove(its, { segment: _id, name, given: 0, taken: 0, kept: 0, failures: [] }, doing);
      theirs.splice(theirs.indexOf(its), 1);
    }
    if (tag !== undefined) await sharing.forgetTag(tag);
    await made.deleteOne({ _id });
    if (!its || isOurs) return undefined;
    const why = `分群不再同步，但標籤「${name}」在微信那邊被改名為「${its.name}」，沒有刪：要刪請到公眾號後台`;
    return { segment: _id, name, why };
  }

  async function remove({ id }: WechatTag, shared: Shared, doing: Doing): Promise<void> {
    try {
      await doing.wechat.remove(id);
    } catch (error) {
      const errcode = errcodeOf(error) ?? 0;
      if (noSuchTag.has(errcode)) return;
      if (errcode !== tooManyFans) throw error;
      await sharing.share([], { tag: id, shared, doing });
      await doing.wechat.remove(id);
    }
  }

  return { settle, drop };
}

const tooManyFans = 45057;
const noSuchTag = new Set([40152, 45159]);
const refusesName = new Set([45056, 45157, 45158]);
const errcodeOf = (error: unknown): number | null => (isWechatError(error) ? error.details.errcode : null);

/** Why WeChat does not take it: somebody was faster than we, or it does not like the name. */
async function nameRefused(act: () => Promise<void>): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (!isWechatError(error) || !refusesName.has(error.details.errcode ?? 0)) throw error;
    return `微信不接受這個標籤：${error.details.reason}`;
  }
}
