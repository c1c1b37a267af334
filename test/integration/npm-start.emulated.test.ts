import { emulatedDescribe } from '../emulators/emulated-describe';
import { npmStart, type StartedStack } from './npm-start';

emulatedDescribe('firestore', 'npm start -- --emulators', () =>
  emulatedDescribe('pubsub', 'on emulators that stay', () => {
    let stack: StartedStack | undefined;
    afterEach(() => stack?.kill());

    test('brings every message exactly once, whatever earlier stacks have left', async () => {
      stack = npmStart(['--emulators', '--once']);
      expect([await stack.ended, stack.output()]).toEqual([
        0,
        expect.stringContaining('8 messages delivered, 8 events received: every message exactly once.') as string,
      ]);
    }, 120_000);
  }),
);
