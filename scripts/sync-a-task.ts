import * as z from 'zod';
import type { LocalStack } from './local-stack';
import { printStep } from './print-step';

const task = z.object({
  id: z.string(),
  title: z.string(),
  due: z.string().nullable(),
  syncStatus: z.string(),
  googleCalendarEventId: z.string().nullable(),
  conflict: z.object({ fields: z.array(z.string()) }).nullable(),
});
type Task = z.infer<typeof task>;

const event = z.object({ summary: z.string().optional(), start: z.object({ dateTime: z.string() }) });

/**
 * A task becomes an event; somebody moves the event, and the task follows; both sides change, and somebody settles it.
 * Undefined, or what went wrong.
 */
export async function syncATask(stack: LocalStack, email: string): Promise<string | undefined> {
  const day = new Date(Date.now() + 8 * 86_400_000).toISOString().slice(0, 10);
  const at = (time: string): string => `${day}T${time}:00.000Z`;
  const { id } = task.parse(
    await call(stack, 'POST', '/v1/tasks', {
      email,
      title: 'Call Marta back',
      type: 'call',
      due: at('10:00'),
      syncToCalendar: true,
    }),
  );
  printStep('agent', 'makes the task «Call Marta back»', email);
  const synced = await reach(stack, id, ({ syncStatus }) => syncStatus === 'synced');
  if (!synced?.googleCalendarEventId) return 'the task got no event';
  const eventId = synced.googleCalendarEventId;
  printStep('task-sync', `the task is an event: ${(await readEvent(stack, email, eventId)).summary}`, email);

  await editEvent(stack, email, eventId, { start: { dateTime: at('14:00') }, end: { dateTime: at('15:00') } });
  printStep('person', 'moves the event in the calendar to 14:00', email);
  if (!(await reach(stack, id, ({ due }) => due === at('14:00')))) return 'the task did not follow its event';
  printStep('task-sync', 'the task is due at 14:00 now', email);

  // At once, so that neither knows of the other.
  stack.workspace.faults.add({
    match: { method: 'calendar.events.patch' },
    times: 1,
    fault: { type: 'delay', ms: 600 },
  });
  const changed = call(stack, 'PATCH', `/v1/tasks/${id}`, { title: 'Call Marta back today' });
  await editEvent(stack, email, eventId, { summary: 'Call Marta next week' });
  await changed;
  printStep('both', 'the task becomes «Call Marta back today», the event «Call Marta next week»', email);
  const torn = await reach(stack, id, ({ conflict }) => conflict !== null);
  stack.workspace.faults.clear();
  if (!torn?.conflict) return 'the two changes met without a conflict';
  printStep('task-sync', `conflict.detected: ${torn.conflict.fields.join(', ')}`, email);

  await call(stack, 'POST', `/v1/tasks/${id}:resolveConflict`, { resolve: 'local' });
  printStep('agent', 'settles it: the task’s version', email);
  const settled = await reach(stack, id, ({ syncStatus }) => syncStatus === 'synced');
  const { summary } = await readEvent(stack, email, eventId);
  if (!settled || summary !== 'Call Marta back today')
    return `the event says «${summary}» after the conflict was settled`;
  printStep('task-sync', `both say «${summary}»`, email);
  return undefined;
}

const patienceMs = 15_000;

/** Undefined where it does not come to that. */
async function reach(stack: LocalStack, id: string, isReached: (task: Task) => boolean): Promise<Task | undefined> {
  const endMs = Date.now() + patienceMs;
  while (Date.now() < endMs) {
    const current = task.parse(await call(stack, 'GET', `/v1/tasks/${id}`));
    if (isReached(current)) return current;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return undefined;
}

async function readEvent({ workspace }: LocalStack, email: string, eventId: string) {
  return event.parse(workspace.calendar.events.get(email, email, eventId));
}

/** As a person does, in front of the calendar. */
async function editEvent({ workspace }: LocalStack, email: string, eventId: string, change: object): Promise<void> {
  const answer = await fetch(`${workspace.url}/admin/users/${email}/events/${eventId}?calendarId=${email}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(change),
  });
  if (!answer.ok) throw new Error(`PATCH of the event: ${answer.status} ${await answer.text()}`);
}

async function call({ baseUrl, apiKey }: LocalStack, method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${baseUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const json: unknown = await answer.json();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(json)}`);
  return json;
}
