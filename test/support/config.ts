import { type Config, loadConfig } from '../../src/config';
import { simulatedAccount } from '../../src/simulator/account';

/** The settings of a test's own account: safe mode, quiet logs, nothing read from the machine's environment. */
export const testConfig = (more: Record<string, string> = {}): Config =>
  loadConfig({
    ...simulatedAccount.env(3000),
    DATA_KEY: 'a key for tests, longer than thirty-two',
    LOG_LEVEL: 'silent',
    PORT: '0',
    ...more,
  });
