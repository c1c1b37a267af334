/** One line of the table that `npm run bench` ends with. */
export interface Row {
  readonly subject: string;
  readonly what: string;
  /** With its unit. */
  readonly measured: string;
  /** Against the peer of the same run; empty where there is none. */
  readonly ratio: string;
  readonly target: string;
  /** `info`: no target, printed for comparison. */
  readonly verdict: 'ok' | 'short' | 'skipped' | 'info';
}

export function verdictOf(value: number, bound: { readonly atMost: number } | { readonly atLeast: number }) {
  return ('atMost' in bound ? value <= bound.atMost : value >= bound.atLeast) ? 'ok' : 'short';
}

/** Columns as wide as their widest cell. */
export function tableOf(rows: readonly Row[]): string {
  const header = { subject: '', what: '', measured: 'measured', ratio: 'ratio', target: 'target', verdict: '' };
  const lines = [header, ...rows];
  const columns = ['subject', 'what', 'measured', 'ratio', 'target', 'verdict'] as const;
  const widths = columns.map((column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) =>
      columns
        .map((column, i) => {
          const cell = line[column];
          return column === 'measured' || column === 'ratio'
            ? cell.padStart(widths[i] ?? 0)
            : cell.padEnd(widths[i] ?? 0);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** By nearest rank. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)] ?? NaN;
}
