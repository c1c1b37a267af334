import * as z from 'zod';
import { parseJson, Reply, type Call, type Route } from '../router';
import { ZoomError, type ZoomMeetingRecord, type ZoomModel } from './zoom-model';

/** Zoom's OAuth endpoints under `/zoom/oauth` and its API under `/zoom/v2`. */
export function zoomRoutes(zoom: ZoomModel): Route[] {
  const route = (id: string, verb: Route['verb'], path: string, handle: (call: Call) => unknown): Route => ({
    id: `zoom.${id}`,
    verb,
    paths: [`/zoom/${path}`],
    handle: (call) => {
      try {
        return handle(call);
      } catch (error) {
        if (!(error instanceof ZoomError)) throw error;
        return new Reply(error.status, error.body, error.headers);
      }
    },
  });
  const authorizationOf = ({ headers }: Call) => headers.authorization;
  const param = ({ params }: Call, name: string) => params[name] ?? '';
  const found = (call: Call) => zoom.meetingOf(authorizationOf(call), param(call, 'id'));

  return [
    route('oauth.token', 'POST', 'oauth/token', (call) => zoom.token(authorizationOf(call), formOf(call))),
    route('oauth.revoke', 'POST', 'oauth/revoke', (call) =>
      zoom.revoke(authorizationOf(call), formOf(call).get('token') ?? ''),
    ),
    route('oauth.authorize', 'GET', 'oauth/authorize', (call) => consent(zoom, call)),
    route('users.get', 'GET', 'v2/users/{userId}', (call) => {
      const user = zoom.userOf(authorizationOf(call), param(call, 'userId'));
      return { id: user, email: user };
    }),
    route('meetings.list', 'GET', 'v2/users/{userId}/meetings', (call) => list(zoom, call)),
    route('meetings.create', 'POST', 'v2/users/{userId}/meetings', (call) => {
      const host = zoom.userOf(authorizationOf(call), param(call, 'userId'));
      return new Reply(201, view(zoom.createMeeting(host, parseJson(newMeeting, call.body))));
    }),
    route('meetings.get', 'GET', 'v2/meetings/{id}', (call) => view(found(call))),
    route('meetings.update', 'PATCH', 'v2/meetings/{id}', (call) => {
      const { id, host, fields } = found(call);
      zoom.meetings.set(id, { id, host, fields: { ...fields, ...parseJson(meetingFields, call.body) } });
    }),
    route('meetings.delete', 'DELETE', 'v2/meetings/{id}', (call) => void zoom.meetings.delete(found(call).id)),
  ];
}

/** Consents at once, as the user whom the parameter `user` names, else as the only one there is. */
function consent(zoom: ZoomModel, { query }: Call): Reply {
  const get = (name: string) => query.get(name) ?? '';
  const code = zoom.authorize({
    clientId: get('client_id'),
    redirectUri: get('redirect_uri'),
    user: query.get('user') ?? [...zoom.users][0] ?? '',
    codeChallenge: get('code_challenge_method') === 'S256' ? get('code_challenge') : undefined,
  });
  const redirect = new URL(get('redirect_uri'));
  redirect.searchParams.set('code', code);
  redirect.searchParams.set('state', get('state'));
  return new Reply(302, undefined, { location: redirect.href });
}

/** Page tokens are offsets. Lists cut the agenda after 250 characters. */
function list(zoom: ZoomModel, call: Call) {
  const host = zoom.userOf(call.headers.authorization, call.params['userId'] ?? '');
  const size = Number(call.query.get('page_size') ?? 30);
  const offset = Number(call.query.get('next_page_token') ?? 0);
  const own = [...zoom.meetings.values()].filter((meeting) => meeting.host === host);
  return {
    page_size: size,
    total_records: own.length,
    next_page_token: own.length > offset + size ? String(offset + size) : '',
    meetings: own.slice(offset, offset + size).map((meeting) => {
      const { start_url: _, agenda, ...rest } = view(meeting);
      return { ...rest, ...(typeof agenda === 'string' && { agenda: agenda.slice(0, 250) }) };
    }),
  };
}

const meetingFields = z.strictObject({
  topic: z.string().max(200).exactOptional(),
  type: z.literal(2).exactOptional(),
  start_time: z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ?$/)
    .exactOptional(),
  duration: z.int().positive().exactOptional(),
  timezone: z.string().exactOptional(),
  agenda: z.string().max(2_000).exactOptional(),
});

const newMeeting = meetingFields.required({ topic: true, type: true });

function view({ id, host, fields }: ZoomMeetingRecord): Record<string, unknown> {
  return {
    ...fields,
    id,
    host_id: host,
    status: 'waiting',
    join_url: `https://zoom.example/j/${id}?pwd=joining`,
    start_url: `https://zoom.example/s/${id}?zak=whoever-has-this-is-the-host`,
  };
}

function formOf({ body }: Call): URLSearchParams {
  return new URLSearchParams(body.toString());
}
