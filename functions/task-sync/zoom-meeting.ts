import { asAttacheError, isTransient } from '../../shared/domain/errors';
import { parseInstant } from '../../shared/domain/instant';
import { wantsEvent, type Task, type Written } from '../../shared/domain/task/task';
import type { Zoom, ZoomMeetingFields } from '../../shared/domain/zoom';
import type { Logger } from '../../shared/runtime/logger';

/**
 * Brings a task's Zoom meeting into line with the task. Resolves with what becomes of the task; undefined where nothing
 * does. Never throws: whatever Zoom says, the event is written.
 */
export async function followWithZoom(
  zoom: Zoom,
  task: Task,
  { fields }: Written,
  logger: Logger,
): Promise<Partial<Task> | undefined> {
  const { owner, taskId, generation, zoomMeetingId, zoomTold } = task;
  const { dateTime: start, timeZone } = fields.when.start;
  // Zoom has no meetings of whole days.
  const isWanted = wantsEvent(task) && task.includeZoomMeeting && start !== undefined;
  try {
    if (!isWanted) {
      if (zoomMeetingId === null) return undefined;
      await zoom.deleteMeeting(owner, zoomMeetingId);
      return { zoomMeetingId: null, zoomJoinUrl: null };
    }
    const startMs = parseInstant(start);
    const endMs = parseInstant(fields.when.end.dateTime ?? start);
    const wanted: ZoomMeetingFields = {
      topic: fields.title,
      startMs,
      durationMinutes: Math.max(1, Math.ceil((endMs - startMs) / 60_000)),
      ...(timeZone !== undefined && { timeZone }),
    };
    const told = JSON.stringify(wanted);
    if (zoomMeetingId === null) {
      const meeting = await zoom.createMeeting(owner, { ...wanted, idempotencyKey: `${taskId}-${generation}` });
      return { zoomMeetingId: meeting.id, zoomJoinUrl: meeting.joinUrl, zoomTold: told };
    }
    if (told === zoomTold) return undefined;
    await zoom.updateMeeting(owner, zoomMeetingId, wanted);
    return { zoomTold: told };
  } catch (error) {
    const { kind, code } = asAttacheError(error);
    logger.warning('zoom did not follow', { code });
    // A meeting that is gone is made anew with the next change; one that was to go has gone.
    return kind === 'notFound' ? { zoomMeetingId: null, zoomJoinUrl: null } : undefined;
  }
}

/** The task has no event any more. Errors: transient ones; what Zoom refuses for good is left to it. */
export async function removeFromZoom(zoom: Zoom | undefined, { owner, zoomMeetingId }: Task): Promise<void> {
  if (!zoom || zoomMeetingId === null) return;
  try {
    await zoom.deleteMeeting(owner, zoomMeetingId);
  } catch (error) {
    if (isTransient(asAttacheError(error))) throw error;
  }
}
