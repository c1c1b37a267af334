import { describeParallelMeetings } from './parallel';

describeParallelMeetings('Meetings at once, in memory');
