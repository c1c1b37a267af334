import type { CalendarEvent } from '../../shared/domain/calendar';
import { deleteTask, editTask, emptyContent } from '../../shared/domain/task/edit-task';
import { resolveConflict, restateConflict, type Resolution } from '../../shared/domain/task/follow-event';
import { isSame, toFields, toWritten, type MappingContext } from '../../shared/domain/task/map-event';
import { newTask, SYNCED_FIELDS, wantsEvent, type Task, type TaskContent } from '../../shared/domain/task/task';
import { eventAnswer } from '../../shared/google/calendar-answers';
import { ann, jobOf, second, type TaskWorld } from './simulation';

const texts = ['title', 'description', 'location'] as const;
type Text = (typeof texts)[number];
export type Side = 'task' | 'event';

/** What somebody wrote, and whether anybody can still have it. */
interface Edit {
  readonly taskId: string;
  readonly side: Side;
  readonly field: Text;
  readonly value: string;
}

/** Those who change tasks and events at random, and remember what they have seen. */
export class People {
  private readonly taskIds: string[] = [];
  private readonly edits: Edit[] = [];
  /** Values by side, as they were seen there at any time; and those that stood in a conflict. */
  private readonly seen = { task: new Set<string>(), event: new Set<string>(), conflict: new Set<string>() };
  private readonly deletedByPeople = new Set<string>();
  /** By the event's id: what people or Google gave to it, for it to keep. */
  private readonly colored = new Set<string>();
  private readonly meetLinks = new Map<string, string>();
  /** Events that people have copied from a task's, with all that is in it. They are nobody's task. */
  private readonly copies: { readonly calendarId: string; readonly eventId: string }[] = [];
  private values = 0;
  private lookedAt = '';

  constructor(
    private readonly world: TaskWorld,
    private readonly taskCount: number,
    private readonly only: Side | undefined,
  ) {}

  async act(): Promise<void> {
    const { world } = this;
    if (this.taskIds.length < this.taskCount) return this.create();
    const taskId = world.pick(this.taskIds);
    const task = (await world.tasks.load(taskId))?.record;
    if (task?.conflict && world.chance(0.4)) return this.resolve(task);
    if (this.only === 'task') return this.editTask(taskId);
    if (this.only === 'event') return this.editEvent(taskId, task);
    const dice = world.random.next();
    if (dice < 0.4) return this.editTask(taskId);
    if (dice < 0.85) return this.editEvent(taskId, task);
    return this.doSomethingElse(taskId, task);
  }

  /** Remembers what can be seen on both sides now. */
  async look(): Promise<void> {
    const state = this.world.stateId;
    if (state === this.lookedAt) return;
    this.lookedAt = state;
    for (const taskId of this.taskIds) {
      const task = (await this.world.tasks.load(taskId))?.record;
      if (!task) continue;
      for (const field of texts) this.seen.task.add(`${taskId} ${field} ${task[field]}`);
      for (const field of texts) {
        for (const side of ['local', 'remote'] as const) {
          if (task.conflict) this.seen.conflict.add(`${taskId} ${field} ${task.conflict[side].fields[field]}`);
        }
      }
      for (const { event } of this.eventsOf(taskId)) {
        for (const field of texts) this.seen.event.add(`${taskId} ${field} ${toFields(event)[field]}`);
        const joinUrl = event.conference?.joinUrl;
        if (joinUrl === undefined) continue;
        const first = this.meetLinks.get(event.id) ?? joinUrl;
        if (first !== joinUrl) this.world.bugs.push(`${taskId}: another Meet link than guests were given`);
        this.meetLinks.set(event.id, first);
      }
    }
  }

  async check(): Promise<string[]> {
    const problems: string[] = [];
    for (const taskId of this.taskIds) {
      const task = (await this.world.tasks.load(taskId))?.record;
      const events = this.eventsOf(taskId);
      const say = (text: string) => problems.push(`${taskId}: ${text}`);
      if (!task || !wantsEvent(task)) {
        if (events.length > 0) say(`no event is wanted, and there are ${events.length}`);
        continue;
      }
      if (events.length !== 1) {
        say(`${events.length} events`);
        continue;
      }
      const [{ event, calendarId }] = events as [{ event: CalendarEvent; calendarId: string }];
      if (this.colored.has(event.id) && this.colorOf(calendarId, event.id) !== '1') say('its color in Google is gone');
      if (task.conflict) {
        if (task.conflict.remote.etag !== event.etag) say('the conflict is not about the event as it is');
        continue;
      }
      if (calendarId !== (task.selectedCalendarId ?? ann)) say('the event is in another calendar');
      const written = toWritten(task, this.context);
      for (const field of SYNCED_FIELDS) {
        if (!isSame(field, written.fields, toFields(event)))
          say(`${field}: ${JSON.stringify(written.fields[field])} is not ${JSON.stringify(toFields(event)[field])}`);
      }
      if (!event.description?.includes(`Status: ${task.status === 'completed' ? 'Completed' : 'Pending'}`))
        say('the block is not up to date');
    }
    for (const { calendarId, eventId } of this.copies) {
      if (this.world.calendar.events.get(ann, calendarId, eventId).status === 'cancelled')
        problems.push(`a person's copy of an event was deleted: ${eventId}`);
    }
    if (this.only && this.seen.conflict.size > 0) problems.push('a conflict that nobody has caused');
    for (const edit of this.edits) {
      const task = (await this.world.tasks.load(edit.taskId))?.record;
      // What was changed after the conflict was found waits in the task for somebody to settle it.
      const isWaiting = task?.conflict != null && task[edit.field] === edit.value;
      if (!isWaiting && this.isLost(edit)) problems.push(`lost: ${JSON.stringify(edit)}`);
    }
    return problems;
  }

  /** Nobody on the other side has ever had it, no conflict tells of it, and its author has not replaced it. */
  private isLost({ taskId, side, field, value }: Edit): boolean {
    if (this.deletedByPeople.has(taskId)) return false;
    const key = `${taskId} ${field} ${value}`;
    if (this.seen[side === 'task' ? 'event' : 'task'].has(key) || this.seen.conflict.has(key)) return false;
    const later = this.edits.filter((one) => one.taskId === taskId && one.side === side && one.field === field);
    return later.at(-1)?.value === value;
  }

  private async create(): Promise<void> {
    const { world, taskIds } = this;
    const taskId = `tsk_${taskIds.length}`;
    const due = world.pick([null, '2026-11-25', '2026-11-25T10:00:00.000Z']);
    const attendees = world.chance(0.3) ? [{ email: 'guest@example.org' }] : [];
    const task = newTask(
      taskId,
      { owner: ann, connectionId: world.connectionId },
      { ...emptyContent, title: 'First', notes: 'Some notes', due, attendees, includeGoogleMeet: world.chance(0.3) },
      world.nowMs,
    );
    taskIds.push(taskId);
    await world.tasks.create(task);
    if (!world.chance(world.weather.killAfter)) world.publish(jobOf(world.connectionId, taskId));
  }

  private nextValue(): string {
    return `v${(this.values += 1)}`;
  }

  private async editTask(taskId: string): Promise<void> {
    const { world } = this;
    const field = world.pick(texts);
    const value = this.nextValue();
    let isWritten = false;
    await world.edit(taskId, (task) => {
      isWritten = wantsEvent(task) && !task.deleted;
      return isWritten ? this.edited(task, { [field]: value }) : undefined;
    });
    if (isWritten) this.edits.push({ taskId, side: 'task', field, value });
  }

  private editEvent(taskId: string, task: Task | undefined): void {
    const { world } = this;
    const [found] = this.eventsOf(taskId);
    if (!found || !task) return;
    const { event, calendarId } = found;
    const { events } = world.calendar;
    const field = world.pick(texts);
    const value = this.nextValue();
    const names = { title: 'summary', description: 'description', location: 'location' } as const;
    const text = field === 'description' ? replaceDescription(event.description ?? '', value) : value;
    world.trace.push(`${world.nowMs % 1e8} person in calendar: ${taskId} ${field} ${value}`);
    events.patch(ann, calendarId, event.id, { [names[field]]: text });
    this.edits.push({ taskId, side: 'event', field, value });
  }

  private async doSomethingElse(taskId: string, task: Task | undefined): Promise<void> {
    const { world } = this;
    const [found] = this.eventsOf(taskId);
    const { events } = world.calendar;
    const hour = 8 + Math.floor(world.random.next() * 10);
    const time = (at: number) => ({
      dateTime: `2026-12-0${1 + (at % 9)}T${String(at).padStart(2, '0')}:00:00Z`,
      timeZone: 'UTC',
    });
    const change = (content: Partial<TaskContent>) =>
      world.edit(taskId, (one) => (one.deleted ? undefined : this.edited(one, content)));
    const inCalendar: (() => void | Promise<void>)[] = found
      ? [
          () =>
            void events.patch(ann, found.calendarId, found.event.id, {
              start: { ...time(hour), date: null },
              end: { ...time(hour), dateTime: time(hour).dateTime.replace(':00:00Z', ':30:00Z'), date: null },
            }),
          () =>
            void events.patch(ann, found.calendarId, found.event.id, {
              attendees: [...found.event.attendees, { email: `g${hour}@example.org` }],
            }),
          () => {
            events.patch(ann, found.calendarId, found.event.id, { colorId: '1' });
            this.colored.add(found.event.id);
          },
          () => this.copyEvent(found),
          () => {
            const destination = found.calendarId === ann ? second : ann;
            world.trace.push(`${world.nowMs % 1e8} person in calendar: ${taskId} moves to ${destination}`);
            void events.move(ann, found.calendarId, found.event.id, destination);
          },
          () => {
            this.deletedByPeople.add(taskId);
            events.delete(ann, found.calendarId, found.event.id);
          },
        ]
      : [];
    const inTask: (() => void | Promise<void>)[] = [
      () => change({ due: world.pick([null, '2026-12-24', '2026-12-24T18:00:00.000Z']), end: null }),
      () => change({ status: task?.status === 'completed' ? 'pending' : 'completed' }),
      () => change({ attendees: world.chance(0.5) ? [] : [{ email: 'other@example.org' }] }),
      () => change({ recurrence: world.pick([null, { type: 'weekly', interval: 1 }]) }),
      () => change({ selectedCalendarId: world.pick([null, second]) }),
      () => {
        this.deletedByPeople.add(taskId);
        return change({ syncToCalendar: task?.syncToCalendar === false });
      },
      () => {
        this.deletedByPeople.add(taskId);
        return change({ status: task?.status === 'cancelled' ? 'pending' : 'cancelled' });
      },
      () => {
        this.deletedByPeople.add(taskId);
        return world.edit(taskId, (one) => deleteTask(one, world.nowMs));
      },
    ];
    await world.pick([...inCalendar, ...inTask])();
  }

  private copyEvent({ event, calendarId }: { readonly event: CalendarEvent; readonly calendarId: string }): void {
    const { summary = '', start = {}, end = {}, privateProperties } = event;
    const copy = { summary, start, end, extendedProperties: { private: { ...privateProperties } } };
    const { id } = this.world.calendar.events.insert(ann, calendarId, copy);
    if (id) this.copies.push({ calendarId, eventId: id });
  }

  /** Settles every conflict; resolves with how many writes Google has refused although nobody else wrote. */
  async resolveAll(): Promise<number> {
    const { world } = this;
    const before = world.refusals;
    for (const taskId of this.taskIds) {
      const task = (await world.tasks.load(taskId))?.record;
      if (task?.conflict) await this.resolve(task);
    }
    await world.drain();
    return world.refusals - before;
  }

  private async resolve({ taskId }: Task): Promise<void> {
    const { world } = this;
    const choice = world.pick<Resolution>([
      { resolve: 'local' },
      { resolve: 'remote' },
      { resolve: 'merged', fields: { title: 'local', description: 'remote', location: 'local', when: 'remote' } },
    ]);
    await world.edit(taskId, (task) => resolveConflict(task, choice, this.context));
  }

  /** As the API does it. */
  private edited(task: Task, content: Partial<TaskContent>): Partial<Task> | undefined {
    const patch = editTask(task, content, this.world.nowMs);
    return patch && { ...patch, ...restateConflict({ ...task, ...patch }, this.context) };
  }

  private get context(): MappingContext {
    return { timeZone: 'Europe/Berlin', taskTypeColors: {}, managedBy: 'Attaché', nowMs: this.world.nowMs };
  }

  private eventsOf(taskId: string): { event: CalendarEvent; calendarId: string }[] {
    return [ann, second].flatMap((calendarId) =>
      [...this.world.calendar.calendar(calendarId).events.values()]
        .filter(({ resource }) => resource.status !== 'cancelled')
        .map(({ id }) => ({
          event: eventAnswer.parse(this.world.calendar.events.get(ann, calendarId, id)),
          calendarId,
        }))
        .filter(({ event }) => event.privateProperties['attacheTask'] === taskId)
        .filter(({ event }) => !this.copies.some(({ eventId }) => eventId === event.id)),
    );
  }

  private colorOf(calendarId: string, eventId: string) {
    return this.world.calendar.events.get(ann, calendarId, eventId).colorId;
  }
}

/** As a person would: the text above the block is another, the block stays. */
function replaceDescription(description: string, value: string): string {
  const blockAt = description.indexOf('\u2063');
  return blockAt < 0 ? value : `${value}\n\n${description.slice(blockAt)}`;
}
