import { bePatient } from '../../src/store/patience';

/** For every test file; one that is about a database which does not answer goes back to `bePatient(1)`. */
bePatient(10);
