import { setTimeout as wait } from 'node:timers/promises';
import { isQuiet } from '../../src/domain/pushes/gate';
import { createPace } from '../../src/domain/pushes/pace';
import { reachesNobody } from '../../src/domain/pushes/plan';
import type { Status } from '../../src/domain/pushes/report';
import { figure, tellReached, tellReasons, tellSpan } from '../../src/domain/pushes/tell-plan';
import { goesAtOnce } from '../../src/domain/pushes/when';
import { beijingTime } from '../../src/kit/beijing';
import { monotonicMs } from '../../src/kit/clock';
import { isSamePerson } from '../../src/kit/signed';
import { type Asked, type Command, call } from './command';
import { nobodyGetsIt, tellApproval, tellFindings, tellWholePlan } from './make';
import { nextSteps, tellContents, tellProgress, tellPush, tellState } from './tell';

const lookMs = 500;
/** Where no terminal rewrites its line, one is written so often. */
const lineMs = 5_000;

/** What sets a push going, and stops it. */
export const going: Record<string, Command> = {
  start: {
    args: ['編號'],
    help: '先給你看會發給誰；加 --yes 才真的開始，再加 --watch 看著',
    async run(asked) {
      const { services, values, args, clock } = asked;
      const [id = ''] = args;
      if (!values.yes) return dry(asked, id);
      if (!values.anyway && (await tellIfNobodyGetsIt(asked, id))) return 1;
      const row = await services.pushes.start(id, values.by);
      const status = await services.pushes.status(id);
      console.log(tellPush(row, status.state));
      if (row.state === 'waiting')
        console.log(`超過 ${figure(asked.config.PUSH_APPROVAL_ABOVE)} 人，要第二個人同意。`);
      for (const step of nextSteps(row, clock.now(), status)) console.log(step);
      await tellIfNobodySends(asked);
      return values.watch && row.state !== 'waiting' ? watch(asked, id) : 0;
    },
  },
  approve: {
    args: ['編號'],
    help: '第二個人：先看內容和人數；加 --by 姓名 --yes 同意',
    async run(asked) {
      const { services, values, args, clock } = asked;
      const [id = ''] = args;
      const row = await services.pushes.get(id);
      if (!values.yes && row.state === 'waiting') {
        for (const line of tellContents(row)) console.log(line);
        await tellWholePlan(asked, id);
        const isHers = row.log.some(({ by }) => by !== '系統' && isSamePerson(by, values.by));
        console.log(
          isHers && !asked.config.SOLO_TEAM
            ? `你寫過或送出過這個推送，要另一個人同意：approve ${id} --by 她的名字`
            : `這只是給你看的。同意：${call(`approve ${id} --by ${values.saidBy || '你的名字'} --yes`)}`,
        );
        return 0;
      }
      const next = await services.pushes.approve(id, values.by);
      console.log(tellPush(next));
      for (const step of nextSteps(next, clock.now())) console.log(step);
      await tellIfNobodySends(asked);
      return values.watch ? watch(asked, id) : 0;
    },
  },
  watch: {
    args: ['編號'],
    help: '看著發：多少、多快、還要多久；發完自己停',
    run: (asked) => watch(asked, asked.args[0] ?? ''),
  },
  pause: {
    args: ['編號'],
    help: '停住：兩秒裡不再發，一個人也不丟；--reason 原因',
    async run({ services: { pushes }, values: { by, reason }, args: [id = ''], clock }) {
      const row = await pushes.pause(id, by, reason.join('、'));
      const status = await pushes.status(id);
      console.log(tellPush(row));
      console.log(tellProgress(status));
      if (status.waiting > 0) console.log('正在路上的還會發完。');
      for (const step of nextSteps(row, clock.now(), status)) console.log(step);
      return 0;
    },
  },
  resume: {
    args: ['編號'],
    help: '從停住的地方接著發',
    async run(asked) {
      const { services, values, args, clock } = asked;
      const [id = ''] = args;
      const row = await services.pushes.resume(id, values.by);
      console.log(tellPush(row));
      for (const step of nextSteps(row, clock.now())) console.log(step);
      await tellIfNobodySends(asked);
      return values.watch ? watch(asked, id) : 0;
    },
  },
  cancel: {
    args: ['編號'],
    help: '不發了，不能再開；發出去的收不回',
    async run({ services: { pushes }, values: { by }, args: [id = ''], clock }) {
      const row = await pushes.cancel(id, by);
      const { counts, waiting } = await pushes.status(id);
      console.log(tellPush(row));
      const gone = counts.sent + counts.handed;
      const told = gone > 0 ? `已經發出去 ${figure(gone)} 條，收不回。` : '一條也沒有發出去。';
      console.log(waiting > 0 ? `${told}正在路上的還會發完，最後的數：${call(`report ${id}`)}` : told);
      for (const step of nextSteps(row, clock.now())) console.log(step);
      return 0;
    },
  },
};

/** What would happen. */
async function dry(asked: Asked, id: string): Promise<number> {
  const { services, values, clock } = asked;
  const row = await services.pushes.get(id);
  if (row.state !== 'draft') {
    const status = await services.pushes.status(id);
    console.log(tellPush(status.push, status.state));
    for (const step of nextSteps(status.push, clock.now(), status)) console.log(step);
    return 0;
  }
  const planned = await tellWholePlan(asked, id);
  const { people } = planned.audience;
  if (!(await tellFindings(asked, id, people))) return 1;
  tellApproval(asked, people);
  if (reachesNobody(planned) && goesAtOnce(row)) {
    console.log(`這只是給你看的，什麼都沒有發。${nobodyGetsIt}`);
    return 1;
  }
  const after = values.watch ? ' --yes --watch' : ' --yes';
  console.log(`這只是給你看的，什麼都沒有發。真的開始：${call(`start ${id}${after}`)}`);
  return 0;
}

/** True, and it was told: it would go at once and reach nobody. */
async function tellIfNobodyGetsIt({ services: { pushes } }: Asked, id: string): Promise<boolean> {
  const planned = await pushes.reachesNobody(id);
  if (!planned) return false;
  console.error(tellReached(planned));
  console.error(`沒有開始。${nobodyGetsIt}；仍然要開始：${call(`start ${id} --yes --anyway`)}`);
  return true;
}

async function tellIfNobodySends({ services: { processes } }: Asked): Promise<void> {
  if ((await processes.others()) === 0) console.log('程式沒有在跑；npm start 之後才會發。');
}

/** Until nothing is left to send. */
export async function watch(asked: Asked, id: string): Promise<number> {
  const { services, clock } = asked;
  const show = createLine();
  const pace = createPace();
  for (;;) {
    const status = await services.pushes.status(id);
    const { push, state, people, waiting } = status;
    const isEnd = ['finished', 'paused', 'draft', 'waiting'].includes(state);
    // Of one that was called off, what is on its way comes to its end, and the others are written down.
    if (isEnd || (state === 'cancelled' && waiting === 0)) {
      show.end(push.frozen ? tellProgress(status) : '');
      return ended(asked, status);
    }
    if ((await services.processes.others()) === 0) {
      show.end(push.frozen ? tellProgress(status) : '');
      if (state === 'cancelled') return ended(asked, status);
      console.error(`推送是「${tellState(state)}」，可是程式沒有在跑，沒有人發；npm start 之後再看。`);
      return 1;
    }
    const perSecond = pace(status.done);
    const left =
      perSecond > 0
        ? `　每秒 ${Math.round(perSecond)}，還要約 ${tellSpan((waiting / perSecond) * 1_000)}`
        : '';
    const now = clock.now();
    const held =
      state === 'running' && perSecond === 0 && isQuiet(push, now)
        ? `　${beijingTime(now)}，免打擾，${push.quiet.to} 再發`
        : left;
    show.line(
      people > 0
        ? `${tellProgress(status)}${state === 'running' ? held : `　${tellState(state)}`}`
        : tellPush(push, state),
    );
    await wait(lookMs);
  }
}

function ended({ clock }: Asked, status: Status): number {
  const { push, state, counts, people, waiting } = status;
  console.log(tellPush(push, state));
  if (push.frozen) {
    const { sent, handed, failed, unknown, skipped } = counts;
    console.log(
      `名單 ${figure(people)} 人：發出 ${figure(sent)}、交給群發 ${figure(handed)}、失敗 ${figure(failed)}、不明 ${figure(unknown)}、沒發 ${figure(skipped)}${waiting > 0 ? `、還沒輪到 ${figure(waiting)}` : ''}`,
    );
    for (const why of tellReasons(counts.reasons)) console.log(`  ${why}`);
  }
  for (const step of nextSteps(push, clock.now(), status)) console.log(step);
  return state === 'finished' ? 0 : 1;
}

/** One line that is rewritten in a terminal; elsewhere, a line now and then. */
function createLine() {
  const { stdout } = process;
  let last = '';
  let writtenAt = -Infinity;
  return {
    line(text: string): void {
      if (stdout.isTTY) stdout.write(`\r\u001b[2K${text}`);
      else if (text !== last && monotonicMs() - writtenAt > lineMs) {
        console.log(text);
        writtenAt = monotonicMs();
      }
      last = text;
    },
    end(text: string): void {
      if (stdout.isTTY) stdout.write('\r\u001b[2K');
      if (text !== '') console.log(text);
    },
  };
}
