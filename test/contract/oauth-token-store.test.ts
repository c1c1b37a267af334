import { clock } from '../../shared/runtime/system';
import { createMemoryStore } from '../../shared/store/memory';
import { describeOAuthTokenStore } from './oauth-token-store';

describeOAuthTokenStore('Tokens in memory', () => createMemoryStore(clock));
