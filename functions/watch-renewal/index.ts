import { registerFunction } from '../../shared/runtime/serve-on-framework';

registerFunction('watch-renewal', async () => (await import('./build')).build());
