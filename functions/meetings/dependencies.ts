import type { GatherDependencies } from '../../shared/domain/gather-hosts';
import type { SettleDependencies } from '../../shared/domain/meeting/settle-meeting';
import type { DocumentStore } from '../../shared/domain/ports';
import type { HostRulesStore } from '../../shared/store/host-rules-store';
import type { IdempotencyKeys } from '../../shared/store/idempotency-keys';
import type { StoredMeetings } from '../../shared/store/meeting-store';

export interface MeetingsDependencies
  extends Omit<GatherDependencies, 'loadRules' | 'calendars'>, Omit<SettleDependencies, 'meetings'> {
  readonly store: DocumentStore;
  readonly meetings: StoredMeetings;
  readonly keys: IdempotencyKeys;
  readonly hostRules: HostRulesStore;
}
