import { createFirestoreStore } from '../../shared/store/firestore';
import { emulatedDescribe } from '../emulators/emulated-describe';
import { describeDocumentStore } from './document-store';

emulatedDescribe('firestore', 'on the emulator', (emulatorHost) => {
  // The first call loads the client, which takes long on a busy machine.
  jest.setTimeout(60_000);
  const projectId = `store-contract-${Date.now()}`;
  describeDocumentStore('The Firestore store', () => createFirestoreStore({ projectId, emulatorHost }));
});
