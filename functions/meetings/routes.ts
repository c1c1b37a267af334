import { defineRoute, reply, type Route } from '../../shared/runtime/route';
import { cancelMeeting } from './cancel-meeting';
import { changeMeeting } from './change-meeting';
import { createMeeting } from './create-meeting';
import type { MeetingsDependencies } from './dependencies';
import { listMeetings, listUpcoming, readMeeting } from './read-meetings';
import * as schema from './schema';

const path = '/v1/meetings/{id}';
const etagHeader = { ETag: 'The meeting’s `etag`, for `If-Match`.' };

export const meetingRoutes: readonly Route<MeetingsDependencies>[] = [
  defineRoute({
    method: 'POST',
    path: '/v1/meetings',
    operationId: 'createMeeting',
    summary: 'Books a meeting with a Google Meet link in the host’s calendar',
    description:
      '`409 slotUnavailable` says in `conflicts` who cannot, and why, and offers up to five `alternatives`. After an answer that was lost, send the same request with the same key.',
    capability: 'meetings.write',
    headers: schema.idempotencyKey,
    body: schema.newMeeting,
    response: {
      status: 201,
      schema: schema.meeting,
      headers: { ...etagHeader, 'Idempotency-Replayed': '`true`: the answer to an earlier request with this key.' },
    },
    errors: [404, 409, 429, 503],
    handle: async (deps: MeetingsDependencies, { caller, headers, body }) => {
      const { meeting, isReplayed } = await createMeeting(deps, caller, headers['Idempotency-Key'], body);
      return reply(meeting, {
        headers: { etag: meeting.etag, ...(isReplayed && { 'idempotency-replayed': 'true' }) },
      });
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/meetings',
    operationId: 'listMeetings',
    summary: 'Meetings of a host, by their start',
    capability: 'meetings.read',
    query: schema.meetingQuery,
    response: { status: 200, schema: schema.meetingList },
    errors: [404],
    handle: async (deps: MeetingsDependencies, { caller, query }) => listMeetings(deps, caller, query),
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/meetings:upcoming',
    operationId: 'listUpcomingMeetings',
    summary: 'Meetings that began up to 30 minutes ago or begin within 10',
    capability: 'meetings.read',
    query: schema.upcomingQuery,
    response: { status: 200, schema: schema.upcomingList },
    errors: [404],
    handle: async (deps: MeetingsDependencies, { caller, query }) => listUpcoming(deps, caller, query.host),
  }),
  defineRoute({
    method: 'GET',
    path,
    operationId: 'getMeeting',
    summary: 'One meeting',
    capability: 'meetings.read',
    params: schema.idParam,
    response: { status: 200, schema: schema.meeting, headers: etagHeader },
    errors: [404],
    handle: async (deps: MeetingsDependencies, { caller, params }) =>
      tagged(await readMeeting(deps, caller, params.id)),
  }),
  defineRoute({
    method: 'PATCH',
    path,
    operationId: 'changeMeeting',
    summary: 'Moves a meeting, or changes its title, text, place or guests; its event and its link stay',
    capability: 'meetings.write',
    params: schema.idParam,
    headers: schema.ifMatch,
    body: schema.meetingChange,
    response: { status: 200, schema: schema.meeting, headers: etagHeader },
    errors: [404, 409, 412, 429, 503],
    handle: async (deps: MeetingsDependencies, { caller, params, headers, body }) =>
      tagged(await changeMeeting(deps, caller, params.id, headers['If-Match'], body)),
  }),
  cancellation('DELETE', path, 'deleteMeeting'),
  cancellation('POST', '/v1/meetings/{id}:cancel', 'cancelMeeting'),
];

function cancellation(
  method: 'DELETE' | 'POST',
  of: '/v1/meetings/{id}' | '/v1/meetings/{id}:cancel',
  operationId: string,
) {
  return defineRoute({
    method,
    path: of,
    operationId,
    summary: 'Cancels a meeting and opens its time again; twice is fine',
    capability: 'meetings.write',
    params: schema.idParam,
    query: schema.cancelQuery,
    response: { status: 200, schema: schema.meeting },
    errors: [404, 429, 503],
    handle: async (deps: MeetingsDependencies, { caller, params, query }) =>
      cancelMeeting(deps, caller, params.id, query.sendUpdates),
  });
}

function tagged<Meeting extends { readonly etag: string }>(meeting: Meeting) {
  return reply(meeting, { headers: { etag: meeting.etag } });
}
