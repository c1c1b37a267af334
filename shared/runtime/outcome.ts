/** How a delivery ended that need not come again. Everything that must come again is thrown (`isTransient`). */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'skipped'; /** Stable camelCase: why there was nothing to do. */ readonly skipReason: string };

export const done: Outcome = { kind: 'done' };

export function skipped(skipReason: string): Outcome {
  return { kind: 'skipped', skipReason };
}
