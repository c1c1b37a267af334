import { createHash, createPublicKey, generateKeyPair, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import * as z from 'zod';

/** One RS256 key, which stands for all of Google's: those of service accounts and the one of ID tokens. */
export class SigningKey {
  readonly keyId: string;
  readonly #publicKey: KeyObject;

  /** Made once a process, because it takes longer than everything else at the start. */
  static shared(): Promise<SigningKey> {
    return (SigningKey.#shared ??= promisify(generateKeyPair)('rsa', { modulusLength: 2048 }).then(
      ({ privateKey }) => new SigningKey(privateKey),
    ));
  }
  static #shared: Promise<SigningKey> | undefined;

  private constructor(private readonly privateKey: KeyObject) {
    this.#publicKey = createPublicKey(privateKey);
    this.keyId = createHash('sha1').update(this.publicKeyPem).digest('hex');
  }

  get publicKeyPem(): string {
    return this.#publicKey.export({ type: 'spki', format: 'pem' }).toString();
  }

  get privateKeyPem(): string {
    return this.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  }

  jwk() {
    return { ...this.#publicKey.export({ format: 'jwk' }), kid: this.keyId, alg: 'RS256', use: 'sig' };
  }

  sign(claims: object): string {
    const content = `${encode({ alg: 'RS256', typ: 'JWT', kid: this.keyId })}.${encode(claims)}`;
    return `${content}.${sign('sha256', Buffer.from(content), this.privateKey).toString('base64url')}`;
  }

  /** Whether this key signed it with RS256. */
  verify(jwt: string): boolean {
    const [header = '', claims = '', signature = ''] = jwt.split('.');
    const isRs256 = headerSchema.safeParse(decode(header)).success;
    const content = Buffer.from(`${header}.${claims}`);
    return isRs256 && verify('sha256', content, this.#publicKey, Buffer.from(signature, 'base64url'));
  }
}

/** The claims, unverified; `undefined` where there are none to read. */
export function claimsOf(jwt: string): unknown {
  return decode(jwt.split('.')[1] ?? '');
}

const headerSchema = z.object({ alg: z.literal('RS256') });

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch {
    return undefined;
  }
}
