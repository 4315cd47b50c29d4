export type Format = 'csv' | 'ndjson';

/** The format that a file's name tells, gzipped or not; undefined when it tells none. */
export function formatOfName(file: string): Format | undefined {
  const name = file.toLowerCase().replace(/\.gz$/, '');
  if (name.endsWith('.csv')) return 'csv';
  return name.endsWith('.ndjson') || name.endsWith('.jsonl') ? 'ndjson' : undefined;
}
