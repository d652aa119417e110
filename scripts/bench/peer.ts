import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa, { type Middleware } from 'koa';
import type { Connection } from 'mongoose';
import type { App } from '../../src/app';
import { simulatedAccount } from '../../src/simulator/account';
import { answerParent } from './child';
import { benchQuiz } from './quiz';
import type { Message } from './usual';

type Peer = {
  port: number;
  /** How many callbacks are in the inbox with their reply. */
  kept?: () => Promise<number>;
  proof?: () => Promise<Proved>;
  /** Resolves when everything behind the answers is done. */
  settled?: () => Promise<void>;
  /** CPU of the database so far, µs. */
  mongo?: () => Promise<number>;
  close: () => Promise<void>;
};
/** What the answer log has, the prizes given, and what the audit finds wrong. */
export type Proved = { answers: number; awards: number; differences: number };
export type Usage = { cpuMicros: number; rss: number };

const { appId, token, encodingAesKey } = simulatedAccount;

/** What is compared: each answers the same callbacks at `/wechat`, in a process of its own. */
const peers: Record<string, () => Promise<Peer>> = {
  /** The whole of ours: verified, decrypted, kept by a majority write, answered by a keyword rule, the reply kept, sealed. */
  async ours() {
    const app = await ourApp('web', process.env['DATABASE'] ?? 'bench');
    return {
      port: await app.http.listen(0, '127.0.0.1'),
      kept: () => kept(app),
      mongo: () => mongoMicros(app.db),
      close: app.close,
    };
  },

  /** Ours while a quiz runs: an answer goes through the answer log, and so on to the next question. */
  async quiz() {
    const app = await ourApp('web', 'bench-quiz');
    const { id, file } = benchQuiz();
    const { campaigns, tickets, proof, answerLog } = app.services;
    const { startSampleQuiz } =
      require('../../src/domain/quiz/workbook/sample') as typeof import('../../src/domain/quiz/workbook/sample');
    const begun = await startSampleQuiz({ campaigns, tickets, takenBy: () => undefined, file });
    if (begun.kind !== 'started') throw new Error(JSON.stringify(begun));
    await campaigns.load();
    return {
      port: await app.http.listen(0, '127.0.0.1'),
      kept: () => kept(app),
      mongo: () => mongoMicros(app.db),
      async proof(): Promise<Proved> {
        const awards = await app.db.collection('awards').countDocuments();
        return { answers: answerLog.state(id).count, awards, differences: (await proof.audit(id)).length };
      },
      close: app.close,
    };
  },

  /** The worker beside it: takes the answers into ledger, rounds, scores and boards. */
  async worker() {
    const app = await ourApp('worker', 'bench-quiz');
    await app.startWorker();
    const { id } = benchQuiz();
    return {
      port: 0,
      settled: () => app.services.projector.catchUp(id),
      close: app.close,
    };
  },

  /** What a user would write: co-wechat and mongoose documents that do the same work for a keyword … */
  usual: () => usual('bench-usual', 'keyword'),
  /** … and for the answer in a quiz. */
  'usual quiz': () => usual('bench-usual-quiz', 'quiz'),

  /** npm co-wechat on Koa as its page shows it, saying back what was said: nothing is kept. */
  async 'co-wechat'() {
    return coWechat(async (message) => message.Content);
  },

  /** The least that can answer at all: node:http, SHA-1, AES, regular expressions for XML. Checks and keeps nothing. */
  async floor() {
    const key = Buffer.from(`${encodingAesKey}=`, 'base64');
    const iv = key.subarray(0, 16);
    const sign = (...parts: string[]) => createHash('sha1').update(parts.sort().join('')).digest('hex');
    const part = (xml: string, name: string) =>
      new RegExp(`<${name}>(?:<!\\[CDATA\\[)?(.*?)(?:\\]\\]>)?</${name}>`).exec(xml)?.[1] ?? '';
    const open = (sealed: string): string => {
      const decipher = createDecipheriv('aes-256-cbc', key, iv).setAutoPadding(false);
      const plain = Buffer.concat([decipher.update(sealed, 'base64'), decipher.final()]);
      return plain.toString('utf8', 20, 20 + plain.readUInt32BE(16));
    };
    const seal = (text: string): string => {
      const body = Buffer.from(text);
      const size = Buffer.alloc(4);
      size.writeUInt32BE(body.length);
      const whole = Buffer.concat([randomBytes(16), size, body, Buffer.from(appId)]);
      const pad = 32 - (whole.length % 32);
      const cipher = createCipheriv('aes-256-cbc', key, iv).setAutoPadding(false);
      return Buffer.concat([
        cipher.update(whole),
        cipher.update(Buffer.alloc(pad, pad)),
        cipher.final(),
      ]).toString('base64');
    };
    return listen(
      createServer((request, response) => {
        const query = new URLSearchParams(request.url?.slice(request.url.indexOf('?') + 1));
        const timestamp = query.get('timestamp') ?? '';
        const nonce = query.get('nonce') ?? '';
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          const encrypted = part(Buffer.concat(chunks).toString(), 'Encrypt');
          if (sign(token, timestamp, nonce, encrypted) !== query.get('msg_signature'))
            return void response.writeHead(401).end();
          const xml = open(encrypted);
          const now = String(Math.floor(Date.now() / 1_000));
          const sealed = seal(
            `<xml><ToUserName><![CDATA[${part(xml, 'FromUserName')}]]></ToUserName><FromUserName><![CDATA[${part(xml, 'ToUserName')}]]></FromUserName><CreateTime>${now}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[${part(xml, 'Content')}]]></Content></xml>`,
          );
          response.setHeader('Content-Type', 'application/xml');
          response.end(
            `<xml><Encrypt><![CDATA[${sealed}]]></Encrypt><MsgSignature><![CDATA[${sign(token, now, nonce, sealed)}]]></MsgSignature><TimeStamp>${now}</TimeStamp><Nonce><![CDATA[${nonce}]]></Nonce></xml>`,
          );
        });
      }),
    );
  },
};

function coWechat(answer: (message: Message) => Promise<string>): Promise<Peer> {
  const wechat = require('co-wechat') as (config: object) => {
    middleware(answer: (message: Message) => Promise<string>): Middleware;
  };
  const app = new Koa();
  app.use(wechat({ token, appid: appId, encodingAESKey: encodingAesKey }).middleware(answer));
  const handle = app.callback();
  return listen(createServer((request, response) => void handle(request, response)));
}

async function usual(database: string, says: 'keyword' | 'quiz'): Promise<Peer> {
  const mongoose = require('mongoose') as typeof import('mongoose');
  const { createUsual } = require('./usual') as typeof import('./usual');
  const uri = process.env['MONGODB_URI'] ?? '';
  const db = await mongoose.createConnection(uri, { dbName: database }).asPromise();
  const answers = createUsual(mongoose, db);
  await answers.ready();
  const served = await coWechat(answers[says]);
  return {
    ...served,
    kept: answers.kept,
    mongo: () => mongoMicros(db),
    close: async () => {
      await served.close();
      await db.close();
    },
  };
}

/** Loaded here: the others must not carry our packages in their memory. */
async function ourApp(role: 'web' | 'worker', database: string): Promise<App> {
  const { createApp } = require('../../src/app') as typeof import('../../src/app');
  const { loadConfig } = require('../../src/config') as typeof import('../../src/config');
  const config = loadConfig({ ...process.env, ...simulatedAccount.env(3_000) });
  const { MONGODB_URI: mongoUri = '', REDIS_URL: redisUrl = '' } = config;
  const app = await createApp(config, { mongoUri, redisUrl, role, database });
  await app.prepare();
  const { importSamples } =
    require('../../src/simulator/samples') as typeof import('../../src/simulator/samples');
  // It offers only what it can answer.
  if (role === 'web') await importSamples(app);
  return app;
}

const kept = (app: App): Promise<number> =>
  app.db.collection('inbox').countDocuments({ doneAt: { $exists: true } });

async function mongoMicros(db: Connection): Promise<number> {
  const status = await db.db?.command({ serverStatus: 1 }, { timeoutMS: 10_000 });
  // Linux says it; elsewhere it stays 0.
  const { user_time_us: user = 0, system_time_us: system = 0 } = status?.['extra_info'] ?? {};
  return Number(user) + Number(system);
}

async function listen(server: Server): Promise<Peer> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
    },
  };
}

/** This process serves, and says what it has used so far. Its first word names the peer. */
const starting = (peers[process.argv[2] ?? ''] as () => Promise<Peer>)();
answerParent(
  {
    port: async () => (await starting).port,
    kept: async () => (await starting).kept?.(),
    proof: async () => (await starting).proof?.(),
    settled: async () => (await starting).settled?.(),
    mongo: async () => (await (await starting).mongo?.()) ?? 0,
    usage: (): Usage => {
      const { user, system } = process.cpuUsage();
      return { cpuMicros: user + system, rss: process.memoryUsage.rss() };
    },
  },
  async () => (await starting).close(),
);
