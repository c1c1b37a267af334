import { measureNotification } from './round-trips';

it('counts calls that are under way at the same time as one round trip', async () => {
  const [one, eight] = [await measureNotification(1), await measureNotification(8)];
  expect(eight.calls['gmail.getMessage']).toBe(8);
  expect(eight.roundTripsToEvent).toBe(one.roundTripsToEvent);
});

it('finds an event of one message published after six round trips, for 22 units of quota', async () => {
  expect(await measureNotification(1)).toEqual({
    roundTripsToEvent: 6,
    roundTripsToAcknowledgement: 7,
    calls: { 'store.get': 1, 'store.commit': 3, 'gmail.listHistory': 1, 'gmail.getMessage': 1, 'bus.publish': 1 },
    gmailUnits: 22,
    documentsRead: 1,
    documentsWritten: 4,
  });
});
