import mongoose, { type Connection } from 'mongoose';
import { enforceDeadlines } from './deadlines';
import { patient } from './patience';

mongoose.set('sanitizeFilter', true);
mongoose.set('strictQuery', 'throw');
enforceDeadlines();

/**
 * Opens the one connection. Writes are majority-acknowledged and every wait is bounded: a dead server is an error
 * within seconds, not a queue of callbacks.
 */
export async function connectMongo(
  uri: string,
  options: { database?: string; appName?: string } = {},
): Promise<Connection> {
  const connection = mongoose.createConnection(uri, {
    ...(options.database ? { dbName: options.database } : {}),
    appName: options.appName ?? 'xiaoyi',
    autoIndex: false,
    autoCreate: false,
    bufferCommands: false,
    serverSelectionTimeoutMS: patient(5_000),
    connectTimeoutMS: patient(5_000),
    waitQueueTimeoutMS: patient(2_000),
    maxPoolSize: 20,
    minPoolSize: 2,
    writeConcern: { w: 'majority' },
  });
  // Without a listener an error after start would be thrown as unhandled; each call reports its own error.
  connection.on('error', () => {});
  await connection.asPromise();
  return connection;
}
