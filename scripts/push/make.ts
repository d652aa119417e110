import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { simulatedAppId } from '../../src/config';
import { problemOfSize } from '../../src/domain/pushes/check';
import { type Planned, reachesNobody } from '../../src/domain/pushes/plan';
import { readPushFile } from '../../src/domain/pushes/read-push-file';
import { figure, tellPlan, tellReasons } from '../../src/domain/pushes/tell-plan';
import { testEnd } from '../../src/domain/pushes/test-sends';
import { testerOf } from '../../src/domain/pushes/testers';
import { goesAtOnce, tellDue, tellWhen } from '../../src/domain/pushes/when';
import { AppError } from '../../src/errors';
import { beijingMoment } from '../../src/kit/beijing';
import { monotonicMs } from '../../src/kit/clock';
import { fileAt } from '../../src/sheets/named-files';
import { tellProblem } from '../../src/sheets/problems';
import { openidOf } from '../../src/simulator/fans';
import { type Asked, type Command, call } from './command';
import { nextSteps, tellContents, tellPush } from './tell';

/** So long a test-send may take until its end is no longer waited for. */
const testMs = 20_000;

/** Making a push, and what can be asked of it before it goes. */
export const making: Record<string, Command> = {
  list: {
    args: [],
    help: '有哪些推送，各到了哪一步',
    async run({ services: { pushes } }) {
      const all = await pushes.list();
      if (all.length === 0) console.log(`還沒有推送。先 ${call('template 檔案.xlsx')}，改好再 import。`);
      for (const row of all) {
        const { state, people, done } = await pushes.status(row._id);
        const faults = state === 'draft' ? (await pushes.findings(row._id)).length : 0;
        console.log(
          `${tellPush(row, state)}${people > 0 ? `　${figure(done)}/${figure(people)}` : ''}${faults > 0 ? `　◀ 有 ${faults} 處要改` : ''}`,
        );
      }
      return 0;
    },
  },
  import: {
    args: ['檔案.xlsx|.json'],
    help: '導入成草稿；有錯就一處一處列出來，什麼都不改；圖片放在旁邊',
    async run(asked) {
      const { services, values, args } = asked;
      const [path = ''] = args;
      const beside = (name: string) =>
        readFile(join(dirname(path), name)).catch((error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') return undefined;
          throw error;
        });
      const read = await readPushFile(await fileAt(path), { beside, keep: services.pushFiles.keep });
      if ('problems' in read) {
        for (const problem of read.problems) console.error(tellProblem(problem, read.unit));
        console.error(`${path} 有 ${read.problems.length} 處要改，沒有導入。`);
        return 1;
      }
      for (const remark of read.remarks) console.log(tellProblem(remark));
      const row = await services.pushes.save(read.push, values.by);
      console.log(`${tellPush(row)}　第 ${row.version} 版`);
      if (!goesAtOnce(row)) console.log(`時間：${tellWhen(row, asked.clock.now())}`);
      if (row.again)
        console.log(`這是「${row.again.push}」的補發：對象還是它沒收到的人，檔案裡的「對象」不算。`);
      const isFit = await tellFindings(asked, row._id);
      for (const step of isFit ? nextSteps(row, asked.clock.now()) : ['改好檔案再 import 一次，就換成新的。'])
        console.log(step);
      return isFit ? 0 : 1;
    },
  },
  show: {
    args: ['編號'],
    help: '每條路說什麼、發給誰、到了哪一步、誰做過什麼',
    async run(asked) {
      const { services, clock, args } = asked;
      const { pushes } = services;
      const [id = ''] = args;
      const status = await pushes.status(id);
      const { push, state } = status;
      console.log(tellPush(push, state));
      console.log(`對象：${pushes.tellAudience(push)}${exceptOf(push.audience.except)}`);
      const { quiet, cap } = push;
      console.log(
        `時間：${push.dueAt ? tellDue(push.quiet, push.dueAt.getTime()) : tellWhen(push, clock.now())}；免打擾：${quiet.from === quiet.to ? '無' : `${quiet.from}–${quiet.to}`}；${cap.most === 0 ? '不限次數' : `一個人 ${cap.days} 天最多 ${cap.most} 次`}；誤了半小時以上${push.late === 'ask' ? '問人' : '照發'}`,
      );
      for (const line of tellContents(push)) console.log(line);
      console.log('經過：');
      for (const { at, by, what } of push.log)
        console.log(
          `  ${beijingMoment(at.getTime())}　${by}　${what.replace(/^試發結果 \S+　/, '試發的結果　')}`,
        );
      const isFit = await tellFindings(asked, id);
      for (const step of isFit ? nextSteps(push, clock.now(), status) : []) console.log(step);
      return 0;
    },
  },
  plan: {
    args: ['編號'],
    help: '試算：哪條路到得了多少人，誰收不到、為什麼，要多久；什麼都不發',
    async run(asked) {
      const { services, args, clock } = asked;
      const [id = ''] = args;
      const row = await services.pushes.get(id);
      const planned = await tellWholePlan(asked, id);
      const isFit = await tellFindings(asked, id, planned.audience.people);
      if (row.state === 'draft') tellApproval(asked, planned.audience.people);
      if (isFit && row.state === 'draft' && goesAtOnce(row) && reachesNobody(planned))
        console.log(nobodyGetsIt);
      else if (isFit && row.state === 'draft')
        console.log(`要發：${call(`start ${id}`)}（先給你看，加 --yes 才真的發）`);
      else for (const step of isFit ? nextSteps(row, clock.now()) : []) console.log(step);
      return isFit ? 0 : 1;
    },
  },
  reach: {
    args: ['分群或規則'],
    help: '任何一群人：現在能發客服消息的、能群發的、這個月到不了的和原因',
    async run({ services: { pushes }, args: [text = ''] }) {
      const { told, plan, sms, mail } = await pushes.reachOf(text);
      const { audience, byRoute, byReason } = plan;
      console.log(told);
      console.log(
        `${audience.exact ? '' : '約 '}${figure(audience.people)} 人：現在能發客服消息 ${figure(byRoute.customer ?? 0)}，其餘能群發 ${figure(byRoute.mass ?? 0)}`,
      );
      for (const why of tellReasons(byReason)) console.log(`  這個月到不了　${why}`);
      console.log(`其中願意收短信 ${figure(sms)}，願意收郵件 ${figure(mail)}`);
      return 0;
    },
  },
  test: {
    args: ['編號'],
    help: '發給自己人看：--to 人（pid、openid 或在榜上的名字），可以幾個 --to',
    async run(asked) {
      const { services, config, values, args } = asked;
      const { to, by } = values;
      const [id = ''] = args;
      if (to.length === 0)
        throw new AppError(
          'Invalid',
          'push.whom',
          `發給誰看？${call(`test ${id} --to 人`)}，可以寫 pid、openid 或她用「改名」起的名字。`,
        );
      const { pushes, processes } = services;
      const row = await pushes.get(id);
      await tellFindings(asked, id);
      if (row.routes.includes('mass')) {
        const left = await services.quota.left('/cgi-bin/message/mass/preview');
        if (left !== undefined) console.log(`今天的群發預覽還剩 ${left} 次。`);
      }
      const people = [];
      for (const who of to)
        people.push({
          who,
          pid: await testerOf(services, who, config.simulated ? [openidOf(simulatedAppId, who)] : []),
        });
      const causes = [];
      for (const { who, pid } of people)
        causes.push({
          who: who === pid ? pid : `${who}（${pid}）`,
          cause: await pushes.test(id, { pid, by }),
        });
      if ((await processes.others()) === 0) {
        console.log('記下了；程式沒有在跑，npm start 之後就發。');
        return 0;
      }
      let isSent = true;
      for (const { who, cause } of causes) {
        const said = await testSaid(services, id, cause);
        console.log(`${who}　${said ?? `還沒有結果，稍後看 ${call(`show ${id}`)}`}`);
        if (said === undefined || said.includes('沒有發出去')) isSent = false;
      }
      return isSent ? 0 : 1;
    },
  },
};

export const exceptOf = (ids: readonly string[]): string =>
  ids.length === 0 ? '' : `；不包括：${ids.map((one) => `「${one}」`).join('、')}`;

export const nobodyGetsIt = '現在發，一個人也收不到：換一條路或換一群人，改好再 import';

/** So many go only when a second person agrees. */
export function tellApproval({ config }: Asked, people: number): void {
  if (people <= config.PUSH_APPROVAL_ABOVE) return;
  console.log(
    `超過 ${figure(config.PUSH_APPROVAL_ABOVE)} 人：開始之後要第二個人同意才發${config.SOLO_TEAM ? '；一個人的團隊可以自己同意，十分鐘後發' : ''}。`,
  );
}

/** The plan, with what its author should know. */
export async function tellWholePlan({ services: { pushes }, config }: Asked, id: string): Promise<Planned> {
  const row = await pushes.get(id);
  console.log(tellPush(row));
  console.log(pushes.tellAudience(row) + exceptOf(row.audience.rule ? [] : row.audience.except));
  if (row.state === 'draft')
    for (const { place, message } of await pushes.findings(id))
      if (place === '時間') console.error(`${place}：${message}`);
  const planned = await pushes.plan(id);
  for (const line of tellPlan(row, planned, config.PUSH_PER_SECOND)) console.log(line);
  for (const remark of await pushes.remarks(id)) console.log(`提醒：${remark}`);
  return planned;
}

/** False: it cannot begin as it is. `people`: of its audience, where that was counted. */
export async function tellFindings(
  { services: { pushes } }: Asked,
  id: string,
  people = 0,
): Promise<boolean> {
  const row = await pushes.get(id);
  if (row.state !== 'draft') return true;
  const size = problemOfSize(row, people);
  const found = [...(await pushes.findings(id)), ...(size ? [size] : [])];
  for (const { place, message } of found) console.error(`${place}：${message}`);
  if (found.length > 0) console.error(`有 ${found.length} 處要改，改好才能開始。`);
  return found.length === 0;
}

/** What came of a test-send, once it stands in the log. */
async function testSaid(
  { pushes }: Asked['services'],
  id: string,
  cause: string,
): Promise<string | undefined> {
  const until = monotonicMs() + testMs;
  while (monotonicMs() < until) {
    const { log } = await pushes.get(id);
    const found = log.find(({ what }) => what.startsWith(testEnd(cause)));
    if (found) return found.what.split('　').slice(2).join('　');
    await wait(250);
  }
  return undefined;
}
