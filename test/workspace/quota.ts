import { GoogleApiError } from './google-api-error';

export interface QuotaSettings {
  unitsPerMinutePerUser: number;
  unitsPerMinutePerProject: number;
  /** Google answers an exhausted user budget with either. 429 names the time to come back, 403 does not. */
  throttleStatus: 403 | 429;
}

/** Units per method against two budgets a minute, user and project, and the counters that tests read. */
export class Quota {
  /** Every call by method, the refused ones too. */
  readonly calls: Record<string, number> = {};
  /** Units of the calls that were let through, by method. */
  readonly units: Record<string, number> = {};
  refused = 0;
  #minute = -1;
  #usedByProject = 0;
  readonly #usedByUser = new Map<string, number>();

  constructor(
    readonly settings: QuotaSettings,
    private readonly now: () => number,
  ) {}

  /** Throws the error of an exhausted budget; a refused call costs nothing. */
  charge(method: string, user: string, units: number): void {
    this.calls[method] = (this.calls[method] ?? 0) + 1;
    const minute = Math.floor(this.now() / 60_000);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#usedByProject = 0;
      this.#usedByUser.clear();
    }
    const usedByUser = (this.#usedByUser.get(user) ?? 0) + units;
    const usedByProject = this.#usedByProject + units;
    if (usedByUser > this.settings.unitsPerMinutePerUser) throw this.#refuse('user');
    if (usedByProject > this.settings.unitsPerMinutePerProject) throw this.#refuse('project');
    this.#usedByUser.set(user, usedByUser);
    this.#usedByProject = usedByProject;
    this.units[method] = (this.units[method] ?? 0) + units;
  }

  #refuse(budget: 'user' | 'project'): GoogleApiError {
    this.refused += 1;
    if (budget === 'project') {
      return new GoogleApiError(403, 'rateLimitExceeded', 'Quota exceeded for quota metric of the project.');
    }
    if (this.settings.throttleStatus === 403) {
      return new GoogleApiError(403, 'userRateLimitExceeded', 'User Rate Limit Exceeded');
    }
    const retryAfter = new Date((this.#minute + 1) * 60_000).toISOString();
    const message = `User-rate limit exceeded. Retry after ${retryAfter}`;
    return new GoogleApiError(429, 'rateLimitExceeded', message, { retryAfter });
  }
}
