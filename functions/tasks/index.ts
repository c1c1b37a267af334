import { registerFunction } from '../../shared/runtime/serve-on-framework';

registerFunction('tasks', async () => (await import('./build')).build());
