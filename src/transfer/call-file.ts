export type Format = 'csv' | 'ndjson';

/** The format that a file's name ends in, gzipped or not; undefined when it ends in neither. */
export function formatOfName(file: string): Format | undefined {
  const name = file.toLowerCase().replace(/\.gz$/, '');
  if (name.endsWith('.csv')) return 'csv';
  return name.endsWith('.ndjson') || name.endsWith('.jsonl') ? 'ndjson' : undefined;
}
