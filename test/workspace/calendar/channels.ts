import { createHash } from 'node:crypto';
import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import { GoogleApiError } from '../google-api-error';
import type { Calendar } from './calendar';
import { invalid } from './errors';

/** One POST with an empty body to `address`. */
export interface ChannelNotification {
  readonly channelId: string;
  readonly address: string;
  readonly state: ChannelState;
  readonly headers: Readonly<Record<string, string>>;
}

export type ChannelState = 'sync' | 'exists' | 'not_exists';

/** Who watches: the same user, by the same project, may stop. */
export interface Watcher {
  readonly actor: string;
  readonly projectId: string;
}

interface Channel extends Watcher {
  readonly id: string;
  readonly address: string;
  readonly token: string | undefined;
  readonly expirationMs: number;
  readonly resourceId: string;
  readonly resourceUri: string;
  readonly calendar: Calendar;
  messageNumber: number;
}

export interface ChannelSettings {
  readonly maxChannelLifetimeMs: number;
}

/** The channels of all projects. */
export class Channels {
  /** By project and id. */
  readonly #channels = new Map<string, Channel>();
  sent = 0;

  constructor(
    private readonly settings: ChannelSettings,
    private readonly now: () => number,
    private readonly notify: (notification: ChannelNotification) => void,
  ) {}

  /** Sends the `sync` notification before it returns. */
  watch(watcher: Watcher, calendar: Calendar, request: calendar_v3.Schema$Channel): calendar_v3.Schema$Channel {
    const nowMs = this.now();
    this.#forgetExpired(nowMs);
    const { id = '', type, address, token } = request;
    if (!/^[\w+/=-]{1,64}$/.test(id ?? '')) throw invalid(`Channel id ${id} is not 1 to 64 letters, digits, -_+/=`);
    if (this.#channels.has(keyOf(watcher, id ?? ''))) {
      throw new GoogleApiError(400, 'channelIdNotUnique', `Channel id ${id} not unique`);
    }
    if (type !== 'web_hook' && type !== 'webhook') throw invalid(`Unknown channel type ${type}`);
    if (!isHttps(address ?? '') && !isLoopback(address ?? '')) {
      throw new GoogleApiError(400, 'push.webhookUrlNotHttps', `WebHook callback must be HTTPS: ${address}`);
    }
    if ((token?.length ?? 0) > 256) throw invalid('The channel token is longer than 256 characters.');
    if (!calendar.supportsPush) {
      throw new GoogleApiError(
        400,
        'pushNotSupportedForRequestedResource',
        'Push notifications are not supported by this resource.',
      );
    }
    const channel: Channel = {
      ...watcher,
      id: id ?? '',
      address: address ?? '',
      token: token ?? undefined,
      expirationMs: this.#expirationOf(request, nowMs),
      resourceId: createHash('sha256').update(calendar.id).digest('base64url').slice(0, 27),
      resourceUri: `https://www.googleapis.com/calendar/v3/calendars/${encodeURIComponent(calendar.id)}/events?alt=json`,
      calendar,
      messageNumber: 0,
    };
    this.#channels.set(keyOf(watcher, channel.id), channel);
    this.#send(channel, 'sync');
    return view(channel);
  }

  stop(watcher: Watcher, { id, resourceId }: calendar_v3.Schema$Channel): void {
    this.#forgetExpired(this.now());
    const channel = this.#channels.get(keyOf(watcher, id ?? ''));
    if (!channel || channel.resourceId !== resourceId || channel.actor !== watcher.actor) {
      throw new GoogleApiError(404, 'notFound', `Channel '${id}' not found for project '${watcher.projectId}'`);
    }
    this.#channels.delete(keyOf(watcher, channel.id));
  }

  changed(calendar: Calendar, state: ChannelState = 'exists'): void {
    this.#forgetExpired(this.now());
    for (const channel of this.#channels.values()) if (channel.calendar === calendar) this.#send(channel, state);
  }

  /** A calendar that is deleted says so once. */
  end(calendar: Calendar): void {
    this.changed(calendar, 'not_exists');
    for (const [key, channel] of this.#channels) if (channel.calendar === calendar) this.#channels.delete(key);
  }

  /** Those that are alive. */
  list(): calendar_v3.Schema$Channel[] {
    this.#forgetExpired(this.now());
    return [...this.#channels.values()].map((channel) => ({ ...view(channel), address: channel.address }));
  }

  #expirationOf({ expiration, params }: calendar_v3.Schema$Channel, nowMs: number): number {
    const ttl = params?.['ttl'];
    const wanted = expiration ? Number(expiration) : nowMs + (ttl ? Number(ttl) * 1_000 : Infinity);
    if (Number.isNaN(wanted) || wanted <= nowMs) throw invalid('The channel would have expired already.');
    return Math.min(wanted, nowMs + this.settings.maxChannelLifetimeMs);
  }

  #forgetExpired(nowMs: number): void {
    for (const [key, { expirationMs }] of this.#channels) if (expirationMs <= nowMs) this.#channels.delete(key);
  }

  /** Numbers grow with gaps; the `sync` message is the first. */
  #send(channel: Channel, state: ChannelState): void {
    const { id, address, token, expirationMs, resourceId, resourceUri, messageNumber } = channel;
    channel.messageNumber += messageNumber === 0 ? 1 : 1 + ((messageNumber * 5 + 3) % 16);
    this.sent += 1;
    this.notify({
      channelId: id,
      address,
      state,
      headers: {
        'X-Goog-Channel-ID': id,
        ...(token !== undefined && { 'X-Goog-Channel-Token': token }),
        'X-Goog-Channel-Expiration': new Date(expirationMs).toUTCString(),
        'X-Goog-Resource-ID': resourceId,
        'X-Goog-Resource-URI': resourceUri,
        'X-Goog-Resource-State': state,
        'X-Goog-Message-Number': String(channel.messageNumber),
      },
    });
  }
}

/** Only these are posted to; Google itself takes none but HTTPS addresses of public hosts. */
export function isLoopback(address: string): boolean {
  const { protocol, hostname } = URL.canParse(address) ? new URL(address) : { protocol: '', hostname: '' };
  return /^https?:$/.test(protocol) && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

function isHttps(address: string): boolean {
  return URL.canParse(address) && new URL(address).protocol === 'https:';
}

function keyOf({ projectId }: Watcher, id: string): string {
  return `${projectId} ${id}`;
}

function view({ id, token, expirationMs, resourceId, resourceUri }: Channel): calendar_v3.Schema$Channel {
  return {
    kind: 'api#channel',
    id,
    resourceId,
    resourceUri,
    ...(token !== undefined && { token }),
    expiration: String(expirationMs),
  };
}
