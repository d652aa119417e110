/*
 * `npm run team`: who may open the console. For the first administrator, and for when none of them gets in any more.
 */
import { isRole, type Role, roleNames } from '../src/domain/team/rights';
import { AppError } from '../src/errors';
import { readAddresses } from '../src/store/addresses';
import { type ServicesAlone, withServices } from '../src/with-services';
import { Misuse, only, runCommand } from './command-line';

const usage = `用法：npm run team -- list|link|invite|reset …
  list               誰在團隊裡，什麼角色
  link               第一位管理員加入的鏈接（團隊還是空的時候）
  invite 姓名 角色…  請一位同事加入；角色：${Object.entries(roleNames)
    .map(([role, name]) => `${role}（${name}）`)
    .join('、')}
  reset 登錄名       重設她的密碼和第二步：她的登錄都結束，由鏈接重新設`;

const linkTo = ({ config }: ServicesAlone, token: string): string => {
  const url = config.CONSOLE_URL ?? readAddresses(config.dataDir)?.console;
  return `${url ?? `http://127.0.0.1:${config.CONSOLE_PORT ?? config.PORT + 2}`}/join/${token}`;
};

async function main([command, ...words]: string[]): Promise<number> {
  switch (command) {
    case 'list':
      return withServices('team', async ({ services: { team } }) => {
        const people = await team.list();
        for (const { name, login, roles, state } of people)
          console.log(
            `${name}（${login}）：${roles.map((role) => roleNames[role]).join('、')}${state === 'active' ? '' : '，停用'}`,
          );
        if (people.length === 0) console.log('還沒有人：npm run team -- link');
        return 0;
      });
    case 'link':
      return withServices('team', async (house) => {
        const token = await house.services.team.first();
        if (!token)
          throw new AppError(
            'Conflict',
            'team.not-first',
            '團隊裡已經有人了。請管理員在控制台邀請；管理員進不來時：npm run team -- reset 登錄名',
          );
        console.log(`第一位管理員由這個鏈接加入（用一次，以前的鏈接作廢）：\n${linkTo(house, token)}`);
        return 0;
      });
    case 'invite': {
      const [name = '', ...roles] = words;
      const wrong = roles.filter((one) => !isRole(one));
      if (name === '' || roles.length === 0) throw new Misuse('要寫姓名和至少一個角色。');
      if (wrong.length > 0) throw new Misuse(`沒有這些角色：${wrong.join('、')}`);
      return withServices('team', async (house) => {
        const token = await house.services.team.invite({ name, roles: roles as Role[], by: '命令行' });
        console.log(`請 ${name} 打開（三天內，用一次）：\n${linkTo(house, token)}`);
        return 0;
      });
    }
    case 'reset': {
      const login = only(words);
      return withServices('team', async (house) => {
        const her = await house.services.team.byLogin(login);
        if (!her) throw new AppError('NotFound', 'team.unknown', `沒有登錄名是 ${login} 的人。`);
        const token = await house.services.team.reset(her.id, '命令行');
        console.log(`${her.name} 的登錄都結束了。請本人打開（三天內，用一次）：\n${linkTo(house, token)}`);
        return 0;
      });
    }
    default:
      console.log(usage);
      return command === '--help' ? 0 : 2;
  }
}

void runCommand(main, () => usage);
