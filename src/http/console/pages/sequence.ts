import { z } from 'zod';
import { classNames, routeWords } from '../../../domain/pushes/push';
import {
  onceNames,
  type SequenceRow,
  type Step,
  stateNames,
  type Version,
} from '../../../domain/pushes/sequences/sequence';
import { figure } from '../../../domain/pushes/tell-plan';
import { AppError } from '../../../errors';
import { beijingMoment } from '../../../kit/beijing';
import { isSamePerson } from '../../../kit/signed';
import { act, done, may, page, part } from '../console';
import { id, line, maybe, whole } from '../form';
import { confirm, type Tone } from '../parts';
import { previewsOf } from '../push-views';
import { slowly } from '../slowly';

const tones: Record<SequenceRow['state'], Tone> = { draft: 'grey', on: 'green', off: 'yellow' };
const one = z.object({ id });

const versionTold = ({ version, live }: SequenceRow): string =>
  live === undefined
    ? `第 ${version} 版`
    : live < version
      ? `走第 ${live} 版；第 ${version} 版還沒有開始`
      : `走第 ${live} 版`;
const lookTold = ({ look }: SequenceRow): string =>
  look
    ? `上次看在 ${beijingMoment(look.at.getTime())}：符合 ${figure(look.met)} 人，新進 ${figure(look.came)} 人`
    : '';

const unitNames: Record<string, string> = { m: '分鐘', h: '小時', d: '天' };
const waitTold = ({ after, at }: Step): string =>
  [
    after === '0' ? '馬上' : `過 ${after.slice(0, -1)} ${unitNames[after.slice(-1)]}`,
    ...(at === undefined ? [] : [`等到 ${at}`]),
  ].join('，');

/** Of a version, step by step, in words. */
const stepsTold = ({ definition: { steps } }: Version) =>
  steps.map((step, n) => ({
    n: n + 1,
    wait: waitTold(step),
    if: step.if ?? '',
    stop: step.stop ?? '',
    routes: step.routes.map((name) => routeWords[name]).join(' → '),
  }));

export default [
  page(
    '/sequences/:id',
    may('pushes.see'),
    { title: '序列', template: 'sequence', asks: one.extend({ version: maybe(whole(1, 9_999)) }) },
    async (visit, asked) => {
      const { sequences } = visit.services;
      const row = await sequences.get(asked.id);
      const version = await sequences.version(asked.id, asked.version);
      const versions = await sequences.versions(asked.id);
      const { definition } = version;
      const shownIs = version.version === row.version;
      const acts = [];
      if (visit.may('pushes.send') && (row.state !== 'on' || row.live !== row.version))
        acts.push(
          confirm({
            id: 'start',
            to: `/sequences/${row._id}/start`,
            label: row.state === 'on' ? `換成第 ${row.version} 版` : '開始',
            title: row.state === 'on' ? `換成第 ${row.version} 版？` : `開始「${row.name}」？`,
            text: '新來的人走最新的一版；裡面的人照她進來時的那一版走完。停過的話，裡面過了時間的人馬上接著走。',
            submit: '開始',
            tone: 'primary',
          }),
        );
      if (visit.may('pushes.send') && row.state === 'on')
        acts.push(
          confirm({
            id: 'stop',
            to: `/sequences/${row._id}/stop`,
            label: '停止',
            title: `停止「${row.name}」？`,
            text: '沒有人再進來，裡面的人等著；再開始時，過了時間的馬上接著走。已經交給推送的那幾條照發。',
            submit: '停止，裡面的人等著',
            tone: 'primary',
          }),
        );
      if (visit.may('pushes.send') && row.state !== 'draft' && !row.letGo)
        acts.push(
          confirm({
            id: 'let-go',
            to: `/sequences/${row._id}/let-go`,
            label: '停止並放走',
            title: '把裡面的人都放走？',
            text: '沒有人再進來；裡面的人不再往下走，以後在同一個「一次」裡也不再進來。已經交給推送的那幾條照發。不能反悔。',
            reason: '為什麼',
            submit: '放走',
          }),
        );
      return {
        title: row.name,
        id: row._id,
        name: row.name,
        state: stateNames[row.state],
        tone: tones[row.state],
        told: [versionTold(row), lookTold(row)].filter((text) => text !== '').join('；'),
        acts,
        version: version.version,
        isNewest: shownIs,
        enters: definition.trigger.enters,
        once: onceNames[definition.trigger.once],
        class: classNames[definition.class],
        steps: stepsTold(version),
        versions: versions.map((other) => ({
          n: other.version,
          by: other.by,
          at: other.at.getTime(),
          here: other.version === version.version,
          live: other.version === row.live,
        })),
        log: row.log.toReversed().map(({ at, by, what }) => ({ at: at.getTime(), by, what })),
      };
    },
  ),
  part(
    '/sequences/:id/shown',
    may('pushes.see'),
    { template: 'sequence-shown', asks: one.extend({ version: maybe(whole(1, 9_999)) }) },
    async (visit, asked) => {
      const { sequences, pushes } = visit.services;
      const { definition } = await sequences.version(asked.id, asked.version);
      const steps = [];
      for (const step of definition.steps) {
        const shown = await pushes.preview({ ...step, variants: [] }, { script: visit.script });
        steps.push({ wait: waitTold(step), shown: await previewsOf(visit.services, shown) });
      }
      return { steps };
    },
  ),
  /** Whether it can begin, and how many would come in at once. */
  part(
    '/sequences/:id/check',
    may('pushes.see'),
    { template: 'sequence-check', asks: one },
    async ({ services: { sequences } }, asked) =>
      slowly(async () => {
        const findings = await sequences.findings(asked.id);
        if (findings.length > 0) return { findings, told: '', second: '' };
        const { people, exact } = await sequences.count(asked.id);
        const { state, live, version } = await sequences.get(asked.id);
        const isOn = state === 'on' && live === version;
        return {
          findings,
          told: isOn
            ? `正在走這一版；現在符合的有${exact ? ' ' : '約 '}${figure(people)} 人。`
            : `可以開始；現在就會進來${exact ? ' ' : '約 '}${figure(people)} 人。`,
          second:
            people > sequences.approvalAbove && !sequences.solo
              ? `超過 ${figure(sequences.approvalAbove)} 人：要另一位同事來開始，寫這一版的人不能自己開始。`
              : '',
        };
      }),
  ),
  act('/sequences/:id/start', may('pushes.send'), { what: '開始序列', asks: one }, async (visit, asked) => {
    const { sequences } = visit.services;
    const before = await sequences.get(asked.id);
    const newest = await sequences.version(asked.id);
    const isFit = (await sequences.findings(asked.id)).length === 0;
    const people = isFit ? (await slowly(() => sequences.count(asked.id))).people : 0;
    if (people > sequences.approvalAbove && !newest.rules && !sequences.solo) {
      if (isSamePerson(newest.by, visit.by))
        throw new AppError(
          'Forbidden',
          'sequence.same-person',
          `現在就有約 ${figure(people)} 人會進來，要另一位同事來開始：這一版是你寫的。`,
        );
      await visit.asSecond([newest.by]);
    }
    const row = await sequences.start(asked.id, visit.by);
    return done(`開始了，走第 ${row.live ?? row.version} 版。`, {
      to: `/sequences/${row._id}`,
      before: { state: before.state, live: before.live },
      after: { state: row.state, live: row.live },
    });
  }),
  act(
    '/sequences/:id/stop',
    may('pushes.send'),
    { what: '停止序列', asks: one },
    async ({ services, by }, asked) => {
      const row = await services.sequences.stop(asked.id, by);
      return done('停了：沒有人再進來，裡面的人等著。', {
        to: `/sequences/${row._id}`,
        after: { state: row.state },
      });
    },
  ),
  act(
    '/sequences/:id/let-go',
    may('pushes.send'),
    { what: '停止序列並放走裡面的人', asks: one.extend({ reason: line(200) }) },
    async ({ services, by }, asked) => {
      const row = await services.sequences.stop(asked.id, by, { letGo: true, why: asked.reason });
      return done('停了，裡面的人都放走了。', {
        to: `/sequences/${row._id}`,
        after: { state: row.state, letGo: true },
      });
    },
  ),
];
