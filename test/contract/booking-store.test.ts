import { createMemoryStore } from '../../shared/store/memory';
import { describeBookingStore } from './booking-store';

describeBookingStore('Bookings in memory', () => createMemoryStore({ now: () => Date.now() }));
