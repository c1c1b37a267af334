import { registerFunction } from '../../shared/runtime/serve-on-framework';

registerFunction('availability', async () => (await import('./build')).build());
