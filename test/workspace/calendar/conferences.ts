import { createHash } from 'node:crypto';
import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import type { Calendar, StoredEvent } from './calendar';
import { invalid } from './errors';

export interface ConferenceSettings {
  /** How long a new conference stays pending. */
  conferencePendingMs: number;
  /** How many `events.get` of the organizer still show it pending, however long they take. */
  conferencePendingReads: number;
  /** Conferences asked for from now on fail instead. */
  conferenceFails: boolean;
}

export type Conference = Pick<calendar_v3.Schema$Event, 'conferenceData' | 'hangoutLink'>;

interface Pending {
  readonly calendar: Calendar;
  readonly eventId: string;
  readonly dueMs: number;
  readonly fails: boolean;
  readsLeft: number;
}

/** Google Meet: conferences that are asked for with an event and come into being a while later. */
export class Conferences {
  #pending: Pending[] = [];

  constructor(
    private readonly settings: ConferenceSettings,
    private readonly now: () => number,
  ) {}

  /**
   * The conference of an event after a write that sends `request`; `undefined` leaves what is there. A request id that
   * the event has seen last changes nothing.
   */
  apply(
    request: calendar_v3.Schema$ConferenceData | null | undefined,
    before: calendar_v3.Schema$Event | undefined,
    isServiceAccount: boolean,
  ): Conference {
    const current: Conference = {
      ...(before?.conferenceData && { conferenceData: before.conferenceData }),
      ...(before?.hangoutLink && { hangoutLink: before.hangoutLink }),
    };
    if (request === undefined) return current;
    if (request === null) return {};
    const { createRequest, entryPoints, conferenceSolution } = request;
    if (createRequest) {
      const { requestId, conferenceSolutionKey } = createRequest;
      if (!requestId) throw invalid('Missing conference request id.');
      if (requestId === before?.conferenceData?.createRequest?.requestId) return current;
      if (conferenceSolutionKey?.type !== 'hangoutsMeet' || isServiceAccount) {
        throw invalid('Invalid conference type value.');
      }
      return { conferenceData: { createRequest: withStatus({ requestId, conferenceSolutionKey }, 'pending') } };
    }
    if (!conferenceSolution || !entryPoints?.length) throw invalid('Invalid conference data.');
    const video = entryPoints.find(({ entryPointType }) => entryPointType === 'video')?.uri;
    const isMeet = conferenceSolution.key?.type === 'hangoutsMeet';
    return { conferenceData: request, ...(isMeet && video && { hangoutLink: video }) };
  }

  /** Takes note of a conference that is pending after a write. */
  expect(calendar: Calendar, { id, resource }: StoredEvent): void {
    const isKnown = this.#pending.some((one) => one.calendar === calendar && one.eventId === id);
    if (statusOf(resource) !== 'pending' || isKnown) return;
    this.#pending.push({
      calendar,
      eventId: id,
      dueMs: this.now() + this.settings.conferencePendingMs,
      fails: this.settings.conferenceFails,
      readsLeft: this.settings.conferencePendingReads,
    });
  }

  /** Makes the conferences that are due by now. Each is a change of its event, with a new etag. */
  settle(onChange: (calendar: Calendar, changed: StoredEvent) => void): void {
    const isDue = ({ dueMs, readsLeft }: Pending) => dueMs <= this.now() && readsLeft === 0;
    const due = this.#pending.filter(isDue);
    if (due.length === 0) return;
    this.#pending = this.#pending.filter((one) => !isDue(one));
    for (const { calendar, eventId, fails } of due) {
      const resource = calendar.events.get(eventId)?.resource;
      const createRequest = resource?.conferenceData?.createRequest;
      if (!resource || !createRequest || statusOf(resource) !== 'pending') continue;
      const conference = fails
        ? { conferenceData: { createRequest: withStatus(createRequest, 'failure') } }
        : meet(createRequest, `${calendar.id}/${eventId}/${createRequest.requestId}`);
      onChange(calendar, calendar.put(eventId, { ...resource, ...conference }));
    }
  }

  countRead(calendar: Calendar, eventId: string): void {
    const pending = this.#pending.find((one) => one.calendar === calendar && one.eventId === eventId);
    if (pending && pending.readsLeft > 0) pending.readsLeft -= 1;
  }
}

function statusOf({ conferenceData }: calendar_v3.Schema$Event): string | null | undefined {
  return conferenceData?.createRequest?.status?.statusCode;
}

function withStatus(request: calendar_v3.Schema$CreateConferenceRequest, statusCode: string) {
  return { ...request, status: { statusCode } };
}

function meet(createRequest: calendar_v3.Schema$CreateConferenceRequest, seed: string): Conference {
  const letters = [...createHash('sha256').update(seed).digest()].map((byte) => String.fromCharCode(97 + (byte % 26)));
  const conferenceId = [letters.slice(0, 3), letters.slice(3, 7), letters.slice(7, 10)]
    .map((s) => s.join(''))
    .join('-');
  const uri = `https://meet.google.com/${conferenceId}`;
  return {
    hangoutLink: uri,
    conferenceData: {
      conferenceId,
      createRequest: withStatus(createRequest, 'success'),
      entryPoints: [{ entryPointType: 'video', uri, label: uri.replace('https://', '') }],
      conferenceSolution: {
        key: { type: 'hangoutsMeet' },
        name: 'Google Meet',
        iconUri: 'https://meet.google.com/icon',
      },
    },
  };
}
