import { registerFunction } from '../../shared/runtime/serve-on-framework';

registerFunction('gmail-sync', async () => (await import('./build')).build());
