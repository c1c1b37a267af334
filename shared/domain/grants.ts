import * as z from 'zod';
import { AttacheError } from './errors';

/**
 * Who may do what. Nothing is granted by default: a caller sees the mailboxes and domains it lists, and may do what its
 * capabilities name. Grants are configuration (the `AGENTS` map), re-checked on every id in every request.
 */
export const CAPABILITIES = [
  'mailboxes.read',
  'mailboxes.manage',
  'messages.read',
  'events.read',
  'status.read',
  'availability.read',
  'availability.manage',
  'meetings.read',
  'meetings.write',
  'tasks.read',
  'tasks.write',
  'connections.manage',
] as const;

export type Capability = (typeof CAPABILITIES)[number];

export interface Caller {
  /** The agent's key in the `AGENTS` map. */
  readonly id: string;
  readonly capabilities: readonly Capability[];
  /** Lower-case addresses. */
  readonly mailboxes: readonly string[];
  /** Lower-case domains, matched whole: `example.com` covers neither `sub.example.com` nor `evil-example.com`. */
  readonly domains: readonly string[];
  /** Requests a minute and instance; the server's default where absent. */
  readonly ratePerMinute?: number | undefined;
}

/** Whether the mailbox exists as far as this caller can tell. */
export function sees(caller: Caller, mailbox: string): boolean {
  const address = mailbox.toLowerCase();
  const [localPart, domain, ...rest] = address.split('@');
  if (!localPart || !domain || rest.length > 0) return false;
  return caller.mailboxes.includes(address) || caller.domains.includes(domain);
}

export function can(caller: Caller, capability: Capability): boolean {
  return caller.capabilities.includes(capability);
}

/** Throws `unknownMailbox` where the caller does not see it. */
export function requireMailbox(caller: Caller, mailbox: string): void {
  if (!sees(caller, mailbox)) throw unknownMailbox(mailbox);
}

/**
 * The one answer for a mailbox that is not registered and for one that the caller must not know about: throw it in both
 * cases, so that the two cannot be told apart.
 */
export function unknownMailbox(mailbox: string): AttacheError {
  return new AttacheError('notFound', `There is no mailbox ${mailbox.toLowerCase()} among those you may use.`, {
    code: 'mailboxNotFound',
    fix: 'GET /v1/mailboxes lists the mailboxes you may use; an operator registers further ones.',
  });
}

/** Throws `forbidden` with code `missingCapability`. */
export function requireCapability(caller: Caller, capability: Capability): void {
  if (can(caller, capability)) return;
  throw new AttacheError('forbidden', `This needs the capability ${capability}, which you do not have.`, {
    code: 'missingCapability',
    fix: `Ask the operator to add ${capability} to your entry in the agents map.`,
  });
}

const address = z.email().toLowerCase();
const domain = z
  .string()
  .toLowerCase()
  .regex(/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, 'expected a domain such as example.com');

const grant = z.strictObject({
  /** Google accounts and service accounts whose ID tokens authenticate this agent. */
  emails: z.array(address).default([]),
  /** SHA-256 of each API key, in hex. The keys themselves are kept nowhere. */
  apiKeySha256: z
    .array(
      z
        .string()
        .toLowerCase()
        .regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 digest of 64 hex digits'),
    )
    .default([]),
  mailboxes: z.array(address).default([]),
  domains: z.array(domain).default([]),
  capabilities: z.array(z.enum(CAPABILITIES)),
  ratePerMinute: z.int().positive().optional(),
});

export type Grant = z.infer<typeof grant>;

/** The `AGENTS` map: agent id → grant. A credential belongs to one agent only. */
export const agentGrants = z
  .record(
    z.string().regex(/^[A-Za-z][\w.-]{0,62}$/, 'expected an agent id of letters, digits, ".", "_" and "-"'),
    grant,
  )
  .superRefine((agents, context) => {
    const owners = new Map<string, string>();
    for (const [agentId, { emails, apiKeySha256 }] of Object.entries(agents)) {
      for (const credential of [...emails, ...apiKeySha256]) {
        const owner = owners.get(credential);
        if (owner === undefined) owners.set(credential, agentId);
        else context.addIssue({ code: 'custom', path: [agentId], message: `shares a credential with ${owner}` });
      }
    }
  });

export type AgentGrants = z.infer<typeof agentGrants>;

export function callerOf(agentId: string, { capabilities, mailboxes, domains, ratePerMinute }: Grant): Caller {
  return { id: agentId, capabilities, mailboxes, domains, ratePerMinute };
}
