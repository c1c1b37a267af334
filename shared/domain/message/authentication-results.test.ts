import { readAuthentication } from './authentication-results';

const received = {
  name: 'received',
  value: 'from mail.example.com (mail.example.com. [192.0.2.1]) by mx.google.com with ESMTPS id x1',
};
const results = (value: string) => ({ name: 'authentication-results', value });
const genuine = results(
  'mx.google.com;\r\n dkim=pass header.i=@example.com header.s=s1 header.b=abc;\r\n spf=pass (google.com: domain of a@example.com' +
    ' designates 192.0.2.1 as permitted sender) smtp.mailfrom=a@example.com;\r\n dmarc=fail (p=NONE sp=NONE dis=NONE) header.from=example.com',
);
const forged = results('mx.google.com; dkim=pass; spf=pass; dmarc=pass');
const nothing = { spf: null, dkim: null, dmarc: null };

it('gives the verdicts of Google’s own server', () => {
  expect(readAuthentication([received, genuine])).toEqual({ spf: 'pass', dkim: 'pass', dmarc: 'fail' });
});

it('does without a trace, as in mail within Google', () => {
  expect(readAuthentication([genuine])).toEqual({ spf: 'pass', dkim: 'pass', dmarc: 'fail' });
});

it('ignores a forged one further down', () => {
  expect(readAuthentication([received, genuine, forged])).toMatchObject({ dmarc: 'fail' });
});

it('ignores one that was there before the message reached Google', () => {
  const relay = { name: 'received', value: 'from x by relay.evil.test' };
  expect(readAuthentication([received, relay, forged])).toEqual(nothing);
});

it.each([
  'mail.evil.test; spf=pass',
  'mx.google.com.evil.test; spf=pass',
  'evil.test (mx.google.com); spf=pass',
  'notmx.google.com; spf=pass',
  '"mx.google.com"; spf=pass',
  'mx.google.com spf=pass',
])('does not believe %s', (value) => {
  expect(readAuthentication([received, results(value)])).toEqual(nothing);
});

it('passes over another server’s above it', () => {
  expect(readAuthentication([results('mx.other.test; spf=fail'), received, genuine])).toMatchObject({ spf: 'pass' });
});

it.each([
  ['in a comment', 'mx.google.com; spf=fail (google.com: domain of x; dmarc=pass; a@e.test) smtp.mailfrom=a@e.test'],
  ['in a quoted local part', 'mx.google.com; spf=fail smtp.mailfrom="x; dmarc=pass "@e.test'],
  [
    'in a quoted local part within a comment',
    'mx.google.com; spf=fail (domain of "a); dmarc=pass; (b"@e.test) smtp.mailfrom=x',
  ],
])('does not take a verdict from an address that the sender chose, %s', (_, value) => {
  expect(readAuthentication([results(value)])).toEqual({ spf: 'fail', dkim: null, dmarc: null });
});

it('gives no verdict where two contradict each other', () => {
  expect(
    readAuthentication([results('mx.google.com; dmarc=fail header.from=a; dmarc=pass header.from=b')]),
  ).toMatchObject({ dmarc: null });
});

it('is content with one good signature among several', () => {
  expect(
    readAuthentication([results('mx.google.com; dkim=neutral (no key) header.i=@a; dkim=pass header.i=@b')]),
  ).toMatchObject({ dkim: 'pass' });
  expect(
    readAuthentication([results('mx.google.com; dkim=temperror header.i=@a; dkim=fail header.i=@b')]),
  ).toMatchObject({ dkim: 'temperror' });
});

it('knows only the verdicts there are', () => {
  expect(readAuthentication([results('mx.google.com; spf=SoftFail; dkim=splendid; dmarc=passed')])).toEqual({
    ...nothing,
    spf: 'softfail',
  });
  expect(readAuthentication([results('mx.google.com; none')])).toEqual(nothing);
  expect(readAuthentication([])).toEqual(nothing);
});

it('is not kept busy by megabytes', () => {
  expect(readAuthentication([results(`mx.google.com;${'('.repeat(5_000_000)}`)])).toEqual(nothing);
  expect(readAuthentication([results(' '.repeat(5_000_000))])).toEqual(nothing);
});
