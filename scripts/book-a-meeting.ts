import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { LocalStack } from './local-stack';
import { printStep } from './print-step';

const slot = z.object({ start: z.string(), localStart: z.string() });
const slotList = z.object({ slots: z.array(slot) });
const meeting = z.object({ localStart: z.string(), conference: z.object({ joinUrl: z.string().nullable() }) });
const refusal = z.object({ code: z.string(), alternatives: z.array(slot) });

/**
 * An agent answers a mail with an appointment: free time of two hosts, then a meeting with a Meet link. Another agent that
 * wants the same time is refused and offered others. Undefined, or what went wrong.
 */
export async function bookAMeeting(stack: LocalStack, host: string, colleague: string): Promise<string | undefined> {
  const nowMs = Date.now();
  const { slots } = slotList.parse(
    await post(stack, stack.apiKey, '/v1/availability:query', {
      hosts: [host],
      attendees: [colleague],
      timeMin: new Date(nowMs).toISOString(),
      timeMax: new Date(nowMs + 7 * 86_400_000).toISOString(),
      durationMinutes: 30,
    }),
  );
  const [first] = slots;
  if (!first) return 'there is no free time within a week';
  printStep('agent', `asks for half an hour with ${colleague}: ${slots.length} slots, first ${first.localStart}`, host);

  const request = {
    host,
    start: first.start,
    durationMinutes: 30,
    summary: 'The offer you asked for',
    attendees: [{ email: colleague }],
  };
  const booked = meeting.parse(await post(stack, stack.apiKey, '/v1/meetings', request));
  printStep('agent', `books ${booked.localStart}`, host);
  if (booked.conference.joinUrl === null) return 'the meeting has no link';
  printStep('meetings', `Google Meet: ${booked.conference.joinUrl}`, host);

  const answer = refusal.safeParse(await post(stack, stack.rivalApiKey, '/v1/meetings', request));
  const alternatives = answer.data?.alternatives ?? [];
  if (answer.data?.code !== 'slotUnavailable' || alternatives.length === 0) return 'the same time was booked twice';
  const offered = alternatives.map(({ localStart }) => localStart.slice(0, 16)).join(', ');
  printStep('rival', `wants the same time: 409 slotUnavailable, offered ${offered}`, host);
  return undefined;
}

async function post({ baseUrl }: LocalStack, apiKey: string, path: string, body: object): Promise<unknown> {
  const answer = await fetch(`${baseUrl}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      ...(path === '/v1/meetings' && { 'idempotency-key': randomUUID() }),
    },
    body: JSON.stringify(body),
  });
  const json: unknown = await answer.json();
  if (!answer.ok && answer.status !== 409) throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(json)}`);
  return json;
}
