import { AppError } from '../../errors';
import { beijingMoment } from '../../kit/beijing';
import { isShut, messagesLeft, type Rations, type Reach, talkMs, windowUntil } from '../rations';

/** What she may still be sent by a person of ours: how many, until when, and where none why. */
export type Standing = { left: number; until: number | undefined; why: string };

export function standingOf(reach: Reach, at: number, rations: Rations): Standing {
  const shut = isShut(reach, at);
  const left = shut ? 0 : messagesLeft(reach, at, rations);
  const until = shut ? undefined : windowUntil(reach, at, rations);
  return { left, until, why: left > 0 ? '' : whyNone(reach, at, rations, shut) };
}

function whyNone(reach: Reach, at: number, { talk }: Rations, shut: boolean): string {
  if (shut) return '微信說她現在不收消息。等她下次說話。';
  if (reach.talk === undefined) return '她還沒有對公眾號說過話，微信不讓我們先開口。';
  if (reach.talk + talkMs <= at)
    return `她上次說話是 ${beijingMoment(reach.talk)}，過了 48 小時，微信不讓我們先開口。她再說一句就可以發。`;
  return `她說一次話，微信讓我們發 ${talk} 條，已經用完了。她再說一句就又可以發。`;
}

export const noSuch = () =>
  new AppError(
    'NotFound',
    'desk.unknown',
    '沒有這段對話。她可能取消了關注，對話隨她的資料一起刪除了；結束半年的也會刪除。',
  );
export const gone = () =>
  new AppError('Conflict', 'desk.gone', '她取消關注了，收不到消息；對話隨她的資料一起刪除。');
