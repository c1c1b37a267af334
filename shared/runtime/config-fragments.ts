import * as z from 'zod';
import { agentGrants } from '../domain/grants';
import { composeConfig, domainList, emailList, httpUrl, json, keyRule, positiveInteger, stringList } from './config';

/** Keys that several functions share. Put together with `composeConfig`, which keeps the rules across keys. */
export const certificates = z.object({
  GOOGLE_CERTS_URL: httpUrl()
    .default('https://www.googleapis.com/oauth2/v1/certs')
    .describe('Certificates of the keys that Google signs ID tokens with'),
});

export const googleEndpoints = z.object({
  ...certificates.shape,
  GMAIL_API_URL: httpUrl().default('https://gmail.googleapis.com/').describe('Root of the Gmail API'),
  CALENDAR_API_URL: httpUrl().default('https://www.googleapis.com/').describe('Root of the Calendar API'),
  OAUTH_TOKEN_URL: httpUrl()
    .default('https://oauth2.googleapis.com/token')
    .describe('Where a signed assertion or a refresh token becomes an access token'),
  IAM_CREDENTIALS_API_URL: httpUrl()
    .default('https://iamcredentials.googleapis.com/')
    .describe('Root of the IAM Credentials API, which signs for the delegated account'),
});

export const project = z.object({
  GOOGLE_CLOUD_PROJECT: z.string().describe('Project that holds Firestore, the topics and the logs'),
  FIRESTORE_DATABASE: z.string().default('(default)').describe('Firestore database'),
  FIRESTORE_EMULATOR_HOST: z.string().optional().describe('`host:port` of a Firestore emulator; development only'),
  PUBSUB_EMULATOR_HOST: z.string().optional().describe('`host:port` of a Pub/Sub emulator; development only'),
});

export const serving = z.object({
  LOG_SEVERITY: z.enum(['debug', 'info', 'warning', 'error']).default('info').describe('Least severity that is logged'),
  BASE_URL: httpUrl().optional().describe('Public address of the bundle, as errors name it'),
});

const K_SERVICE = z
  .string()
  .optional()
  .describe('Set by Cloud Run itself; while it is set, whatever is for development only is refused');

export const cloudRun = z.object({ K_SERVICE });

const TOKEN_SOURCE = z
  .enum(['keyless', 'keyFile', 'static'])
  .default('keyless')
  .describe('Where access tokens come from; `keyFile` and `static` are for development only');

const tokens = z
  .object({
    K_SERVICE,
    TOKEN_SOURCE,
    SERVICE_ACCOUNT_KEY_FILE: z.string().optional().describe('Path of a key file; required for `keyFile`'),
    STATIC_ACCESS_TOKEN: z.string().optional().describe('One token for every mailbox; required for `static`'),
    ALLOWED_DOMAINS: domainList().describe('Domains whose users may be acted for, separated by commas'),
    DENIED_USERS: emailList()
      .default([])
      .describe('Addresses that are never acted for, administrators above all, separated by commas'),
  })
  .refine(
    ({ TOKEN_SOURCE, SERVICE_ACCOUNT_KEY_FILE }) => TOKEN_SOURCE !== 'keyFile' || SERVICE_ACCOUNT_KEY_FILE,
    keyRule('SERVICE_ACCOUNT_KEY_FILE', 'required while TOKEN_SOURCE is keyFile'),
  )
  .refine(
    ({ TOKEN_SOURCE, STATIC_ACCESS_TOKEN }) => TOKEN_SOURCE !== 'static' || STATIC_ACCESS_TOKEN,
    keyRule('STATIC_ACCESS_TOKEN', 'required while TOKEN_SOURCE is static'),
  )
  .refine(
    ({ TOKEN_SOURCE, K_SERVICE }) => !K_SERVICE || (TOKEN_SOURCE !== 'keyFile' && TOKEN_SOURCE !== 'static'),
    keyRule('TOKEN_SOURCE', 'must be keyless on Cloud Run'),
  );

const requiredForKeyless = 'required while TOKEN_SOURCE is keyless';

const gmailAccount = z
  .object({
    TOKEN_SOURCE,
    GMAIL_DELEGATED_SERVICE_ACCOUNT: z
      .email()
      .optional()
      .describe('Service account with domain-wide delegation for Gmail’s scopes; required for `keyless`'),
  })
  .refine(
    ({ TOKEN_SOURCE, GMAIL_DELEGATED_SERVICE_ACCOUNT }) =>
      TOKEN_SOURCE !== 'keyless' || GMAIL_DELEGATED_SERVICE_ACCOUNT,
    keyRule('GMAIL_DELEGATED_SERVICE_ACCOUNT', requiredForKeyless),
  );

const calendarAccount = z
  .object({
    TOKEN_SOURCE,
    CALENDAR_DELEGATED_SERVICE_ACCOUNT: z
      .email()
      .optional()
      .describe('Service account with domain-wide delegation for Calendar’s scopes; required for `keyless`'),
  })
  .refine(
    ({ TOKEN_SOURCE, CALENDAR_DELEGATED_SERVICE_ACCOUNT }) =>
      TOKEN_SOURCE !== 'keyless' || CALENDAR_DELEGATED_SERVICE_ACCOUNT,
    keyRule('CALENDAR_DELEGATED_SERVICE_ACCOUNT', requiredForKeyless),
  );

/** To act for users in Gmail. */
export const delegation = composeConfig(tokens, gmailAccount);

/** To act for users in Calendar: an account of its own, so that neither can do what the other is for. */
export const calendarDelegation = composeConfig(tokens, calendarAccount);

export const agents = z
  .object({
    AGENTS: json(agentGrants).describe(
      'JSON: agent id → its accounts, key digests, mailboxes, domains and capabilities',
    ),
    ID_TOKEN_AUDIENCES: stringList()
      .default([])
      .describe(
        'Audiences that ID tokens of agents may name, separated by commas; required once an agent has `emails`',
      ),
  })
  .refine(
    ({ AGENTS, ID_TOKEN_AUDIENCES }) =>
      ID_TOKEN_AUDIENCES?.length > 0 || !Object.values(AGENTS ?? {}).some(({ emails }) => emails.length > 0),
    keyRule('ID_TOKEN_AUDIENCES', 'required while an agent in AGENTS has emails'),
  );

const authentication = z.enum(['oidc', 'none']).default('oidc');

export const push = z
  .object({
    K_SERVICE,
    PUSH_SERVICE_ACCOUNT: z.email().optional().describe('Service account that Pub/Sub pushes as; required for `oidc`'),
    PUSH_AUDIENCE: z.string().optional().describe('Audience of the push subscription’s tokens; required for `oidc`'),
    PUSH_AUTHENTICATION: authentication.describe('`none` accepts every push: emulators only'),
  })
  .refine(
    ({ PUSH_AUTHENTICATION, PUSH_SERVICE_ACCOUNT }) => PUSH_AUTHENTICATION === 'none' || PUSH_SERVICE_ACCOUNT,
    keyRule('PUSH_SERVICE_ACCOUNT', 'required while PUSH_AUTHENTICATION is oidc'),
  )
  .refine(
    ({ PUSH_AUTHENTICATION, PUSH_AUDIENCE }) => PUSH_AUTHENTICATION === 'none' || PUSH_AUDIENCE,
    keyRule('PUSH_AUDIENCE', 'required while PUSH_AUTHENTICATION is oidc'),
  )
  .refine(
    ({ PUSH_AUTHENTICATION, K_SERVICE }) => PUSH_AUTHENTICATION !== 'none' || !K_SERVICE,
    keyRule('PUSH_AUTHENTICATION', 'must be oidc on Cloud Run'),
  );

export const scheduler = z
  .object({
    K_SERVICE,
    SCHEDULER_SERVICE_ACCOUNT: z
      .email()
      .optional()
      .describe('Service account that Cloud Scheduler calls as; required for `oidc`'),
    SCHEDULER_AUDIENCE: z.string().optional().describe('Audience of Cloud Scheduler’s tokens; required for `oidc`'),
    SCHEDULER_AUTHENTICATION: authentication.describe('`none` accepts every call: development only'),
  })
  .refine(
    ({ SCHEDULER_AUTHENTICATION, SCHEDULER_SERVICE_ACCOUNT }) =>
      SCHEDULER_AUTHENTICATION === 'none' || SCHEDULER_SERVICE_ACCOUNT,
    keyRule('SCHEDULER_SERVICE_ACCOUNT', 'required while SCHEDULER_AUTHENTICATION is oidc'),
  )
  .refine(
    ({ SCHEDULER_AUTHENTICATION, SCHEDULER_AUDIENCE }) => SCHEDULER_AUTHENTICATION === 'none' || SCHEDULER_AUDIENCE,
    keyRule('SCHEDULER_AUDIENCE', 'required while SCHEDULER_AUTHENTICATION is oidc'),
  )
  .refine(
    ({ SCHEDULER_AUTHENTICATION, K_SERVICE }) => SCHEDULER_AUTHENTICATION !== 'none' || !K_SERVICE,
    keyRule('SCHEDULER_AUTHENTICATION', 'must be oidc on Cloud Run'),
  );

export const jobBudget = z.object({
  JOB_BUDGET_SECONDS: positiveInteger()
    .default(240)
    .describe('After so long a job leaves the rest to its next run; keep it below the attempt deadline'),
});
