import { tagBounds, type WechatTag } from '../../wechat/api/tags';

/**
 * `tagsMade{_id: segment}`: the tag that we made for a segment. Without `tag` it is being made, and we may have died before WeChat's
 * answer came; `lost`: somebody deleted it at WeChat.
 */
export type Made = { _id: string; name: string; tag?: number; lost?: true };

/** What is to be done for the tag of a segment; or why nothing is done, because only a person can know what is meant. */
export type Standing =
  | { kind: 'ready'; tag: number }
  | { kind: 'create' }
  | { kind: 'rename'; tag: number }
  /** We died between making it and writing its id down. */
  | { kind: 'adopt'; tag: number; name: string }
  | { kind: 'conflict'; why: string; lost?: true };

/** How the tag that a segment is to have stands to what WeChat has. */
export function standingOf(
  { name }: { segment: string; name: string },
  made: Made | undefined,
  theirs: readonly WechatTag[],
): Standing {
  const named = theirs.find((one) => one.name === name);
  const taken: Standing = {
    kind: 'conflict',
    why: `微信上已有別處建立的標籤「${name}」，沒有動它：在公眾號後台改掉或刪掉它，或給這個分群換個標籤名稱`,
  };
  const deleted: Standing = {
    kind: 'conflict',
    lost: true,
    why: `標籤「${made?.name}」在微信那邊被刪了：要它就把分群再標一次「${name}」；不要就取消這個分群的標籤`,
  };
  if (made?.lost) return deleted;
  if (made?.tag !== undefined) {
    const its = theirs.find(({ id }) => id === made.tag);
    if (!its) return deleted;
    if (its.name === name) return { kind: 'ready', tag: its.id };
    if (its.name !== made.name)
      return {
        kind: 'conflict',
        why: `標籤「${made.name}」在微信那邊被改名為「${its.name}」：跟著改就把分群重新標成「${its.name}」；要原來的就在公眾號後台改回去`,
      };
    return named ? taken : { kind: 'rename', tag: its.id };
  }
  // Before we began to make it there was no tag of this name, and nobody has been given it since.
  const begun = made && theirs.find((one) => one.name === made.name && one.count === 0);
  if (begun) return { kind: 'adopt', tag: begun.id, name: begun.name };
  if (named) return taken;
  if (theirs.filter(({ id }) => id > tagBounds.systemIds).length >= tagBounds.tags)
    return {
      kind: 'conflict',
      why: `微信上已有 ${tagBounds.tags} 個標籤，不能再多：先在公眾號後台刪掉用不著的，或取消一個分群的標籤`,
    };
  return { kind: 'create' };
}
