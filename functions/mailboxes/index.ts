import { registerFunction } from '../../shared/runtime/serve-on-framework';

registerFunction('mailboxes', async () => (await import('./build')).build());
