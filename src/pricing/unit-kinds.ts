/**
 * What a unit's name says. Names are those of the price catalogue: `input_audio_tokens`, `cache_audio_read_tokens`,
 * `web_searches`, `audio_seconds`. Units of a family are nested: every dimension narrows the unit without it.
 */
export interface UnitKind {
  family: string;
  direction?: 'input' | 'output';
  modality?: 'text' | 'audio' | 'image' | 'video';
  /** What the tokens were for: cache reads and writes are input, reasoning and citations are output. */
  type?: 'cache_read' | 'cache_write' | 'tool' | 'reasoning' | 'citation';
  /** How long a cache keeps what was written. */
  ttl?: '5m' | '1h';
  /** Pages that were annotated. */
  annotated?: true;
}

/** Units that are fields of a call, and so never among its `units`. */
export const fieldUnits = {
  input_tokens: 'inputTokens',
  output_tokens: 'outputTokens',
  cache_read_tokens: 'cachedInputTokens',
  cache_write_tokens: 'cacheWriteTokens',
  cache_write_1h_tokens: 'cacheWrite1hTokens',
  output_reasoning_tokens: 'reasoningTokens',
} as const;

export const isFieldUnit = (unit: string): unit is keyof typeof fieldUnits => Object.hasOwn(fieldUnits, unit);

const tokens = /^(input|output)(?:_(text|audio|image|video))?(?:_(tool|reasoning|citation))?_tokens$/;
const cacheTokens = /^cache(?:_(text|audio|image|video))?_(read|write)(?:_(5m|1h))?_tokens$/;
const seconds = /^(?:(input|output)_)?(\w+?)_seconds$/;
const pages = /^(?:(input|output)_)?(annotated_)?document_pages$/;

const kinds = new Map<string, UnitKind>();

/** The kind of a unit; a name that says nothing is a family of its own. */
export function unitKind(unit: string): UnitKind {
  const known = kinds.get(unit);
  if (known) return known;
  const kind = readKind(unit);
  // Names come from callers: only those of the catalogue's form are remembered.
  if (kind.family !== unit) kinds.set(unit, kind);
  return kind;
}

function readKind(unit: string): UnitKind {
  const [, direction, modality, type] = tokens.exec(unit) ?? [];
  if (direction) return only({ family: 'tokens', direction, modality, type });
  const [, cachedModality, act, ttl] = cacheTokens.exec(unit) ?? [];
  if (act) return only({ family: 'tokens', direction: 'input', modality: cachedModality, type: `cache_${act}`, ttl });
  const [, way, what] = seconds.exec(unit) ?? [];
  if (what === 'audio' || what === 'video') return only({ family: `${what}_seconds`, direction: way });
  const [page, , annotated] = pages.exec(unit) ?? [];
  if (page) return only({ family: 'pages', annotated: annotated ? true : undefined });
  return { family: unit };
}

/** Only names that a pattern above has matched get here. */
const only = (kind: Record<string, string | true | undefined>): UnitKind =>
  Object.fromEntries(Object.entries(kind).filter(([, value]) => value !== undefined)) as unknown as UnitKind;

const dimensions = ['direction', 'modality', 'type', 'ttl', 'annotated'] as const;

/** Whether what `inner` counts is all counted by `outer` too. */
export function contains(outer: UnitKind, inner: UnitKind): boolean {
  return (
    outer.family === inner.family &&
    dimensions.every((dimension) => outer[dimension] === undefined || outer[dimension] === inner[dimension])
  );
}

/** How many dimensions narrow a unit. */
export const specificity = (kind: UnitKind): number =>
  dimensions.filter((dimension) => kind[dimension] !== undefined).length;

/** The unit that counts what is both of a modality and of a type: `cache_audio_read_tokens`. */
export function joinOf({ direction, modality }: UnitKind, { type }: UnitKind): string {
  const cache = /^cache_(read|write)$/.exec(type ?? '')?.[1];
  return cache ? `cache_${modality}_${cache}_tokens` : `${direction}_${modality}_${type}_tokens`;
}
