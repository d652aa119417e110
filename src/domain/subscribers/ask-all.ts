import { isWechatError } from '../../wechat/api/errors';
import { mostInfos, type UserInfo, type Users } from '../../wechat/api/users';

/** Calls under way at once. */
const abreast = 4;
const notOurs = 40003;

/**
 * What WeChat tells of these people. One whom it does not know as ours does not follow; of whom it says nothing at all, nothing is
 * in the answer.
 */
export async function askAll(users: Users, openids: readonly string[]): Promise<Map<string, UserInfo>> {
  const told = new Map<string, UserInfo>();
  const wide = mostInfos * abreast;
  for (let at = 0; at < openids.length; at += wide) {
    const some = Array.from({ length: abreast }, (_, n) =>
      openids.slice(at + n * mostInfos, Math.min(at + (n + 1) * mostInfos, openids.length)),
    );
    const answers = await Promise.all(
      some.filter(({ length }) => length > 0).map((few) => askSome(users, few)),
    );
    for (const info of answers.flat()) told.set(info.openid, info);
  }
  return told;
}

/** One who is not ours has all of them refused: then each is asked for by herself. */
async function askSome(users: Users, openids: readonly string[]): Promise<UserInfo[]> {
  try {
    return await users.infos(openids);
  } catch (error) {
    if (!isNotOurs(error)) throw error;
  }
  const told: UserInfo[] = [];
  for (const openid of openids)
    told.push(
      await users.info(openid).catch((error: unknown) => {
        if (!isNotOurs(error)) throw error;
        return { openid, follows: false, remark: '', tagIds: [] };
      }),
    );
  return told;
}

const isNotOurs = (error: unknown): boolean => isWechatError(error) && error.details.errcode === notOurs;
