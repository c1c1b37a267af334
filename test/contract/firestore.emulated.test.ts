import { emulatedDescribe } from '../emulators/emulated-describe';
emulatedDescribe('firestore', 'x', (host) =>
  test('y', async () => {
    expect(await (await fetch('http://' + host)).text()).toBe('Ok\n');
  }),
);
