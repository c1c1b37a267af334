import { createFirestoreStore } from '../../shared/store/firestore';
import { emulatedDescribe } from '../emulators/emulated-describe';
import { describeOAuthTokenStore } from './oauth-token-store';

emulatedDescribe('firestore', 'on the emulator', (emulatorHost) => {
  jest.setTimeout(60_000);
  const projectId = `tokens-${Date.now()}`;
  describeOAuthTokenStore('Tokens in Firestore', () => createFirestoreStore({ projectId, emulatorHost }));
});
