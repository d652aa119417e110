import { z } from 'zod';
import { AppError } from '../../errors';
import { defineTask } from '../../kit/define-task';
import { isWechatError } from '../../wechat/api/errors';
import { type SyncReport, tellSync } from './walk';

type Needs = {
  subscriberSync: {
    run(asked: { remove: boolean; onStep: (so: SyncReport) => void | Promise<void> }): Promise<SyncReport>;
  };
  subscribers: { count(): Promise<number> };
};

/** Makes our subscribers those that WeChat lists. Cut off anywhere, the next one goes on from there. */
export const syncFollowers = defineTask({
  name: 'subscribers-sync',
  input: z.object({ remove: z.boolean() }),
  title: () => '和微信的關注者名單同步',
  async run({ subscriberSync, subscribers }: Needs, { remove }, { progress }) {
    const end = await subscriberSync
      .run({
        remove,
        onStep: (so) =>
          progress({
            done: so.listed,
            total: so.total,
            text: so.state === 'walking' ? `第 ${so.pages} 頁：${tellSync(so)}` : '看誰走了',
          }),
      })
      .catch((error: unknown) => Promise.reject(isWechatError(error) ? goesOn(error.details.reason) : error));
    if (end.state === 'tomorrow')
      return {
        text: `${tellSync(end)}。今天查名單的次數用完了，明天再同步就從這裡接著做。`,
        href: '/subscribers/sync',
      };
    return {
      text: `同步完成：${tellSync(end)}，移除走了的 ${few(end.gone)} 位；現在有 ${few(await subscribers.count())} 位訂閱者。`,
      href: '/subscribers/sync',
    };
  },
});

const few = (n: number): string => n.toLocaleString('en');

const goesOn = (why: string): AppError =>
  new AppError(
    'Conflict',
    'subscribers.sync-stopped',
    `停在半路：${why}。做到的都記下了；排除之後再同步一次，就從這裡接著做。`,
  );
