import { registerFunction } from '../../shared/runtime/serve-on-framework';

registerFunction('calendar-webhook', async () => (await import('./build')).build());
