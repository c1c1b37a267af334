import { v1 } from '@google-cloud/firestore';
import { grpc } from 'google-gax';

export type FirestoreClient = InstanceType<typeof v1.FirestoreClient>;

/**
 * The gRPC client costs a function most of its first request, so this file is imported dynamically, when the first document
 * is read or written, and the build makes it a chunk of its own. It is the generated client, not the convenient one on
 * top: only there can a write be conditional on the version and still replace the document, and only there does the caller
 * decide what is repeated and when it is too late.
 */
export async function connect(emulatorHost: string | undefined): Promise<FirestoreClient> {
  const client = new v1.FirestoreClient({
    ...(emulatorHost !== undefined && emulator(emulatorHost)),
    // Said here, it is not asked of a metadata server, which a development machine does not have.
    universeDomain: 'googleapis.com',
    // By default a channel that lost its connection answers "unavailable" for up to two minutes without trying again.
    'grpc.max_reconnect_backoff_ms': 5_000,
  });
  // Awaited here because the client leaves a failure of its own call, such as missing credentials, unhandled.
  await client.initialize();
  return client;
}

function emulator(host: string): ConstructorParameters<typeof v1.FirestoreClient>[0] {
  const { hostname, port } = new URL(`http://${host}`);
  return { servicePath: hostname, port: Number(port), sslCreds: grpc.credentials.createInsecure() };
}
