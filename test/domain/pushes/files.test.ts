import mongoose, { type Connection } from 'mongoose';
import { createPushFiles } from '../../../src/domain/pushes/files';
import { dayMs } from '../../../src/kit/beijing';
import { createClock } from '../../../src/kit/clock';
import { testDatabase } from '../../support/database';

const database = testDatabase();
let db: Connection;
beforeAll(async () => {
  db = await database.connect();
});
afterEach(() => database.clear());
afterAll(() => database.drop());

const picture = Buffer.from('\x89PNG\r\n\x1a\n a picture', 'latin1');

test('a picture is brought to WeChat once in three days, and is not read again for everybody who gets it', async () => {
  const clock = createClock();
  let uploads = 0;
  const uploadTemporary = async () => ({
    mediaId: `m${++uploads}`,
    expiresAt: new Date(clock.now() + 3 * dayMs),
  });
  const filesOf = () => createPushFiles({ db, clock, media: { uploadTemporary } });
  const files = filesOf();
  const file = await files.keep('sea.png', picture);
  expect(await Promise.all([files.mediaId({ file }), files.mediaId({ file })])).toEqual(['m1', 'm1']);

  const other = filesOf();
  expect(await other.mediaId({ file })).toBe('m1');
  await db.collection('pushFiles').deleteMany({});
  expect([await files.mediaId({ file }), await other.mediaId({ file })]).toEqual(['m1', 'm1']);

  clock.setOffset(3 * dayMs);
  await expect(files.mediaId({ file })).rejects.toMatchObject({ code: 'push.file' });
  await files.keep('sea.png', picture);
  expect(await files.mediaId({ file })).toBe('m2');
});

test('its bytes are read only to bring it there', async () => {
  const clock = createClock();
  const expiresAt = new Date(clock.now() + 3 * dayMs);
  const media = { uploadTemporary: async () => ({ mediaId: 'm1', expiresAt }) };
  const files = createPushFiles({ db, clock, media });
  const file = await files.keep('sea.png', picture);
  await files.mediaId({ file });

  const watched = await mongoose.createConnection(database.uri, { monitorCommands: true }).asPromise();
  const read: unknown[] = [];
  watched.getClient().on('commandStarted', ({ command }) => {
    if ('find' in command) read.push(command['projection']);
  });
  try {
    expect(await createPushFiles({ db: watched, clock, media }).mediaId({ file })).toBe('m1');
  } finally {
    await watched.close();
  }
  expect(read).toEqual([{ mediaId: 1, expiresAt: 1 }]);
});

test('what is no picture is refused, whatever it is called', async () => {
  const files = createPushFiles({
    db,
    clock: createClock(),
    media: { uploadTemporary: () => Promise.reject(new Error('nothing is sent here')) },
  });
  await expect(files.keep('sea.png', Buffer.from('a picture'))).rejects.toThrow('「sea.png」裡面不是圖片');
  await expect(files.keep('sea.png', Buffer.alloc(0))).rejects.toThrow('裡面不是圖片');
  await expect(files.keep('sea.webp', picture)).rejects.toThrow('要是 PNG、JPG 或 GIF');
  await expect(files.keep('sea.gif', Buffer.from('GIF89a'))).resolves.toEqual(expect.any(String));
});
