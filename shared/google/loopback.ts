/** With a slash at its end, so that relative paths go below it. */
export function rootOf(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}

/** A stand-in of the local stack: nothing there needs credentials, and none of ours may be sent there. */
export function isLoopback(url: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname);
}
