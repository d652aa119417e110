import { AppError } from '../../errors';
import { createEnvelope, type Envelope } from './crypto';
import { type Format, type Message, messageOf, parseBody } from './inbound';
import { buildReply, type Reply, xmlOf } from './reply';
import { sameSignature, signatureOf } from './signature';
import { checkSize } from './wire';

export type CallbackSettings = {
  token: string;
  appId: string;
  /** Safe mode; without it plain and compatible mode work, which anybody who has seen one URL can forge. */
  encodingAesKey?: string | undefined;
  /** How old, or how far ahead, the timestamp may be; 0 switches the check off. */
  maxAgeSeconds: number;
  /** Our `gh_…`, once it is known. */
  account?: string | undefined;
};

export type Query = Record<string, string | string[] | undefined>;

export type Inbound = {
  message: Message;
  /** The decrypted text, as kept in the inbox: `readMessage` reads it again. */
  plain: string;
  format: Format;
  /** Came encrypted, so the reply must be. */
  sealed: boolean;
};

type Request = { query: Query; body: string; timestamp: string; nonce: string; nowSeconds: number };

export type CallbackReader = ReturnType<typeof createCallbackReader>;

/**
 * Everything between the HTTP body and the typed message, and back (wechat.md §1), without a database.
 * Whatever is refused is an AppError with a code, the same for all variants of one fault, and no secret in it:
 * callback.bad-signature, .stale, .plain-refused, .key-missing, .bad-envelope, .other-account (Forbidden);
 * callback.bad-echostr, body.too-large and what `readMessage` throws (Invalid).
 */
export function createCallbackReader(settings: CallbackSettings) {
  const { token, maxAgeSeconds } = settings;
  const envelope = settings.encodingAesKey
    ? createEnvelope({ appId: settings.appId, encodingAesKey: settings.encodingAesKey })
    : undefined;

  return {
    /** The console's check of the address: returns the `echostr` to answer. Plain even in safe mode. */
    verify(query: Query): string {
      const { timestamp, nonce } = signedBy(query);
      if (!sameSignature(query.signature, signatureOf(token, timestamp, nonce))) throw badSignature();
      const { echostr } = query;
      if (typeof echostr !== 'string' || !/^[A-Za-z0-9]{1,64}$/.test(echostr)) {
        throw new AppError('Invalid', 'callback.bad-echostr', 'echostr must be 1 to 64 letters and digits.');
      }
      return echostr;
    },

    /** Verifies, decrypts and types one callback. */
    read(query: Query, body: string, nowSeconds: number): Inbound {
      checkSize(body);
      const { timestamp, nonce } = signedBy(query);
      const isSealed = isEncrypted(query.encrypt_type);
      const inbound =
        envelope && isSealed
          ? openSealed({ query, body, timestamp, nonce, nowSeconds, envelope })
          : readPlain({ query, body, timestamp, nonce, nowSeconds });
      if (settings.account !== undefined && inbound.message.account !== settings.account) {
        throw new AppError('Forbidden', 'callback.other-account', 'The message is for another account.');
      }
      return inbound;
    },

    /** The HTTP body: the reply in the format and mode in which the message came, or `success` for none. */
    answer(
      reply: Reply | undefined,
      to: Pick<Inbound, 'format' | 'sealed'> & { message: Pick<Message, 'openid' | 'account'> },
      now: { seconds: number; nonce: string },
    ): string {
      if (!reply) return 'success';
      const { openid, account } = to.message;
      const plain = buildReply(reply, { to: openid, from: account, at: now.seconds, format: to.format });
      return to.sealed && envelope ? sealReply(plain, { envelope, format: to.format, ...now }) : plain;
    },
  };

  function openSealed(o: Request & { envelope: Envelope }): Inbound {
    // The signature comes before any parsing: what a stranger sends must cost next to nothing.
    const encrypted = encryptPartOf(o.body);
    if (encrypted === undefined) throw plainRefused();
    if (!sameSignature(o.query.msg_signature, signatureOf(token, o.timestamp, o.nonce, encrypted))) {
      throw badSignature();
    }
    checkAge(Number(o.timestamp), o.nowSeconds);
    // In compatible mode the plain fields stand beside Encrypt. They are not signed, so they are not looked at.
    const { fields, format } = parseBody(o.body);
    if (fields.Encrypt !== encrypted) throw badSignature();
    const plain = o.envelope.open(encrypted);
    return { message: messageOf(parseBody(plain).fields), plain, format, sealed: true };
  }

  function readPlain(o: Request): Inbound {
    if (envelope) throw plainRefused();
    if (!sameSignature(o.query.signature, signatureOf(token, o.timestamp, o.nonce))) throw badSignature();
    checkAge(Number(o.timestamp), o.nowSeconds);
    const { fields, format } = parseBody(o.body);
    if (fields.MsgType === undefined && fields.Encrypt !== undefined) throw keyMissing();
    return { message: messageOf(fields), plain: o.body, format, sealed: false };
  }

  /** Signed with the reply's own time and nonce. */
  function sealReply(
    plain: string,
    o: { envelope: Envelope; format: Format; seconds: number; nonce: string },
  ): string {
    const encrypted = o.envelope.seal(plain);
    const sealed = {
      Encrypt: encrypted,
      MsgSignature: signatureOf(token, String(o.seconds), o.nonce, encrypted),
      TimeStamp: o.seconds,
      Nonce: o.nonce,
    };
    return o.format === 'xml' ? `<xml>${xmlOf(sealed)}</xml>` : JSON.stringify(sealed);
  }

  function checkAge(timestamp: number, nowSeconds: number): void {
    if (maxAgeSeconds === 0 || Math.abs(nowSeconds - timestamp) <= maxAgeSeconds) return;
    throw new AppError(
      'Forbidden',
      'callback.stale',
      `The callback's timestamp is more than ${maxAgeSeconds} seconds from this machine's clock. If it is new, set the clock.`,
    );
  }
}

/** Missing, repeated and malformed parameters are refused like a wrong signature: nobody learns which it was. */
function signedBy(query: Query): { timestamp: string; nonce: string } {
  for (const name in query) if (typeof query[name] === 'object') throw badSignature();
  const { timestamp, nonce } = query;
  if (typeof timestamp !== 'string' || !/^[0-9]{1,11}$/.test(timestamp)) throw badSignature();
  if (typeof nonce !== 'string' || !/^[\x21-\x7e]{1,128}$/.test(nonce)) throw badSignature();
  return { timestamp, nonce };
}

/**
 * What stands in `Encrypt`, found without parsing: the last one, since in compatible mode a fan's own words may
 * stand before it. Strict parsing must find the same afterwards.
 */
function encryptPartOf(body: string): string | undefined {
  const at = Math.max(body.lastIndexOf('<Encrypt>'), body.lastIndexOf('"Encrypt"'));
  if (at < 0) return undefined;
  encryptPart.lastIndex = at;
  return encryptPart.exec(body)?.[1]?.replaceAll('\\/', '/');
}

const encryptPart =
  /(?:<Encrypt>[ \t\r\n]*(?:<!\[CDATA\[)?|"Encrypt"[ \t\r\n]*:[ \t\r\n]*")([A-Za-z0-9+/=\\]*)/y;

function isEncrypted(type: Query[string]): boolean {
  if (type === undefined || type === '' || type === 'raw') return false;
  if (type === 'aes') return true;
  throw badSignature();
}

const badSignature = () =>
  new AppError('Forbidden', 'callback.bad-signature', 'The signature of the callback is not right.');

const plainRefused = () =>
  new AppError(
    'Forbidden',
    'callback.plain-refused',
    'A plain callback was refused, because an EncodingAESKey is set. Choose safe mode (安全模式) in the console of the account.',
  );

const keyMissing = () =>
  new AppError(
    'Forbidden',
    'callback.key-missing',
    'An encrypted callback came, but no WECHAT_ENCODING_AES_KEY is set. Copy it from the console of the account.',
  );
