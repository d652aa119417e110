import { createInterface } from 'node:readline';
import { stageOn } from '../../src/app';
import { contentOf } from '../../src/domain/campaigns/campaign-row';
import { laidFlat, type QuizContent } from '../../src/domain/quiz/definition';
import { letters } from '../../src/domain/quiz/play/questions';
import { mostPlayers, oddsOf } from '../../src/domain/quiz/rehearse/odds';
import { curtain } from '../../src/domain/quiz/rehearse/rehearsal';
import { openRehearsal, type Rehearsal } from '../../src/domain/quiz/rehearse/stage';
import { tellOdds } from '../../src/domain/quiz/rehearse/tell-odds';
import { type Walked, walk } from '../../src/domain/quiz/rehearse/walk';
import { readQuizFile } from '../../src/domain/quiz/workbook/workbook';
import { beijingMoment } from '../../src/kit/beijing';
import { createRender } from '../../src/render/render';
import { fileAt } from '../../src/sheets/named-files';
import { tellProblem } from '../../src/sheets/problems';
import { maxTextBytes } from '../../src/wechat/protocol/reply';
import { Misuse, only } from '../command-line';
import { type Asked, type Command } from './command';

type Stage = Pick<Asked, 'config' | 'mongoUri' | 'redisUrl' | 'db'>;
type Input = NodeJS.ReadableStream & { isTTY?: boolean };

export const rehearse: Command = {
  args: '編號|檔案 [--walk] [--players 人數]',
  help: '彩排：在終端機裡像粉絲一樣玩一遍；--walk 列出每一題和每種獎品的機會',
  async run(asked) {
    const { args, values } = asked;
    const content = await contentFor(asked, only(args));
    if (!content) return 1;
    if (values.walk) return walkThrough(content, Number(values.players));
    await perform(asked, content, process.stdin);
    return 0;
  },
};

/** The quiz as kept, in any state; or as a file says, before it is imported. */
async function contentFor({ services }: Asked, what: string): Promise<QuizContent | undefined> {
  if (!/\.(xlsx|json)$/i.test(what)) return laidFlat(contentOf(await services.campaigns.row(what)));
  const reading = await readQuizFile(await fileAt(what));
  if (reading.kind === 'read') return reading.content;
  for (const problem of reading.problems) console.error(tellProblem(problem));
  console.error(`共 ${reading.total} 處要改，改好才能彩排。`);
  return undefined;
}

// -- played as a fan ---------------------------------------------------------------------------------------------

/** What she types comes from `input`, line by line. */
export async function perform(
  { config, mongoUri, redisUrl, db }: Stage,
  content: QuizContent,
  input: Input,
): Promise<void> {
  const rehearsal = await openRehearsal(content, stageOn({ config, mongoUri, redisUrl, base: db.name }));
  try {
    console.log(opening(content));
    await talk(rehearsal, input);
    console.log('【彩排】結束，什麼都沒有留下。');
  } finally {
    await rehearsal.close();
  }
}

const opening = (content: QuizContent): string =>
  [
    `【彩排】「${content.title}」：這裡的分數、樓層和獎品都不算數，不會動到真的活動和庫存。`,
    `現在是彩排的 ${beijingMoment(curtain(content))}；每說一句，時鐘走 5 秒。`,
    `打字就是粉絲說的話，先試「${content.keywords[0]}」。另外：`,
    '  +1天、+2小時、+30分　時鐘往前走　　+187樓　來了 187 個路人作答　　離開　結束',
  ].join('\n');

/** Every line is what she says, or moves the rehearsal on. */
async function talk(rehearsal: Rehearsal, input: Input): Promise<void> {
  const tell = (line: string) => console.log(`\n${line}`);
  tell(rehearsal.welcome);
  const lines = createInterface({ input, terminal: false });
  const prompt = () => input.isTTY && process.stdout.write(`\n彩排 ${beijingMoment(rehearsal.now())} > `);
  // Ctrl-C ends it as 離開 does: what was put up for it is taken down.
  process.once('SIGINT', () => lines.close());
  prompt();
  for await (const line of lines) {
    const text = line.trim();
    if (text === '離開' || text === '离开') break;
    if (text !== '') {
      if (!input.isTTY) tell(`> ${text}`);
      tell(await rehearsal.says(text));
    }
    prompt();
  }
  lines.close();
}

// -- everything at a glance --------------------------------------------------------------------------------------

async function walkThrough(content: QuizContent, players: number): Promise<number> {
  if (!Number.isInteger(players) || players < 1 || players > mostPlayers) throw new Misuse();
  const { render } = createRender();
  const walked = walk(content, render);
  for (const [i, one] of walked.entries()) console.log(tellQuestion(one, i + 1));
  const long = walked.filter(({ fits }) => !fits).map(({ question }) => question.id);
  console.log(
    long.length === 0
      ? `\n${walked.length} 題都在平台的長度以內（一則 ${maxTextBytes} 位元組，約 680 個字）。`
      : `\n${long.length} 題太長，會被截斷，請縮短題目、選項或解釋：${long.join('、')}`,
  );
  console.log(`\n${tellOdds(await oddsOf(content, players))}`);
  return long.length === 0 ? 0 : 1;
}

const kinds = { single: '單選', truefalse: '判斷', profile: '屬性' };
const levels = { 1: '易', 2: '中', 3: '難' };

function tellQuestion({ question, flashFor, bytes, fits }: Walked, n: number): string {
  const { id, kind, text, options, right, explanation, difficulty, picture } = question;
  return [
    `\n${n}. [${id}] ${kinds[kind]} · ${levels[difficulty]}${flashFor ? ` · 搶答題，獎品「${flashFor}」` : ''}`,
    `   ${text}`,
    ...options.map((option, i) => ` ${i === right ? '✓' : ' '} ${letters[i]}. ${option}`),
    ...(explanation ? [`   解釋：${explanation}`] : []),
    ...(picture ? [`   圖片：${picture}`] : []),
    `   最長 ${bytes} / ${maxTextBytes} 位元組${fits ? '' : '　太長！'}`,
  ].join('\n');
}
