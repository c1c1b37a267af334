/**
 * `format=flowed` text (RFC 3676) with its paragraphs on one line each again, as the sender saw them; with `delsp=yes` the
 * space at the end of a broken line goes too, or addresses of web pages would be torn.
 */
export function unflow(text: string, deleteSpace: boolean): string {
  const lines: string[] = [];
  let flowingDepth = -1;
  let line = '';
  for (const raw of text.split(/\r?\n/)) {
    const depth = (/^>*/.exec(raw) ?? [''])[0].length;
    const content = raw.slice(depth).replace(/^ /, '');
    const isSignatureMark = content === '-- ';
    if (flowingDepth === depth && !isSignatureMark) {
      line += content;
    } else {
      if (flowingDepth >= 0) lines.push(line);
      line = depth > 0 ? `${'>'.repeat(depth)} ${content}` : content;
    }
    const flows = content.endsWith(' ') && !isSignatureMark;
    if (flows && deleteSpace) line = line.slice(0, -1);
    flowingDepth = flows ? depth : -1;
    if (!flows) lines.push(line);
  }
  if (flowingDepth >= 0) lines.push(line);
  return lines.join('\n');
}
