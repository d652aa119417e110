import { createHash } from 'node:crypto';
import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import { keyedHash, randomId } from '../../kit/ids';
import { createSeal } from '../../kit/seal';
import { signed } from '../../kit/signed';
import { fold, type Script } from '../../kit/text';
import { isDuplicate } from '../../store/duplicate';
import type { IndexSpec } from '../../store/indexes';
import type { Upkeep } from '../upkeep';
import { createAttempts } from './attempts';
import { checkPassword, hashPassword, isPassword } from './passwords';
import type { Role } from './rights';
import { codeAt, newSecret, stepOf, totpUri } from './second-factor';

/** Somebody of the team, as pages see her. */
export type Teammate = { id: string; login: string; name: string; roles: Role[]; script?: Script };

type TeammateRow = {
  _id: string;
  login: string;
  name: string;
  nameKey: string;
  roles: Role[];
  state: 'active' | 'disabled';
  hash: string;
  /** Sealed. */
  secret: string;
  /** The last step of a code that was used: none is used twice. */
  step: number;
  recovery: string[];
  script?: Script;
  at: Date;
  by: string;
  seenAt?: Date;
};
export type TeammateLine = Teammate & { state: 'active' | 'disabled'; at: Date; by: string; seenAt?: Date };

type InviteRow = {
  _id: string;
  kind: 'first' | 'invite' | 'reset';
  roles: Role[];
  who?: string;
  login?: string;
  name?: string;
  secret: string;
  by: string;
  at: Date;
  until: Date;
};
export type Invite = Pick<InviteRow, 'kind' | 'roles' | 'login' | 'name' | 'until'> & {
  id: string;
  /** For the QR code of the authenticator app. */
  uri(login: string): string;
  secret: string;
  /** Only a simulated house tells it. */
  code: string;
};

type SessionRow = {
  _id: string;
  who: string;
  /** `password`: the second factor is still to come; nothing but that is open. */
  step: 'password' | 'whole';
  token: string;
  device: string;
  ip: string;
  agent: string;
  at: Date;
  seenAt: Date;
};
export type Session = { id: string; who: Teammate; step: SessionRow['step']; token: string; device: string };

type DeviceRow = { _id: string; who: string[]; at: Date };

const idleMs = 30 * 60_000;
const wholeMs = 12 * 3_600_000;
const inviteMs = 3 * 86_400_000;
const deviceMs = 180 * 86_400_000;
const recoveryCodes = 8;

export const teamIndexes: IndexSpec[] = [
  { collection: 'team', key: { login: 1 }, unique: true, invariant: true, why: 'a login is one person’s' },
  {
    collection: 'team',
    key: { nameKey: 1 },
    unique: true,
    invariant: true,
    why: 'two people have two names',
  },
  { collection: 'sessions', key: { who: 1 }, why: 'ending all of hers' },
];

const loginShape = /^[a-z0-9][a-z0-9._-]{1,31}$/;

/** Random and long enough that a plain hash hides it. */
const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

/**
 * Who works here: passwords (argon2id), a second factor for everybody, sessions, invitations. All times are machine time: turning
 * the simulator's clock signs nobody out.
 */
export function createTeam(given: { db: Connection; key: string; now?: () => number }) {
  const { db, key, now = Date.now } = given;
  const team = db.collection<TeammateRow>('team');
  const invites = db.collection<InviteRow>('invites');
  const sessions = db.collection<SessionRow>('sessions');
  const devices = db.collection<DeviceRow>('devices');
  const attempts = createAttempts({ db, key, now });
  const seal = createSeal(key, 'second factor');
  const unseal = (sealed: string, name: string): string => seal.unseal(sealed, name).toString('utf8');

  const seenAs = (row: TeammateRow): Teammate => ({
    id: row._id,
    login: row.login,
    name: row.name,
    roles: row.roles,
    ...(row.script ? { script: row.script } : {}),
  });

  const lineOf = (row: TeammateRow): TeammateLine => ({
    ...seenAs(row),
    state: row.state,
    at: row.at,
    by: row.by,
    ...(row.seenAt ? { seenAt: row.seenAt } : {}),
  });

  async function mustGet(id: string): Promise<TeammateRow> {
    const row = await team.findOne({ _id: id });
    if (!row) throw new AppError('NotFound', 'team.unknown', '團隊裡沒有這個人。');
    return row;
  }

  async function invite(asked: Omit<InviteRow, '_id' | 'at' | 'until' | 'secret'>): Promise<string> {
    const token = randomId(32);
    const _id = hashOf(token);
    const secret = seal.seal(Buffer.from(newSecret()), _id);
    await invites.insertOne({
      _id,
      ...asked,
      secret,
      at: new Date(now()),
      until: new Date(now() + inviteMs),
    });
    return token;
  }

  async function invitation(token: string): Promise<InviteRow> {
    const row = await invites.findOne({ _id: hashOf(token), until: { $gt: new Date(now()) } });
    if (!row)
      throw new AppError(
        'NotFound',
        'team.invite',
        '這個鏈接用過了或過期了。請管理員再給一個；沒有管理員時：npm run team -- link',
      );
    return row;
  }

  const newRecovery = (): { codes: string[]; hashes: string[] } => {
    const codes = Array.from({ length: recoveryCodes }, () => {
      const letters = randomId(12)
        .toLowerCase()
        .replace(/[^a-z2-9]/g, '')
        .padEnd(10, '7');
      return `${letters.slice(0, 5)}-${letters.slice(5, 10)}`;
    });
    return { codes, hashes: codes.map((code) => keyedHash(key, 'recovery', code)) };
  };

  const endSessions = (who: string) => sessions.deleteMany({ who });

  async function open(asked: {
    who: string;
    step: SessionRow['step'];
    ip: string;
    agent: string;
    device: string;
  }): Promise<string> {
    const id = randomId(32);
    const at = new Date(now());
    await sessions.insertOne({ _id: hashOf(id), ...asked, token: randomId(24), at, seenAt: at });
    return id;
  }

  /** She has come in by both steps from this browser. */
  const know = (device: string, who: string) =>
    devices.updateOne(
      { _id: device },
      { $addToSet: { who }, $set: { at: new Date(now()) } },
      { upsert: true },
    );

  /** The name under which her tries from this browser are counted; undefined: she has never come in from it. */
  async function deviceOf(device: string | undefined, login: string): Promise<string | undefined> {
    if (!device) return undefined;
    const row = await devices.findOne({ _id: hashOf(device), at: { $gt: new Date(now() - deviceMs) } });
    const her = row && (await team.findOne({ login }, { projection: { _id: 1 } }));
    return her && row.who.includes(her._id) ? row._id : undefined;
  }

  return {
    any: async (): Promise<boolean> => (await team.findOne({}, { projection: { _id: 1 } })) !== null,

    /** The link of the first administrator: a new one at each start, and none once there is somebody. */
    async first(): Promise<string | undefined> {
      if (await team.findOne({}, { projection: { _id: 1 } })) return undefined;
      await invites.deleteMany({ kind: 'first' });
      return invite({ kind: 'first', roles: ['administrator'], by: '第一次啟動' });
    },

    /** A link by which somebody joins. @returns its token, which is not kept */
    async invite(asked: { roles: Role[]; name: string; by: string }): Promise<string> {
      if (asked.roles.length === 0)
        throw new AppError('Invalid', 'team.roles', '至少選一個角色。', {
          details: { fields: { roles: '至少選一個' } },
        });
      return invite({ kind: 'invite', ...asked });
    },

    /** A link by which she chooses a password and a second factor anew. It ends all her sessions. */
    async reset(id: string, by: string): Promise<string> {
      const row = await mustGet(id);
      await endSessions(id);
      await invites.deleteMany({ who: id });
      return invite({ kind: 'reset', who: id, login: row.login, name: row.name, roles: row.roles, by });
    },

    async invitation(token: string): Promise<Invite> {
      const row = await invitation(token);
      const secret = unseal(row.secret, row._id);
      return {
        id: row._id,
        kind: row.kind,
        roles: row.roles,
        ...(row.login ? { login: row.login } : {}),
        ...(row.name ? { name: row.name } : {}),
        until: row.until,
        secret,
        uri: (login) => totpUri(secret, login),
        code: codeAt(secret, now()),
      };
    },

    /** She joins, or begins anew: with a password, and with the code of the app that now has the secret. */
    async join(
      token: string,
      asked: { login: string; name: string; password: string; code: string },
    ): Promise<{ who: Teammate; recovery: string[] }> {
      const row = await invitation(token);
      const login = row.login ?? asked.login.trim().toLowerCase();
      const name = row.kind === 'reset' ? (row.name as string) : asked.name.trim();
      const wrong = (field: string, message: string) =>
        new AppError('Invalid', 'team.join', message, { details: { fields: { [field]: message } } });
      if (!loginShape.test(login))
        throw wrong('login', '登錄名用 2 到 32 個小寫英文字母、數字、點或橫線，例如 lin.mei。');
      if (name === '' || [...name].length > 20 || /[（）()]/.test(name))
        throw wrong('name', '姓名寫 1 到 20 個字，不含括號；同意和記錄裡都用它。');
      await checkPassword(asked.password, [login, name]);
      const secret = unseal(row.secret, row._id);
      const step = stepOf(secret, asked.code.replace(/\s/g, ''), now());
      if (step === undefined)
        throw wrong('code', '驗證碼不對：用驗證器 App 掃上面的碼，輸入現在顯示的六位數。');
      const hash = await hashPassword(asked.password);
      const { codes, hashes } = newRecovery();
      const id = row.who ?? randomId();
      const fresh = { hash, secret: seal.seal(Buffer.from(secret), id), step, recovery: hashes };
      // Whoever takes the invitation away is the one who joins by it.
      const taken = await invites.deleteOne({ _id: row._id });
      if (taken.deletedCount !== 1) throw new AppError('Conflict', 'team.invite', '這個鏈接剛剛用過了。');
      try {
        if (row.who) await team.updateOne({ _id: id }, { $set: fresh });
        else
          await team.insertOne({
            _id: id,
            login,
            name,
            nameKey: fold(name),
            roles: row.roles,
            state: 'active',
            ...fresh,
            at: new Date(now()),
            by: row.by,
          });
      } catch (error) {
        await invites.insertOne(row);
        if (isDuplicate(error)) throw wrong('login', '這個登錄名或姓名已經有人用了，換一個。');
        throw error;
      }
      await endSessions(id);
      return { who: seenAs(await mustGet(id)), recovery: codes };
    },

    /**
     * The first step: name and password. Unknown, disabled and wrong are told alike and take alike long.
     * @returns the id of a session in which only the second step is open
     */
    async signIn(asked: {
      login: string;
      password: string;
      ip: string;
      agent: string;
      device: string | undefined;
    }): Promise<{ session: string; device: string }> {
      const login = asked.login.trim().toLowerCase();
      const known = await deviceOf(asked.device, login);
      await attempts.signIn({ login, ip: asked.ip, device: known });
      const row = await team.findOne({ login });
      const right = await isPassword(asked.password, row?.hash);
      if (!row || !right || row.state !== 'active')
        throw new AppError('Forbidden', 'team.sign-in', '登錄名或密碼不對。');
      await attempts.passed({ login, device: known, ip: asked.ip });
      const device = asked.device ?? randomId(24);
      const session = await open({
        who: row._id,
        step: 'password',
        ip: asked.ip,
        agent: asked.agent,
        device: hashOf(device),
      });
      return { session, device };
    },

    /** The second step: a code of her app, or one of her recovery codes, which is used up. @returns the id of a new session */
    async second(id: string, code: string): Promise<string> {
      const session = await sessions.findOne({ _id: hashOf(id), step: 'password' });
      if (!session) throw new AppError('Forbidden', 'team.session', '登錄過期了，請重新登錄。');
      const row = await mustGet(session.who);
      await attempts.second(row._id);
      const plain = code.trim().toLowerCase();
      const step = stepOf(unseal(row.secret, row._id), plain.replace(/\s/g, ''), now());
      const used =
        step === undefined
          ? await team.updateOne(
              { _id: row._id, state: 'active', recovery: keyedHash(key, 'recovery', plain) },
              { $pull: { recovery: keyedHash(key, 'recovery', plain) } },
            )
          : await team.updateOne({ _id: row._id, state: 'active', step: { $lt: step } }, { $set: { step } });
      if (used.modifiedCount !== 1)
        throw new AppError('Forbidden', 'team.second', '驗證碼不對，或剛剛用過了；等下一個再試。');
      await attempts.passed({ second: row._id });
      await sessions.deleteOne({ _id: session._id });
      await know(session.device, row._id);
      const { who, ip, agent, device } = session;
      return open({ who, step: 'whole', ip, agent, device });
    },

    /** The code of this moment, for a house that only plays. */
    async codeFor(who: string): Promise<string> {
      const row = await mustGet(who);
      return codeAt(unseal(row.secret, who), now());
    },

    /** Whoever joined is signed in at once. */
    async openFor(asked: { who: string; ip: string; agent: string; device: string }): Promise<string> {
      const device = hashOf(asked.device);
      await know(device, asked.who);
      return open({ ...asked, device, step: 'whole' });
    },

    /** Who this is, with the roles of this moment; undefined when the session has ended, by itself or otherwise. */
    async session(id: string): Promise<Session | undefined> {
      const at = now();
      const row = await sessions.findOne({ _id: hashOf(id) });
      if (!row) return undefined;
      const her = await team.findOne({ _id: row.who, state: 'active' });
      const over = row.seenAt.getTime() < at - idleMs || row.at.getTime() < at - wholeMs;
      if (over || !her) {
        await sessions.deleteOne({ _id: row._id });
        return undefined;
      }
      if (row.seenAt.getTime() < at - 60_000) {
        await sessions.updateOne({ _id: row._id }, { $set: { seenAt: new Date(at) } });
        await team.updateOne({ _id: her._id }, { $set: { seenAt: new Date(at) } });
      }
      return { id: row._id, who: seenAs(her), step: row.step, token: row.token, device: row.device };
    },

    async signOut(id: string): Promise<void> {
      await sessions.deleteOne({ _id: hashOf(id) });
    },

    /** Ends every session of hers but this one. */
    async changePassword(asked: { id: string; now: string; next: string; session: string }): Promise<void> {
      const row = await mustGet(asked.id);
      await attempts.second(row._id);
      if (!(await isPassword(asked.now, row.hash)))
        throw new AppError('Invalid', 'team.password', '現在的密碼不對。', {
          details: { fields: { now: '現在的密碼不對' } },
        });
      await attempts.passed({ second: row._id });
      await checkPassword(asked.next, [row.login, row.name]);
      await team.updateOne({ _id: row._id }, { $set: { hash: await hashPassword(asked.next) } });
      await sessions.deleteMany({ who: row._id, _id: { $ne: asked.session } });
    },

    async setScript(id: string, script: Script): Promise<void> {
      await team.updateOne({ _id: id }, { $set: { script } });
    },

    /** What she may from now on; her sessions end. The last administrator stays one. */
    async setRoles(id: string, roles: Role[]): Promise<{ before: Role[] }> {
      const row = await mustGet(id);
      if (roles.length === 0)
        throw new AppError('Invalid', 'team.roles', '至少留一個角色；不要她進來就停用。');
      if (!roles.includes('administrator')) await keepOneBeside(id);
      await team.updateOne({ _id: id }, { $set: { roles } });
      await endSessions(id);
      return { before: row.roles };
    },

    async setState(id: string, state: 'active' | 'disabled'): Promise<void> {
      await mustGet(id);
      if (state === 'disabled') await keepOneBeside(id);
      await team.updateOne({ _id: id }, { $set: { state } });
      if (state === 'disabled') await endSessions(id);
    },

    async list(): Promise<TeammateLine[]> {
      return (await team.find({}).sort({ at: 1 }).toArray()).map(lineOf);
    },
    get: async (id: string): Promise<TeammateLine> => lineOf(await mustGet(id)),
    byLogin: async (login: string): Promise<Teammate | undefined> => {
      const row = await team.findOne({ login });
      return row ? seenAs(row) : undefined;
    },
    openInvites: () =>
      invites
        .find({ until: { $gt: new Date(now()) } }, { projection: { secret: 0 } })
        .sort({ at: -1 })
        .toArray(),
    dropInvite: async (id: string): Promise<void> => {
      const { deletedCount } = await invites.deleteOne({ _id: id });
      if (deletedCount === 0)
        throw new AppError('NotFound', 'team.invite', '這個鏈接用過了、過期了或已經收回。');
    },

    /** Whether both have signed in from this one browser: then it is no second person who agrees here. */
    async sharesDevice(device: string, logins: string[]): Promise<boolean> {
      const [row, people] = await Promise.all([
        devices.findOne({ _id: device }),
        team.find({ login: { $in: logins } }, { projection: { _id: 1 } }).toArray(),
      ]);
      return people.some(({ _id }) => row?.who.includes(_id));
    },

    upkeep: {
      indexes: teamIndexes,
      async forget() {
        const at = now();
        await sessions.deleteMany({ at: { $lt: new Date(at - wholeMs) } });
        await invites.deleteMany({ until: { $lt: new Date(at) } });
        await devices.deleteMany({ at: { $lt: new Date(at - deviceMs) } });
        await attempts.forget();
      },
    } satisfies Upkeep,
  };

  async function keepOneBeside(id: string): Promise<void> {
    const other = await team.findOne({ _id: { $ne: id }, roles: 'administrator', state: 'active' });
    const her = await team.findOne({ _id: id, roles: 'administrator' });
    if (her && !other)
      throw new AppError(
        'Conflict',
        'team.last-administrator',
        '這是最後一位管理員；先讓另一個人也當管理員。',
      );
  }
}

export type Team = ReturnType<typeof createTeam>;

/** How her name stands in records and under what two must agree to. */
export const signedBy = ({ name, login }: Pick<Teammate, 'name' | 'login'>): string => signed(name, login);
