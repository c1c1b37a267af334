import { createFirestoreStore } from '../../shared/store/firestore';
import { emulatedDescribe } from '../emulators/emulated-describe';
import { describeBookingStore } from './booking-store';

emulatedDescribe('firestore', 'on the emulator', (emulatorHost) => {
  const projectId = `bookings-${Date.now()}`;
  describeBookingStore('Bookings in Firestore', () => createFirestoreStore({ projectId, emulatorHost }));
});
