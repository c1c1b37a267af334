import { createFirestoreStore } from '../../shared/store/firestore';
import { emulatedDescribe } from '../emulators/emulated-describe';
import { describeBookingStore } from './booking-store';

emulatedDescribe('firestore', 'on the emulator', (emulatorHost) => {
  const projectId = `bookings-${Date.now()}`;
  // The emulator holds writers of one document up for seconds each, where there are many.
  describeBookingStore('Bookings in Firestore', () => createFirestoreStore({ projectId, emulatorHost }), 12);
});
