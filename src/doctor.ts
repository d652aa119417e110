import type { Connection } from 'mongoose';
import { checkMenu, loadHandlers } from './bot/discover';
import { type Config, engineSettings, loadConfig } from './config';
import { type Need, remedies } from './domain/offers/offers';
import { messageOf } from './errors';
import { beijingMoment } from './kit/beijing';
import { createClock } from './kit/clock';
import { createLog } from './kit/log';
import { createRender } from './render/render';
import { createServices, type Services } from './services';
import { readAddresses } from './store/addresses';
import { useEngines } from './store/engines';
import { missingInvariants } from './store/indexes';
import { connectMongo } from './store/mongo';
import { connectRedis } from './store/redis';
import { createAccount } from './wechat/api/account';
import { capabilities } from './wechat/api/account-types';
import { createWechatClient } from './wechat/api/client';
import { isWechatError } from './wechat/api/errors';

/** `todo`: what to do about it. */
export type Finding = { state: 'good' | 'note' | 'bad'; what: string; todo?: string };

const good = (what: string): Finding => ({ state: 'good', what });
const note = (what: string, todo?: string): Finding => ({ state: 'note', what, ...(todo ? { todo } : {}) });
const bad = (what: string, todo: string): Finding => ({ state: 'bad', what, todo });

const quiet = createLog({ level: 'silent', name: 'doctor' });

/** Looks at everything an operator would otherwise have to guess: settings, engines, indexes, clock, callback, token, account. */
export async function examine(known?: Config): Promise<Finding[]> {
  let config: Config;
  try {
    config = known ?? loadConfig();
  } catch (error) {
    return [bad(messageOf(error), '改好 .env（說明在 .env.example），再執行一次')];
  }
  // Before our own engines run on the same data.
  const running = await start(config);
  const engines = await useEngines({
    dataDir: config.dataDir,
    settings: engineSettings(),
    mongo: !config.MONGODB_URI,
    redis: !config.REDIS_URL,
    say: (line) => process.stderr.write(`${line}\n`),
  }).catch((error: unknown) => messageOf(error));
  if (typeof engines === 'string') return [...settings(config), running, bad(engines, '見上')];
  const mongoUri = config.MONGODB_URI ?? engines.mongoUri ?? '';
  const redisUrl = config.REDIS_URL ?? engines.redisUrl ?? '';
  try {
    return [
      ...settings(config),
      running,
      ...handlers(),
      ...(await database(config, mongoUri, redisUrl)),
      ...(await redis(redisUrl)),
      ...(await account(config)),
    ];
  } finally {
    await engines.stop();
  }
}

/** What the settings alone show. */
export function settings(config: Config): Finding[] {
  const found = [good('設定都讀得懂')];
  if (!config.WECHAT_APP_ID)
    found.push(
      note('沒有設定 WECHAT_APP_ID：由模擬器扮演微信', '接真實公眾號見 README「Connect a real account」'),
    );
  else if (!config.WECHAT_ENCODING_AES_KEY)
    found.push(
      bad(
        '明文模式：見過一次回調網址的人就能偽造消息',
        '在後台選「安全模式」，把 EncodingAESKey 填進 WECHAT_ENCODING_AES_KEY',
      ),
    );
  const own = [config.MONGODB_URI ? '' : 'MongoDB', config.REDIS_URL ? '' : 'Redis'].filter(Boolean);
  if (own.length > 0)
    found.push(
      note(
        `${own.join(' 和 ')} 由程序自己啟動：供試用和小規模使用，沒有副本`,
        '正式環境請設定 MONGODB_URI 和 REDIS_URL（docs/engines.md）',
      ),
    );
  if (!config.DATA_KEY)
    found.push(
      note(
        `DATA_KEY 由程序產生，保存在 ${config.DATA_DIR}/data-key`,
        '把它和資料庫一起備份；正式環境請寫進密鑰庫',
      ),
    );
  if (config.WECHAT_APP_ID && !config.PUBLIC_URL)
    found.push(
      bad(
        '沒有設定 PUBLIC_URL：酒店的預訂鏈接、答題的圖片頁會指向本機，粉絲打不開',
        '在 .env 填 PUBLIC_URL=https://你的域名',
      ),
    );
  else if (config.WECHAT_APP_ID && !config.PUBLIC_URL?.startsWith('https://'))
    found.push(note('PUBLIC_URL 不是 https', '微信要求回調在 80 或 443 端口，鏈接用 https'));
  if (config.WECHAT_APP_ID && !config.ALARM_WECOM_URL && !config.ALARM_MAIL_TO)
    found.push(
      note('警報沒有人收：只寫在日誌裡和這裡', '設定 ALARM_WECOM_URL（企業微信群機器人）或 ALARM_MAIL_TO'),
    );
  if (config.WECHAT_MAX_AGE === 0)
    found.push(note('WECHAT_MAX_AGE=0：不檢查回調的時間', '除非在排查問題，請設回 600'));
  return found;
}

/** Whether a start is up on this data, and where. */
async function start({ dataDir }: Config): Promise<Finding> {
  const addresses = readAddresses(dataDir);
  const answers =
    addresses !== undefined &&
    (await fetch(`${addresses.web}/healthz`, { signal: AbortSignal.timeout(2_000) }).then(
      (response) => response.ok,
      () => false,
    ));
  if (!addresses || !answers) return note('小藝沒有在跑（npm start 啟動）');
  const phone = addresses.phone ? `，模擬手機 ${addresses.phone}` : '';
  return good(`小藝在跑：${addresses.web}${phone}`);
}

function handlers(): Finding[] {
  try {
    const rules = loadHandlers();
    checkMenu(rules);
    return [good(`處理程序 ${rules.claims.size} 條，沒有重複；菜單的 key 都有人認領`)];
  } catch (error) {
    return [bad(messageOf(error), '改好後執行 npm run handlers 查看')];
  }
}

async function database(config: Config, mongoUri: string, redisUrl: string): Promise<Finding[]> {
  let db: Connection | undefined;
  const client = connectRedis(redisUrl, quiet);
  try {
    db = await connectMongo(mongoUri, { appName: 'xiaoyi-doctor' });
    const { render } = createRender();
    const house = { config, db, redis: client, render, clock: createClock(), log: quiet, role: 'doctor' };
    const services = createServices(house);
    const build = await db.db?.command({ buildInfo: 1 });
    const hello = await db.db?.command({ hello: 1 });
    const version = String(build?.['version']);
    const found = [good(`MongoDB ${version} 可用`), ...age('MongoDB', version, mongodFloors)];
    if (!hello?.['setName'])
      found.push(bad('這個 MongoDB 不是複本集', '一個節點也行：用 --replSet 啟動，再執行 rs.initiate()'));
    const missing = await missingInvariants(db, services.upkeep.indexes);
    found.push(
      missing.length === 0
        ? good('必要的索引都在')
        : bad(`缺少索引：${missing.join('、')}`, 'npm run migrate'),
    );
    found.push(clockOf((hello?.['localTime'] as Date | undefined)?.getTime()));
    found.push(...(await work(services)), ...(await content(services, { db, config })));
    return found;
  } catch (error) {
    return [bad(`MongoDB 連不上：${messageOf(error)}`, '檢查 MONGODB_URI、網路和賬號')];
  } finally {
    client.disconnect();
    await db?.close();
  }
}

const needs: Need[] = ['guides', 'sights', 'hotels', 'trains', 'weather', 'quiz', 'phone'];
const factual: Need[] = ['guides', 'sights'];

/** What fans can ask about, and what is still to be brought. */
export async function content(
  { upkeep, offers, clock }: Services,
  { db, config }: { db: Connection; config: Config },
): Promise<Finding[]> {
  for (const [, load] of upkeep.follows) await load();
  const has = (need: Need): boolean => offers.has(need, clock.now());
  const there = needs.filter(has).map((need) => remedies[need].what);
  const any = async (table: string) => (await db.collection(table).countDocuments({}, { limit: 1 })) > 0;
  const cities = await any('cities');
  const found = [
    cities
      ? good(`能答：城市${there.map((what) => `、${what}`).join('')}`)
      : bad(
          '一座城市都不認得，攻略和景點也沒有',
          '啟動一次就有（npm start），或 npm run import -- cities 文件',
        ),
  ];
  if (!(await any('channels')))
    found.push(note('還沒有渠道：掃二維碼的人讀到一般的歡迎詞', 'npm run import -- channels 文件'));
  for (const need of needs.filter((one) => !has(one) && (cities || !factual.includes(one))))
    found.push(note(`還沒有${remedies[need].what}：粉絲問起會照實說，平時不提`, remedies[need].todo));
  const sights = await db.collection<{ _id: string; sample: boolean }>('imports').findOne({ _id: 'sights' });
  if (!config.simulated && sights?.sample)
    found.push(
      note(
        '景點用的是隨程序附帶的資料：開放時間和票價沒有逐條核實',
        'npm run import -- sights 文件，換成自己核過的',
      ),
    );
  return found;
}

/** The first versions without the holes that are known, one for each line that is still repaired. */
const mongodFloors = ['7.0.35', '8.0.24', '8.2.10', '8.3.3'];
/** Of older lines the repaired release may be in use: its number tells nothing for sure. */
const redisFloors = ['8.6.3'];

function age(name: string, version: string, floors: string[]): Finding[] {
  if (isRepaired(version, floors)) return [];
  return [
    note(
      `${name} ${version} 有已公開的漏洞，只適合試用`,
      `正式環境至少用 ${floors.join('、')}${floors.length === 1 ? '，或所在分支已修補的版本' : '（依所在分支）'}`,
    ),
  ];
}

/** At its line's floor or above, or of a line that is newer than all. */
export function isRepaired(version: string, floors: string[]): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  const lines = floors.map((floor) => floor.split('.').map(Number));
  const newest = lines.at(-1) ?? [];
  const own = lines.find((line) => line[0] === major && line[1] === minor);
  if (own) return patch >= (own[2] ?? 0);
  return major > (newest[0] ?? 0) || (major === newest[0] && minor > (newest[1] ?? 0));
}

function clockOf(server: number | undefined): Finding {
  const skew = Math.abs(Date.now() - (server ?? Date.now()));
  return skew < 5_000
    ? good('時鐘與資料庫一致')
    : bad(`本機時鐘與資料庫相差 ${Math.round(skew / 1_000)} 秒`, '打開兩台機器的 NTP 對時');
}

/** What waits or was put aside, and what our people were called for. */
export async function work({
  inbox,
  outbox,
  alarms,
}: Pick<Services, 'inbox' | 'outbox' | 'alarms'>): Promise<Finding[]> {
  const standing = await alarms.open();
  const oldest = Math.max(await inbox.oldestUndoneMs(), await outbox.oldestPendingMs());
  const [aside, jobs] = [await inbox.quarantined(), await outbox.putAside()];
  return [
    oldest < 60_000
      ? good('沒有積壓的消息')
      : bad(
          `最久的一條已等了 ${Math.round(oldest / 1_000)} 秒`,
          '看 web 與 worker 是否在運行，日誌裡有沒有錯誤',
        ),
    ...aside.map((row) =>
      bad(
        `消息 ${row._id} 三次處理失敗，已隔離：${row.failed ?? ''}`,
        `修好原因後執行 npm run replay -- inbox ${row._id} --yes`,
      ),
    ),
    ...jobs.map(({ id, job, reason }) =>
      bad(`任務 ${job} 屢試不成，已擱置：${reason}`, `修好原因後執行 npm run replay -- outbox ${id} --yes`),
    ),
    ...standing.map(({ text, at, told }) =>
      bad(
        `警報（${beijingMoment(at.getTime())}${told ? '' : '，還沒送到人'}）：${text.replace(/\s+/gu, ' ')}`,
        '照它說的處理；原因過去就自己消失',
      ),
    ),
  ];
}

async function redis(url: string): Promise<Finding[]> {
  const client = connectRedis(url, quiet);
  try {
    await new Promise((resolve, reject) => {
      client.once('ready', resolve);
      client.once('error', reject);
    });
    const info = await client.info();
    const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1];
    const version = /redis_version:(\S+)/.exec(info)?.[1] ?? '';
    const found = [good(`Redis ${version} 可用`), ...age('Redis', version, redisFloors)];
    if (policy !== 'noeviction')
      found.push(bad(`Redis 的 maxmemory-policy 是 ${policy}`, '改成 noeviction，不然任務會被悄悄丟掉'));
    if (!/aof_enabled:1/.test(info)) found.push(note('Redis 沒開 AOF', '打開 appendonly：重啟後不必重建'));
    return found;
  } catch (error) {
    return [bad(`Redis 連不上：${messageOf(error)}`, '檢查 REDIS_URL；沒有它也能答覆，只是補發會慢')];
  } finally {
    client.disconnect();
  }
}

/** Who must act, where there is no token to be had: not everything is the secret's fault. */
function cureOf(error: unknown, apiUrl: string): string {
  const errcode = isWechatError(error) ? error.details.errcode : null;
  switch (errcode) {
    case null:
      return `這和密鑰無關：檢查這台機器能不能連到 ${new URL(apiUrl).host}（網路、DNS、代理、防火牆），稍後再試一次`;
    case 40001:
    case 40125:
      return '核對 WECHAT_APP_SECRET';
    case 40013:
      return '核對 WECHAT_APP_ID';
    case 40164:
    case 61004:
      return '把這台機器的出口 IP 加入微信開發者平台的 IP 白名單';
    default:
      return isWechatError(error) && error.details.retry === 'backoff'
        ? '微信那邊忙，稍後再試一次'
        : '照上面微信說的原因，到微信開發者平台處理';
  }
}

/** What WeChat says about the account: what it may do, whether there is a token, whether the callback is found. */
export async function account(config: Config): Promise<Finding[]> {
  if (!config.WECHAT_APP_ID) return [];
  const client = createWechatClient({
    baseUrl: config.WECHAT_API_URL,
    appId: config.WECHAT_APP_ID,
    appSecret: config.WECHAT_APP_SECRET ?? '',
    log: quiet,
  });
  const kind = { type: config.WECHAT_ACCOUNT_TYPE, verified: config.WECHAT_VERIFIED };
  const may = capabilities(kind).map(({ says, allowed }) => `${allowed ? '能' : '不能'} ${says}`);
  const found: Finding[] = [
    note(
      `這個賬號（${kind.type === 'service' ? '服務號' : '訂閱號'}，${kind.verified ? '已認證' : '未認證'}）：${may.join('；')}`,
    ),
  ];
  try {
    await client.checkToken();
    found.push(good('AppID 與 AppSecret 換得到 access_token'));
  } catch (error) {
    return [...found, bad(`換不到 access_token：${messageOf(error)}`, cureOf(error, config.WECHAT_API_URL))];
  }
  try {
    const { dns, ping } = await createAccount({ client }).checkCallback();
    const lost = ping.filter((one) => one.loss && one.loss !== '0%');
    found.push(
      dns.length > 0 && lost.length === 0
        ? good(`微信能找到回調網址（${dns.map((one) => one.ip).join('、')}）`)
        : bad('微信到回調網址的網路不通或丟包', '檢查域名解析、80/443 端口與防火牆'),
    );
  } catch (error) {
    found.push(note(`微信沒能檢查回調網址：${messageOf(error)}`));
  }
  return found;
}
