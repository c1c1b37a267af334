export interface ConsentOutcome {
  readonly failed: boolean;
  readonly text: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** A consent's way back: what is to be said, from the query that the API has added. */
export function consentOutcome(query: URLSearchParams): ConsentOutcome | undefined {
  const error = query.get('error');
  if (error !== null) {
    const [text, fix] = failures[error] ?? [
      // Anybody can write a link with a text of their own in it.
      `The account could not be connected${/^\w{1,40}$/.test(error) ? ` (${error})` : ''}.`,
      'Connect again. If that fails, too, tell the operator what it says here.',
    ];
    return { failed: true, text, fix };
  }
  const missing = query.get('missing');
  if (missing !== null) {
    const features = missing.split(',').join(' and ');
    return {
      failed: true,
      text: `Connected, but without ${features}: not every box on the consent page was ticked.`,
      fix: 'Connect again, and leave all of them ticked, to add it.',
    };
  }
  if (query.has('connection')) return { failed: false, text: 'The account is connected.' };
  if (query.has('zoomAccount')) return { failed: false, text: 'The Zoom account is connected.' };
  return undefined;
}

const later: readonly [string, string] = [
  'A service that this depends on did not answer in time, so nothing was connected.',
  'Connect again in a minute.',
];

/** By the error's code: what happened, and what to do. */
const failures: Readonly<Record<string, readonly [text: string, fix: string]>> = {
  invalidState: [
    'This consent was not started in this browser, was used already, or took more than ten minutes.',
    'Connect again, one account at a time, and finish in this browser.',
  ],
  consentDenied: [
    'The consent was not given, so nothing was connected.',
    'If that was a mistake, connect again and allow it.',
  ],
  scopesNotGranted: [
    'What was asked for was not granted, so nothing was connected.',
    'Connect again, and leave the boxes on the consent page ticked.',
  ],
  delegationInUse: [
    'This user’s calendar is connected by delegation, which a consent for mail alone would end: nothing was changed.',
    'Connect again, and grant the calendar, too.',
  ],
  userDenied: [
    'This deployment never acts for that account, so nothing was connected.',
    'Choose another account, or ask the operator to take this one off DENIED_USERS.',
  ],
  oauthAppRefused: [
    'The OAuth app was not accepted, so nothing was connected.',
    'Compare its client id, its secret and the redirect address with those under Setup.',
  ],
  invalidGrant: [
    'The answer of the consent page came too late, or was used twice.',
    'Connect again, and do not go back in between.',
  ],
  adminPolicyEnforced: [
    'An administrator of this account does not admit the OAuth app.',
    'Ask the administrator to trust it in the Google Admin console, and connect again.',
  ],
  addressNotVerified: [
    'Google does not vouch for the address of this account.',
    'Verify the address at myaccount.google.com, and connect again.',
  ],
  zoomForbidden: [
    'The Zoom app may not read who consented.',
    'Give it the scopes that Setup lists, and connect again.',
  ],
  keyUnavailable: [
    'The key that tokens are kept under cannot be used, so nothing was connected.',
    'Ask the operator to check TOKEN_KMS_KEY and the permissions on it.',
  ],
  unreadableSecret: [
    'The secret of the OAuth app can no longer be read, so nothing was connected.',
    'Register the app again under Setup.',
  ],
  unavailable: later,
  rateLimited: later,
};
