import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from './errors';
import { randomId } from './kit/ids';
import { keptSecret, privateFolder } from './kit/private-files';
import { root } from './kit/root';

type Setting<T> = { parse: z.ZodType<T>; help: string; secret?: true };
const setting = <T>(parse: z.ZodType<T>, help: string, secret?: 'secret'): Setting<T> => ({
  parse,
  help,
  ...(secret ? { secret: true as const } : {}),
});

const text = z.string().trim().min(1);
const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);
const flag = z.stringbool();

/** Every setting there is. `.env.example` lists the same names (a test compares them). */
export const table = {
  PORT: setting(whole(0, 65_535).default(3000), 'Port of the public HTTP server'),
  HOST: setting(text.default('127.0.0.1'), 'Address it listens on; 0.0.0.0 inside a container'),
  PUBLIC_URL: setting(
    z
      .url()
      .transform((url) => url.replace(/\/+$/, ''))
      .optional(),
    'Where fans and WeChat reach it, e.g. https://wx.example.com',
  ),
  ROLE: setting(
    z.enum(['all', 'web', 'worker', 'console']).default('all'),
    'all forks one web, one worker and one console process',
  ),
  CONSOLE_PORT: setting(whole(0, 65_535).optional(), 'Port of the console; absent: PORT+2'),
  CONSOLE_HOST: setting(
    text.default('127.0.0.1'),
    'Address the console listens on: keep it inside; your TLS proxy or VPN leads there',
  ),
  CONSOLE_URL: setting(
    z
      .url()
      .regex(/^https:\/\/|^http:\/\/(127\.0\.0\.1|localhost)(:|\/|$)/)
      .transform((url) => url.replace(/\/+$/, ''))
      .optional(),
    'Where your people open the console, https://console.example.com; absent: on this machine only',
  ),
  CONSOLE_PROXIES: setting(
    whole(0, 5).default(0),
    'Proxies of yours in front of the console, whose X-Forwarded-For counts',
  ),
  LOG_LEVEL: setting(
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
    'Least level logged',
  ),
  METRICS_PORT: setting(
    whole(0, 65_535).optional(),
    'Port of Prometheus metrics, on loopback; never the public port',
  ),
  DATA_DIR: setting(text.default('.data'), 'Where the local engines and the made key are kept'),
  DATA_KEY: setting(
    text.min(32).optional(),
    'Keys the hashes of openids; made and kept under DATA_DIR when absent',
    'secret',
  ),
  MONGODB_URI: setting(
    z
      .string()
      .regex(/^mongodb(\+srv)?:\/\//)
      .optional(),
    'A MongoDB replica set; absent: a local one is started',
    'secret',
  ),
  REDIS_URL: setting(
    z
      .string()
      .regex(/^rediss?:\/\//)
      .optional(),
    'A Redis server; absent: a local one is started',
    'secret',
  ),
  MONGOD_BIN: setting(text.optional(), 'The mongod to start (6.0 or newer)'),
  REDIS_SERVER_BIN: setting(text.optional(), 'The redis-server or valkey-server to start (6.2 or newer)'),
  ENGINES_DIR: setting(text.optional(), 'Where fetched engines are kept; default: your cache folder'),
  WECHAT_APP_ID: setting(
    z
      .string()
      .regex(/^wx[0-9a-z]{8,30}$/)
      .optional(),
    'The account; absent: the simulator plays WeChat',
  ),
  WECHAT_APP_SECRET: setting(text.optional(), 'Its AppSecret', 'secret'),
  WECHAT_TOKEN: setting(
    z
      .string()
      .regex(/^[A-Za-z0-9]{3,32}$/)
      .optional(),
    'The callback token, 3-32 letters and digits',
    'secret',
  ),
  WECHAT_ENCODING_AES_KEY: setting(
    z
      .string()
      .regex(/^[A-Za-z0-9]{43}$/)
      .optional(),
    'The 43 characters that switch safe mode on',
    'secret',
  ),
  WECHAT_ORIGINAL_ID: setting(
    z
      .string()
      .regex(/^gh_[0-9a-z]+$/)
      .optional(),
    'The gh_… id; given, callbacks to any other are refused',
  ),
  WECHAT_ACCOUNT_TYPE: setting(
    z.enum(['service', 'subscription']).default('service'),
    '服務號 or 訂閱號（公眾號）',
  ),
  WECHAT_VERIFIED: setting(flag.default(true), 'Whether the account is verified (認證)'),
  WECHAT_MAX_AGE: setting(
    whole(0, 86_400).default(600),
    'Seconds a callback may be old; 0 switches the check off',
  ),
  WECHAT_API_URL: setting(z.url().default('https://api.weixin.qq.com'), "WeChat's API"),
  CUSTOMER_MESSAGES_PER_TALK: setting(
    whole(0, 10).default(5),
    'Customer messages in 48 hours after a message of hers; at most ten are counted',
  ),
  CUSTOMER_MESSAGES_PER_TAP: setting(
    whole(0, 10).default(3),
    'Customer messages in a minute after a menu tap, a follow or a scan; at most ten are counted',
  ),
  PUSH_IN_FLIGHT: setting(whole(1, 1_000).default(50), 'Messages of pushes on their way at once, a worker'),
  PUSH_PER_SECOND: setting(whole(1, 5_000).default(200), 'Messages of pushes a second, a worker'),
  PUSH_APPROVAL_ABOVE: setting(
    whole(0, 100_000_000).default(1_000),
    'A push to more people needs a second person',
  ),
  SOLO_TEAM: setting(
    flag.default(false),
    'There is no second person: she agrees herself, ten minutes before',
  ),
  MASS_PER_MONTH: setting(
    whole(0, 10).default(4),
    'Mass messages a person and month; at most ten are counted',
  ),
  REQUIRE_SAFE_MODE: setting(flag.default(false), 'Refuse to start without WECHAT_ENCODING_AES_KEY'),
  WEATHER_PROVIDER: setting(
    z.enum(['sample', 'open-meteo', 'qweather']).default('sample'),
    'sample is invented, and only for the simulator',
  ),
  OPEN_METEO_URL: setting(
    z.url().optional(),
    'A host of your own; absent: its public one, or the customers’ where OPEN_METEO_KEY is set',
  ),
  OPEN_METEO_KEY: setting(text.optional(), 'Its key for commercial use', 'secret'),
  QWEATHER_URL: setting(z.url().optional(), 'Your own API host of QWeather'),
  QWEATHER_KEY: setting(text.optional(), 'Its key', 'secret'),
  AMAP_KEY: setting(
    text.optional(),
    'A 高德 Web service key: second source for hotels, and place names',
    'secret',
  ),
  SMS_SECRET_ID: setting(
    text.optional(),
    'A SecretId of 騰訊雲 that may send text messages (codes, to bind a phone)',
    'secret',
  ),
  SMS_SECRET_KEY: setting(text.optional(), 'Its SecretKey', 'secret'),
  SMS_APP_ID: setting(
    z
      .string()
      .regex(/^\d{5,12}$/)
      .optional(),
    'The SdkAppId of the application there, 1400006666',
  ),
  SMS_TEMPLATE_ID: setting(
    z
      .string()
      .regex(/^\d{1,12}$/)
      .optional(),
    'The approved template of a code: {1} is the code, {2} how many minutes it lasts',
  ),
  SMS_PUSH_TEMPLATE_ID: setting(
    z
      .string()
      .regex(/^\d{1,12}$/)
      .optional(),
    'The approved template of promotional texts: {1} is the words; absent: nobody is offered any',
  ),
  SMS_SIGNATURE: setting(
    z
      .string()
      .trim()
      .regex(/^[^【】]{2,12}$/)
      .optional(),
    'The approved signature, without 【】',
  ),
  SMS_REGION: setting(text.default('ap-guangzhou'), 'The region that is asked'),
  SMS_URL: setting(z.url().default('https://sms.tencentcloudapi.com'), 'Where 騰訊雲 sends text messages'),
  MAIL_URL: setting(
    z
      .string()
      .regex(/^smtps?:\/\//)
      .optional(),
    'The SMTP server that mails go out by; absent: the simulator keeps them as files, a real account has no mails',
    'secret',
  ),
  MAIL_FROM: setting(
    z
      .string()
      .regex(/^[^\r\n<>]*<[^\s<>@]+@[^\s<>@]+>$|^[^\s<>@]+@[^\s<>@]+$/)
      .optional(),
    'Who they are from: 小藝旅行 <mail@example.com>',
  ),
  ALARM_WECOM_URL: setting(
    z
      .string()
      .regex(
        /^(https:\/\/qyapi\.weixin\.qq\.com\/cgi-bin\/webhook\/send|http:\/\/127\.0\.0\.1:\d+\/\w*)\?key=[\w-]+$/,
      )
      .optional(),
    'The webhook of a 企業微信 group robot that tells your people what they must look at',
    'secret',
  ),
  ALARM_MAIL_TO: setting(z.email().optional(), 'An address of your people that is told the same by mail'),
  DEFAULT_SCRIPT: setting(
    z.enum(['traditional', 'simplified']).default('traditional'),
    'The script for whoever has not shown hers yet',
  ),
  DESK: setting(
    z.enum(['console', 'wechat']).default('console'),
    'Where people answer who are asked for (人工): on the inbox page of the console, or in WeChat’s own customer service',
  ),
  SERVICE_HOURS: setting(
    z
      .string()
      .regex(/^([01]\d|2[0-4]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$/)
      .default('09:00-21:00'),
    'When people answer (人工), Beijing time',
  ),
} as const;

export type Settings = { [Name in keyof typeof table]: z.infer<(typeof table)[Name]['parse']> };

/** The account that the simulator plays where none is set. */
export const simulatedAppId = 'wx5e1f0c0a11ce0001';

/** `simulated`: no account of anybody's. What is invented may be shown. */
export type Config = Settings & { production: boolean; simulated: boolean; dataDir: string; dataKey: string };

/** Reads and checks all settings; every problem is told at once. An empty value counts as absent. */
export function loadConfig(env: NodeJS.ProcessEnv = withDotEnv(process.env)): Config {
  const settings: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, { parse, help, secret }] of Object.entries<Setting<unknown>>(table)) {
    const given = env[name] === '' ? undefined : env[name];
    const read = parse.safeParse(given);
    if (read.success) settings[name] = read.data;
    else problems.push(`${name}${secret ? '' : `=${given}`}：${wrongIn(read.error.issues[0])}（${help}）`);
  }
  const all = settings as Settings;
  if (problems.length === 0) problems.push(...conflicts(all));
  if (problems.length > 0)
    throw new AppError('Invalid', 'config.bad-settings', `這些設定要改：\n  ${problems.join('\n  ')}`);
  const dataDir = resolve(root, all.DATA_DIR);
  return {
    ...all,
    production: env['NODE_ENV'] === 'production',
    simulated: (all.WECHAT_APP_ID ?? simulatedAppId) === simulatedAppId,
    dataDir,
    dataKey: all.DATA_KEY ?? keptKey(dataDir),
  };
}

/** What people who run it look for, in their words; of secrets only whether they are there. */
export function tellSettings(config: Config): { name: string; what: string; value: string }[] {
  return told.map(([name, what]) => {
    const value = config[name];
    const text = value === true ? '是' : value === false ? '否' : String(value ?? '');
    const isSecret = (table[name] as Setting<unknown>).secret === true;
    return { name, what, value: value === undefined ? '沒有設定' : isSecret ? '已設定' : text };
  });
}
const told: [keyof typeof table, string][] = [
  ['WECHAT_APP_ID', '公眾號（沒有設定：模擬器扮演微信）'],
  ['WECHAT_APP_SECRET', '公眾號密鑰'],
  ['WECHAT_TOKEN', '回調令牌'],
  ['WECHAT_ENCODING_AES_KEY', '回調加密（安全模式）'],
  ['WECHAT_MAX_AGE', '回調最多可以舊幾秒'],
  ['PUBLIC_URL', '粉絲和微信從這裡訪問'],
  ['CONSOLE_URL', '團隊從這裡打開控制台'],
  ['CONSOLE_PROXIES', '控制台前面有幾層代理'],
  ['MONGODB_URI', '數據庫（沒有設定：用自帶的）'],
  ['REDIS_URL', 'Redis（沒有設定：用自帶的）'],
  ['DATA_KEY', '數據密鑰（沒有設定：自動生成，保存在數據文件夾）'],
  ['SERVICE_HOURS', '人工客服的時間'],
  ['DEFAULT_SCRIPT', '還不知道她用哪種字時的默認'],
  ['CUSTOMER_MESSAGES_PER_TALK', '她發來消息後 48 小時內可以發她幾條'],
  ['CUSTOMER_MESSAGES_PER_TAP', '她點菜單、關注、掃碼後 1 分鐘內可以發她幾條'],
  ['MASS_PER_MONTH', '每人每月收幾次群發'],
  ['PUSH_APPROVAL_ABOVE', '群發超過幾人要第二個人同意'],
  ['PUSH_PER_SECOND', '每秒最多發幾條'],
  ['SOLO_TEAM', '只有一個人的團隊'],
  ['WEATHER_PROVIDER', '天氣從哪裡來'],
  ['AMAP_KEY', '高德'],
  ['SMS_TEMPLATE_ID', '短信驗證碼的模板'],
  ['SMS_PUSH_TEMPLATE_ID', '營銷短信的模板'],
  ['MAIL_FROM', '郵件以誰的名義寄'],
  ['ALARM_WECOM_URL', '警報發到企業微信群'],
  ['ALARM_MAIL_TO', '警報寄給誰'],
  ['LOG_LEVEL', '日誌記多細'],
];

/** In the words of the people who set it. */
function wrongIn(issue: z.core.$ZodIssue | undefined): string {
  switch (issue?.code) {
    case 'invalid_type':
      return issue.expected === 'number' || issue.expected === 'int' ? '要填數字' : '寫法不對';
    case 'too_small':
      return issue.origin === 'string' ? `太短，至少 ${issue.minimum} 個字元` : `太小，至少 ${issue.minimum}`;
    case 'too_big':
      return `太大，最多 ${issue.maximum}`;
    case 'invalid_value':
      return `只能是 ${issue.values.join('、')}`;
    case 'invalid_format':
      return issue.format === 'url' ? '要填網址' : '寫法不對';
    default:
      return '寫法不對';
  }
}

/** What no single setting shows. */
function conflicts(all: Settings): string[] {
  const problems: string[] = [];
  if (all.WECHAT_APP_ID && !all.WECHAT_TOKEN)
    problems.push('有 WECHAT_APP_ID 就要有 WECHAT_TOKEN：從公眾號後台抄過來。');
  if (all.WECHAT_APP_ID && !all.WECHAT_APP_SECRET)
    problems.push('有 WECHAT_APP_ID 就要有 WECHAT_APP_SECRET。');
  if (all.WECHAT_APP_ID && all.REQUIRE_SAFE_MODE && !all.WECHAT_ENCODING_AES_KEY)
    problems.push('設了 REQUIRE_SAFE_MODE 就要有 WECHAT_ENCODING_AES_KEY：明文回調可以偽造。');
  if (all.WEATHER_PROVIDER === 'qweather' && !(all.QWEATHER_KEY && all.QWEATHER_URL))
    problems.push('WEATHER_PROVIDER=qweather 要有 QWEATHER_KEY 和 QWEATHER_URL。');
  const sms = smsSettings.filter((name) => all[name] === undefined);
  if (sms.length > 0 && sms.length < smsSettings.length)
    problems.push(`要發簡訊驗證碼，還缺 ${sms.join('、')}；不發就全部留空。`);
  if (all.SMS_PUSH_TEMPLATE_ID && sms.length === smsSettings.length)
    problems.push(`SMS_PUSH_TEMPLATE_ID 要和 ${smsSettings.join('、')} 一起填。`);
  if (!all.MAIL_URL !== !all.MAIL_FROM)
    problems.push('MAIL_URL 和 MAIL_FROM 要一起填：從哪裡寄、以誰的名義。');
  if (!isLoopback(all.CONSOLE_HOST) && !all.CONSOLE_URL)
    problems.push(
      `CONSOLE_HOST=${all.CONSOLE_HOST} 讓別的機器連得到控制台，要有 CONSOLE_URL（https://…）：登錄不走明文。`,
    );
  if (all.ALARM_MAIL_TO && all.WECHAT_APP_ID && !all.MAIL_URL)
    problems.push('ALARM_MAIL_TO 要有 MAIL_URL 和 MAIL_FROM：警報從那裡寄。');
  return problems;
}

/** Only this machine reaches it. */
export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(host);

/** Text messages need all of them. */
const smsSettings = [
  'SMS_SECRET_ID',
  'SMS_SECRET_KEY',
  'SMS_APP_ID',
  'SMS_TEMPLATE_ID',
  'SMS_SIGNATURE',
] as const;

/** The key that the hashes of openids are made with. Losing it means losing who is who: back it up with the data. */
function keptKey(dataDir: string): string {
  privateFolder(dataDir);
  return keptSecret(join(dataDir, 'data-key'), {
    make: () => randomId(48),
    cure: '有備份就把原來的放回去；從來沒有用這份資料跑起來過，才可以刪掉它再啟動。',
  });
}

/** `.env` in the project's folder, under what the environment already says. */
function withDotEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const file = join(root, '.env');
  if (!existsSync(file)) return env;
  const lines = readFileSync(file, 'utf8').split(/\r?\n/);
  const pairs = lines.flatMap((line) => {
    const match = /^\s*([A-Z_][A-Z0-9_]*)\s*=\s*(.*?)\s*$/.exec(line);
    return match ? [[match[1], match[2]?.replace(/^(["'])(.*)\1$/, '$2')]] : [];
  });
  return { ...(Object.fromEntries(pairs) as NodeJS.ProcessEnv), ...env };
}

export type EngineSettings = {
  mongodBin?: string;
  redisServerBin?: string;
  enginesDir: string;
  path: string;
};

/** Where the local engines may be found and kept. */
export function engineSettings(env: NodeJS.ProcessEnv = withDotEnv(process.env)): EngineSettings {
  const cache =
    env['XDG_CACHE_HOME'] || join(homedir(), process.platform === 'darwin' ? 'Library/Caches' : '.cache');
  return {
    ...(env['MONGOD_BIN'] ? { mongodBin: env['MONGOD_BIN'] } : {}),
    ...(env['REDIS_SERVER_BIN'] ? { redisServerBin: env['REDIS_SERVER_BIN'] } : {}),
    enginesDir: env['ENGINES_DIR'] || join(cache, 'xiaoyi', 'engines'),
    path: env['PATH'] ?? '',
  };
}

/** The environment a forked role gets: what we were given, and what was found out since. */
export const childEnv = (more: Record<string, string>): NodeJS.ProcessEnv => ({ ...process.env, ...more });
