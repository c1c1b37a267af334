import { registerFunction } from '../../shared/runtime/serve-on-framework';

registerFunction('meetings', async () => (await import('./build')).build());
