/** Formats that calls are written in. */
export const exportFormats = ['csv', 'ndjson'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** Formats that calls are read from; `json` is a list of calls, or pages that each hold one. */
export const formats = [...exportFormats, 'json'] as const;
export type Format = (typeof formats)[number];

/** The format that a file's name ends in, gzipped or not; undefined when it ends in none. */
export function formatOfName(file: string): Format | undefined {
  const name = file.toLowerCase().replace(/\.gz$/, '');
  if (name.endsWith('.csv')) return 'csv';
  if (name.endsWith('.json')) return 'json';
  return name.endsWith('.ndjson') || name.endsWith('.jsonl') ? 'ndjson' : undefined;
}
