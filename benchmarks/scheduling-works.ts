import { DAY_MS } from '../shared/domain/instant';
import { expectDone, prepared, type Work, type WorkPlace } from './first-works';

/** The first works of the functions that find times and make meetings, for a host with the default hours. */
export function schedulingWorks({ emailAddress, workspace, asAgent }: WorkPlace): Readonly<Record<string, Work>> {
  const { calendar } = workspace;
  const mondayMs = nextMonday();
  const eventCount = () => calendar.events.list(emailAddress, emailAddress, { maxResults: 2_500 }).items?.length ?? 0;
  let meetings = 0;
  let eventsBefore = 0;

  return {
    availability: {
      prepare: prepared,
      request: () =>
        asAgent('POST', '/v1/availability:query', {
          hosts: [emailAddress],
          timeMin: new Date(mondayMs).toISOString(),
          timeMax: new Date(mondayMs + 7 * DAY_MS).toISOString(),
          durationMinutes: 30,
        }),
      check: async (answer) =>
        expectDone(answer.includes('"start":') && !answer.includes('calendarUnreadable'), 'slots of a host'),
    },
    meetings: {
      prepare: async () => {
        meetings += 1;
        eventsBefore = eventCount();
      },
      // Every meeting in a week of its own: a host is free there whatever was made before.
      request: () =>
        asAgent('POST', '/v1/meetings', {
          host: emailAddress,
          start: new Date(mondayMs + meetings * 7 * DAY_MS + 10 * 3_600_000).toISOString(),
          durationMinutes: 30,
          summary: `Meeting ${meetings}`,
        }),
      check: async () => expectDone(eventCount() === eventsBefore + 1, 'one more event in the calendar'),
    },
  };
}

/** Midnight in UTC, the zone of calendars here. */
function nextMonday(): number {
  const todayMs = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  return todayMs + (((8 - new Date(todayMs).getUTCDay()) % 7) + 7) * DAY_MS;
}
