import { measureNotification } from './round-trips';
import { measureAvailability, measureMeeting } from './scheduling-trips';

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

it('answers for fifty hosts with one call to Google and a few round trips', async () => {
  const [one, fifty] = [await measureAvailability(1), await measureAvailability(50)];
  expect(one).toEqual({ roundTrips: 2, calls: { 'store.getAll': 1, 'calendar.freeBusy': 1, 'store.query': 1 } });
  expect(fifty.calls['calendar.freeBusy']).toBe(1);
  expect(fifty.roundTrips).toBeLessThanOrEqual(6);
});

it('makes a meeting with two calls to Google, in ten round trips', async () => {
  const { roundTrips, calls } = await measureMeeting();
  expect(roundTrips).toBe(10);
  expect([calls['calendar.freeBusy'], calls['calendar.insertEvent']]).toEqual([1, 1]);
});
