import type { Alarms } from '../domain/alarms/alarms';
import type { Inbox } from '../domain/inbox/inbox';
import type { Outbox } from '../domain/outbox/outbox';
import { minuteMs } from '../kit/beijing';
import type { Log } from '../kit/log';
import type { CallEnd } from '../wechat/api/client';

const tokenPath = '/cgi-bin/stable_token';
const quotaGone = 45009;
/** What waits longer than this is stuck. */
const stuckMs = 5 * minuteMs;

/** Calls our own people about the house itself: WeChat gives no token, a day's calls are used up, what waits is not carried out. */
export function createWatch(given: {
  alarms: Pick<Alarms, 'raise' | 'over'>;
  inbox: Pick<Inbox, 'oldestUndoneMs'>;
  outbox: Pick<Outbox, 'oldestPendingMs'>;
  log: Log;
}) {
  const { alarms, inbox, outbox, log } = given;
  /** What this process told last of a cause: the same again writes nothing. One that died may have left an alarm standing. */
  const last = new Map<string, boolean>();
  let timer: NodeJS.Timeout | undefined;

  function tell(cause: string, text: string | undefined): void {
    const stands = text !== undefined;
    if (last.get(cause) === stands) return;
    last.set(cause, stands);
    const told = text === undefined ? alarms.over(cause) : alarms.raise({ cause, text });
    told.catch((err: unknown) => {
      last.delete(cause);
      log.warn({ err, cause }, 'an alarm could not be kept');
    });
  }

  async function look(): Promise<void> {
    const oldest = Math.max(await inbox.oldestUndoneMs(), await outbox.oldestPendingMs());
    const minutes = Math.round(oldest / minuteMs);
    tell(
      'queue',
      oldest > stuckMs
        ? `有一件事等了 ${minutes} 分鐘還沒有做；看 web 和 worker 在不在跑，再看 npm run doctor。`
        : undefined,
    );
  }

  return {
    /** A call of WeChat's API has ended. */
    called({ path, errcode }: Pick<CallEnd, 'path' | 'errcode'>): void {
      if (path === tokenPath && errcode !== 'network')
        tell(
          'wechat-token',
          errcode === 0
            ? undefined
            : `微信不給 access_token（${errcode}），什麼都發不出去；原因和辦法看 npm run doctor。`,
        );
      if (errcode === quotaGone) tell(`quota:${path}`, `今天的 ${path} 調用次數用完了，明天零點以後恢復。`);
      else if (errcode === 0) tell(`quota:${path}`, undefined);
    },
    look,
    start(): void {
      timer = setInterval(
        () => void look().catch((err: unknown) => log.warn({ err }, 'the queues could not be looked at')),
        minuteMs,
      );
      timer.unref();
    },
    stop: () => clearInterval(timer),
  };
}

export type Watch = ReturnType<typeof createWatch>;
