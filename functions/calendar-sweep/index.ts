import { registerFunction } from '../../shared/runtime/serve-on-framework';

registerFunction('calendar-sweep', async () => (await import('./build')).build());
