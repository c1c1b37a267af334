import { randomUUID } from 'node:crypto';
import { createFirestoreStore } from '../../shared/store/firestore';
import { emulatedDescribe } from '../emulators/emulated-describe';
import { describeParallelMeetings } from './parallel';

emulatedDescribe('firestore', 'Meetings at once, on the Firestore emulator', (emulatorHost) =>
  describeParallelMeetings('Firestore', () =>
    createFirestoreStore({ projectId: `meetings-${randomUUID().slice(0, 8)}`, emulatorHost }),
  ),
);
