/* `npm run segment -- COMMAND …`: segments for marketers, beside a running program or without one. See docs/audience.md. */
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import type { Verdict } from '../src/domain/segments/compile';
import type { Listed } from '../src/domain/segments/lists';
import type { Rule } from '../src/domain/segments/rule';
import type { Count } from '../src/domain/segments/segments';
import { AppError } from '../src/errors';
import { beijingMoment } from '../src/kit/beijing';
import { signed } from '../src/kit/signed';
import { fileAt, fileFor } from '../src/sheets/named-files';
import { tellProblem } from '../src/sheets/problems';
import { type ServicesAlone, withServices } from '../src/with-services';
import { Misuse, only, runCommand, usageLine } from './command-line';

type Asked = ServicesAlone & { args: string[]; by: string; dry: boolean; out: string };
type Command = { args: string; help: string; run(asked: Asked): Promise<number> };

const commands: Record<string, Command> = {
  leaves: {
    args: '',
    help: '可以問什麼：所有條件的寫法',
    async run({ services }) {
      for (const { like } of services.segments.leaves().values()) console.log(`  ${like}`);
      console.log('\n〔〕裡選一個或填一個數，不用寫括號；「」要寫。');
      console.log('\n合起來：同時（…；…）、任一（…；…）、都不（…）；〔;〕隔開的幾條就是「同時」。');
      return 0;
    },
  },
  list: {
    args: '',
    help: '存下來的分群，各有多少人',
    async run({ services: { segments } }) {
      const all = await segments.list();
      if (all.length === 0) console.log('還沒有分群。看能問什麼：npm run segment -- leaves');
      for (const { _id, name, rule, version, at } of all) {
        console.log(
          `${_id}「${name}」 ${tellCount(await segments.count(rule))} · 第 ${version} 版，${beijingMoment(at.getTime())}`,
        );
        console.log(`  ${segments.tell(rule)}`);
      }
      return 0;
    },
  },
  check: {
    args: '規則',
    help: '讀懂一條規則：一句話、JSON，或 @檔案；印出兩種寫法',
    async run(asked) {
      const rule = await ruleFrom(asked, only(asked.args));
      console.log(asked.services.segments.tell(rule));
      console.log(JSON.stringify(rule));
      return 0;
    },
  },
  count: {
    args: '規則或編號',
    help: '有多少人；人多時先說約數和誤差',
    async run(asked) {
      const rule = await ruleFrom(asked, only(asked.args));
      console.log(asked.services.segments.tell(rule));
      console.log(tellCount(await asked.services.segments.count(rule)));
      for (const line of await asked.services.segments.otherValues(rule)) console.log(line);
      return 0;
    },
  },
  sample: {
    args: '規則或編號',
    help: '二十個人看看',
    async run(asked) {
      const rule = await ruleFrom(asked, only(asked.args));
      const people = await asked.services.segments.sample(rule);
      if (people.length === 0) console.log('沒有人。哪個條件擋住的：npm run segment -- why 人 規則');
      const names = await asked.services.names.nameOf(people.map(({ _id }) => _id));
      for (const { _id, t } of people) console.log(`${_id}  ${names.get(_id) ?? ''}  ${t.join(' ')}`);
      return 0;
    },
  },
  why: {
    args: '人 規則或編號',
    help: '這個人為什麼在、為什麼不在：一條一條說',
    async run(asked) {
      const [pid = '', text = '', ...more] = asked.args;
      if (text === '' || more.length > 0) throw new Misuse();
      const { people, segments } = asked.services;
      const person = await people.read(pid);
      if (!person)
        throw new AppError(
          'NotFound',
          'segment.person',
          `沒有這個人：${pid}。名字用 sample 列出來的那一串。`,
        );
      const verdict = await segments.why(await ruleFrom(asked, text), person);
      tellVerdict(verdict, segments.tell, '');
      return verdict.is ? 0 : 1;
    },
  },
  save: {
    args: '編號 名稱 規則',
    help: '存成分群；改了規則就是新的一版，舊版留著',
    async run(asked) {
      const [id = '', name = '', text = '', ...more] = asked.args;
      if (text === '' || more.length > 0) throw new Misuse();
      const { segments } = asked.services;
      const saved = await segments.save({ id, name, rule: await ruleFrom(asked, text), by: asked.by });
      console.log(
        `存好了：${saved._id}「${saved.name}」第 ${saved.version} 版，${tellCount(await segments.count(saved.rule))}。`,
      );
      return 0;
    },
  },
  remove: {
    args: '編號',
    help: '刪除一個分群；還被別的分群引用時不刪',
    async run(asked) {
      const id = only(asked.args);
      await asked.services.segments.remove(id);
      console.log(`刪除了 ${id}；推送排定時留下的版本還在。`);
      return 0;
    },
  },
  players: {
    args: '活動 [--dry-run]',
    help: '活動的參加者分群：性別、地區、年齡、通關、得獎，各存一個分群',
    async run(asked) {
      const { services, by, dry } = asked;
      const { _id: id, title } = await services.campaigns.row(only(asked.args));
      const groups = await services.segments.playerGroups({ id, title }, { by, dry });
      if (groups.length === 0) console.log(`還沒有人玩過「${title}」；剛玩過的，幾秒後才算進來。`);
      for (const { id: group, people, name } of groups)
        console.log(`${group.padEnd(28)}${String(people).padStart(8)} 人  ${name}`);
      if (groups.length > 0)
        console.log(
          `${dry ? '只是看看，什麼都沒有存' : `存了 ${groups.length} 個分群`}；性別、地區、年齡裡不到 5 人的不成群。`,
        );
      return 0;
    },
  },
  'list-from': {
    args: '編號 名稱 檔案.csv|規則',
    help: '存成名單：檔案裡的人（pid 或 openid 一欄），或規則現在的結果；再做一次只加新的',
    async run(asked) {
      const [id = '', name = '', from = '', ...more] = asked.args;
      if (from === '' || more.length > 0) throw new Misuse();
      const list = { id, name, by: asked.by };
      if (from.startsWith('@') || !/\.(csv|xlsx|json)$/i.test(from)) {
        const rule = await ruleFrom(asked, from);
        tellListed(await asked.services.segmentLists.fromRule({ ...list, rule }));
        return 0;
      }
      const file = await fileAt(from);
      const read = await asked.services.segmentLists.fromFile({ ...list, file });
      const { listed, problems, total, remarks, unit } = read;
      for (const remark of remarks) console.log(tellProblem(remark, unit));
      for (const problem of problems) console.error(tellProblem(problem, unit));
      if (total > 0) console.error(`共 ${total} 處不對${listed ? '，這些行跳過了' : ''}。`);
      if (listed) tellListed(listed);
      else console.error(`${from} 裡一個粉絲也沒有認出來，沒有存。`);
      return total === 0 && listed ? 0 : 1;
    },
  },
  'list-out': {
    args: '編號 --out 檔案.csv',
    help: '導出分群裡的人，只有 pid；誰導出都有記錄',
    async run({ services: { segments, exports }, args, by, out }) {
      const { _id: segment, version, rule } = await segments.get(only(args));
      if (out === '') throw new Misuse();
      const take = { ...(await fileFor(out)), by };
      const { rows } = await exports.segment({ segment, version, pids: segments.ids(rule) }, take);
      console.log(`已寫好 ${out}：${rows} 人。`);
      return 0;
    },
  },
  rebuild: {
    args: '[--dry-run]',
    help: '每個人的資料重新算一遍；--dry-run 只比對，說出不同的',
    async run({ services: { people }, dry }) {
      if (!dry) {
        const done = await people.rebuild((n) => {
          if (n % 10_000 === 0) console.log(`算好 ${n} 人 …`);
        });
        console.log(`算好了，共 ${done} 人。`);
        return 0;
      }
      let different = 0;
      for await (const { pid } of people.differences()) if (++different <= 20) console.log(`不同：${pid}`);
      console.log(
        different === 0 ? '每個人都一致。' : `有 ${different} 人不同；npm run segment -- rebuild 重算。`,
      );
      return different === 0 ? 0 : 1;
    },
  },
};

const usage = (): string =>
  [
    '用法：npm run segment -- 指令 …',
    ...Object.entries(commands).map(([name, { args, help }]) => usageLine(`${name} ${args}`, help)),
    '說明見 docs/audience.md。',
  ].join('\n');

/** The id of a segment, a sentence, JSON, or `@file` with one of these. */
async function ruleFrom({ services: { segments } }: Asked, text: string): Promise<Rule> {
  if (text.startsWith('@')) {
    const { bytes } = await fileAt(text.slice(1));
    return segments.readText(bytes.toString('utf8').replace(/^\uFEFF/, ''));
  }
  return segments.ruleOf(text);
}

const tellListed = ({ segment: { _id, name }, people, added }: Listed): void =>
  console.log(`名單「${_id}」「${name}」：${people} 人，新加 ${added}，原來就在的 ${people - added}。`);

const tellCount = ({ people, exact, error, of }: Count): string =>
  exact ? `${people} 人（共 ${of} 人）` : `約 ${people} 人，誤差 ±${error}（共 ${of} 人）`;

function tellVerdict({ rule, is, below }: Verdict, tell: (rule: Rule) => string, indent: string): void {
  console.log(`${indent}${is ? '✓' : '✗'} ${below.length > 0 ? tell(rule).slice(0, 2) : tell(rule)}`);
  for (const one of below) tellVerdict(one, tell, `${indent}  `);
}

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      by: { type: 'string', default: '' },
      'dry-run': { type: 'boolean', default: false },
      out: { type: 'string', default: '' },
    },
  });
  const [name = '', ...args] = positionals;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new Misuse();
  return withServices('segment', (house) =>
    command.run({
      ...house,
      args,
      by: signed(values.by, userInfo().username),
      dry: values['dry-run'],
      out: values.out,
    }),
  );
}

void runCommand(main, usage);
