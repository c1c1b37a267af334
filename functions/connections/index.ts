import { registerFunction } from '../../shared/runtime/serve-on-framework';

registerFunction('connections', async () => (await import('./build')).build());
