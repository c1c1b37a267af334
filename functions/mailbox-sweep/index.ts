import { registerFunction } from '../../shared/runtime/serve-on-framework';

registerFunction('mailbox-sweep', async () => (await import('./build')).build());
