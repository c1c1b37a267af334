import { registerFunction } from '../../shared/runtime/serve-on-framework';

registerFunction('task-sync', async () => (await import('./build')).build());
