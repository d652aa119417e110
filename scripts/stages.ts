/* `npm run stages -- show`: where people stand in their life with the brand, and how they moved. */
import { parseArgs } from 'node:util';
import { recountAll } from '../src/domain/rfm/rfm.tasks';
import { hasNoSource, stageNames, stageRules } from '../src/domain/stages/stage-rules';
import type { Stages } from '../src/domain/stages/stages';
import { withServices } from '../src/with-services';
import { runCommand } from './command-line';

const usage = `用法：
  npm run stages -- show                    每個階段有多少人，由什麼餵
  npm run stages -- moves 2026-11-01 2026-11-30   兩天之間（含）的躍遷和比率
  npm run stages -- judge                   現在就把每個人重新判一遍（平常每天 04:00 一次）`;

const isDay = (text: string | undefined): text is string => /^\d{4}-\d{2}-\d{2}$/.test(text ?? '');

async function main(args: string[]): Promise<number> {
  const [command, from, to = from, ...more] = parseArgs({ args, allowPositionals: true }).positionals;
  if (more.length === 0) {
    if (command === 'show' && from === undefined)
      return withServices('stages', ({ services }) => show(services.stages));
    if (command === 'moves' && isDay(from) && isDay(to))
      return withServices('stages', ({ services }) => moves(services.stages, from, to));
    if (command === 'judge' && from === undefined)
      return withServices('stages', async ({ services }) => {
        console.log(`已重新判斷 ${await recountAll(services)} 人。`);
        return 0;
      });
  }
  console.error(usage);
  return 2;
}

async function show(stages: Stages): Promise<number> {
  const counts = await stages.counts();
  for (const rule of stageRules) {
    const name = stageNames[rule.stage];
    console.log(
      hasNoSource(rule)
        ? `${name}  沒有來源；可以餵它的：${rule.fedBy}`
        : `${name}  ${counts[rule.stage] ?? 0} 人（${rule.fedBy}）`,
    );
  }
  return 0;
}

async function moves(stages: Stages, from: string, to: string): Promise<number> {
  const rates = await stages.rates(from, to);
  for (const one of rates) {
    const share = one.of === undefined ? '' : `，${one.of} 人中的 ${((one.rate ?? 0) * 100).toFixed(1)}%`;
    console.log(`${stageNames[one.from]} → ${stageNames[one.to]}  ${one.people} 人${share}`);
  }
  if (rates.length === 0) console.log('這段日子沒有躍遷。');
  return 0;
}

void runCommand(main);
