import { createHash } from 'node:crypto';
import * as z from 'zod';
import { isAttacheError } from '../domain/errors';
import type { Clock } from '../domain/ports';
import type { Zoom, ZoomMeeting, ZoomMeetingFields } from '../domain/zoom';
import { callZoom, type ZoomRequest } from './call-zoom';

/** How a host is acted for: a user's own token as `me`, an account's as the user's address. */
export interface ZoomAuthority {
  readonly token: string;
  readonly userId: string;
}

export interface ZoomMeetingsOptions {
  /** Root of the API, with a slash at its end: `https://api.zoom.us/v2/`. */
  readonly apiUrl: string;
  /** `refused`: a token that Zoom did not accept; another one is wanted. */
  readonly authorityOf: (host: string, refused?: string) => Promise<ZoomAuthority>;
  readonly clock: Pick<Clock, 'now'>;
  /** Of one call, its body included. */
  readonly timeoutMs?: number;
}

/**
 * Zoom's API as the port `Zoom`. Zoom knows no ids of ours, so that a meeting carries its key as a reference in the agenda,
 * and every create looks for it first: one call more, and no second meeting after an answer that was lost.
 */
export function createZoomMeetings({ apiUrl, authorityOf, clock, timeoutMs = 10_000 }: ZoomMeetingsOptions): Zoom {
  /** Tried once more with another token after a 401. */
  async function call<Answer>(
    host: string,
    request: (
      userId: string,
    ) => Pick<ZoomRequest<Answer>, 'method' | 'body' | 'answer' | 'operation'> & { path: string },
  ): Promise<Answer> {
    const attempt = ({ token, userId }: ZoomAuthority) => {
      const { path, ...rest } = request(encodeURIComponent(userId));
      const whole = { ...rest, url: new URL(path, apiUrl).href, authorization: `Bearer ${token}`, timeoutMs };
      return callZoom(whole, clock.now());
    };
    const authority = await authorityOf(host);
    try {
      return await attempt(authority);
    } catch (error) {
      if (!isAttacheError(error, 'unauthorized')) throw error;
      return attempt(await authorityOf(host, authority.token));
    }
  }

  async function findMeeting(host: string, reference: string): Promise<ZoomMeeting | undefined> {
    let pageToken = '';
    do {
      const query = new URLSearchParams({ type: 'scheduled', page_size: '300', next_page_token: pageToken });
      const page = await call(host, (userId) => ({
        method: 'GET',
        path: `users/${userId}/meetings?${query.toString()}`,
        answer: listAnswer,
        operation: 'zoom.meetings.list',
      }));
      const found = page.meetings.find(({ agenda }) => agenda.startsWith(reference));
      if (found) return toMeeting(found);
      pageToken = page.next_page_token;
    } while (pageToken !== '');
    return undefined;
  }

  return {
    async createMeeting(host, { idempotencyKey, ...fields }) {
      const reference = referenceOf(idempotencyKey);
      const existing = await findMeeting(host, reference);
      if (existing) return existing;
      const agenda = [reference, fields.agenda].filter(Boolean).join('\n');
      const created = await call(host, (userId) => ({
        method: 'POST',
        path: `users/${userId}/meetings`,
        body: { type: scheduledMeeting, ...toBody({ ...fields, agenda }) },
        answer: meetingAnswer,
        operation: 'zoom.meetings.create',
      }));
      return toMeeting(created);
    },

    async updateMeeting(host, id, fields) {
      await call(host, () => ({
        method: 'PATCH',
        path: `meetings/${encodeURIComponent(id)}`,
        body: toBody(fields),
        operation: 'zoom.meetings.update',
      }));
    },

    async deleteMeeting(host, id) {
      try {
        await call(host, () => ({
          method: 'DELETE',
          path: `meetings/${encodeURIComponent(id)}`,
          operation: 'zoom.meetings.delete',
        }));
      } catch (error) {
        if (!isAttacheError(error, 'notFound')) throw error;
      }
    },
  };
}

const scheduledMeeting = 2;
const maxTopic = 200;
const maxAgenda = 1_950;

const meetingAnswer = z.object({ id: z.number(), join_url: z.url(), agenda: z.string().default('') });

const listAnswer = z.object({
  meetings: z.array(meetingAnswer.extend({ join_url: z.string() })),
  next_page_token: z.string().default(''),
});

function toMeeting({ id, join_url }: { readonly id: number; readonly join_url: string }): ZoomMeeting {
  return { id: String(id), joinUrl: join_url };
}

function toBody({ topic, startMs, durationMinutes, timeZone, agenda }: Partial<ZoomMeetingFields>): object {
  return {
    ...(topic !== undefined && { topic: topic.slice(0, maxTopic) }),
    ...(startMs !== undefined && { start_time: `${new Date(startMs).toISOString().slice(0, 19)}Z` }),
    ...(durationMinutes !== undefined && { duration: durationMinutes }),
    ...(timeZone !== undefined && { timezone: timeZone }),
    ...(agenda !== undefined && { agenda: agenda.slice(0, maxAgenda) }),
  };
}

/** Lists cut the agenda, so that it stands at the beginning. */
function referenceOf(idempotencyKey: string): string {
  return `Ref ${createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 16)}`;
}
