import { createFirestoreStore } from '../../shared/store/firestore';
import { emulatedDescribe } from '../emulators/emulated-describe';
import { describeDocumentStore } from './document-store';

emulatedDescribe('firestore', 'on the emulator', (emulatorHost) => {
  const projectId = `store-contract-${Date.now()}`;
  describeDocumentStore('The Firestore store', () => createFirestoreStore({ projectId, emulatorHost }));
});
