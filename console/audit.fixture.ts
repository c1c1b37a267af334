/**
 * Run inside a page by test/console: what makes it hard to use for somebody. One line each for controls without a name,
 * ids that are there twice, references to ids that are not there, text that stands out too little from what is behind it
 * (WCAG 2.2 AA), and a page wider than its window.
 */
export function auditPage(): string[] {
  const elements = [...document.querySelectorAll<HTMLElement>('body *')].filter((one) => one.checkVisibility());
  return [
    ...elements.filter((one) => one.matches(controls) && nameOf(one) === '').map((one) => `no name: ${one.outerHTML}`),
    ...elements.flatMap(brokenReferences),
    ...elements.filter(hasOwnText).flatMap(lowContrast),
    ...duplicates(elements.map(({ id }) => id).filter(Boolean)).map((id) => `twice: #${id}`),
    ...(document.querySelectorAll('h1').length === 1 ? [] : ['not exactly one h1']),
    ...(document.documentElement.scrollWidth > window.innerWidth ? ['wider than the window'] : []),
  ];
}

const controls = 'a[href], button, input, select, textarea, summary, dialog, nav, article, [role=group]';
const references = ['aria-labelledby', 'aria-describedby', 'for', 'list'];

/** Roughly as browsers compute it. */
function nameOf(element: HTMLElement): string {
  const labelledBy = element.getAttribute('aria-labelledby');
  if (labelledBy !== null) return document.getElementById(labelledBy)?.textContent.trim() ?? '';
  const labels = 'labels' in element ? [...(element as HTMLInputElement).labels!] : [];
  return (element.ariaLabel ?? (labels.map(({ textContent }) => textContent).join(' ') || element.textContent)).trim();
}

function brokenReferences(element: HTMLElement): string[] {
  return references
    .map((name) => element.getAttribute(name))
    .filter((id) => id !== null && document.getElementById(id) === null)
    .map((id) => `nothing has the id ${id}`);
}

function duplicates(ids: readonly string[]): string[] {
  return ids.filter((id, index) => ids.indexOf(id) !== index);
}

function hasOwnText({ childNodes }: HTMLElement): boolean {
  return [...childNodes].some((node) => node instanceof Text && node.data.trim() !== '');
}

function lowContrast(element: HTMLElement): string[] {
  const { color, fontSize, fontWeight } = getComputedStyle(element);
  const isLarge = parseFloat(fontSize) >= (Number(fontWeight) >= 700 ? 18.66 : 24);
  const [text, behind] = [luminance(rgbaOf(color)), luminance(backgroundOf(element))];
  const ratio = (Math.max(text, behind) + 0.05) / (Math.min(text, behind) + 0.05);
  return ratio >= (isLarge ? 3 : 4.5) ? [] : [`contrast ${ratio.toFixed(2)}: ${element.outerHTML.slice(0, 100)}`];
}

/** Of the nearest one that has any; nothing here is half transparent. */
function backgroundOf(element: HTMLElement | null): number[] {
  if (element === null) return [255, 255, 255];
  const color = rgbaOf(getComputedStyle(element).backgroundColor);
  return color[3] === 0 ? backgroundOf(element.parentElement) : color;
}

function rgbaOf(color: string): number[] {
  return (color.match(/[\d.]+/g) ?? []).map(Number);
}

function luminance(rgba: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = rgba.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
