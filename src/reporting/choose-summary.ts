import { coverWindow, type Piece } from '../rollup/cover-window.ts';
import { detailLevel, tenantLevel, type Level } from '../rollup/levels.ts';
import { filterFields, type Aggregation, type FilterField, type Grouping, type Question } from './question.ts';

/** What the detailed summaries tell apart. Who asks by anything else, like a user or a status, is answered from calls. */
const inDetail: ReadonlySet<FilterField> = new Set(['agentId', 'provider', 'model', 'channelId']);

const groupedBy: Record<Grouping['by'], readonly FilterField[]> = {
  total: [],
  bucket: [],
  agent: ['agentId'],
  provider: ['provider'],
  model: ['provider', 'model'],
  channel: ['channelId'],
  user: ['userId'],
};

/** Which summaries know enough for filters, and for what calls are grouped by; none where only the calls do. */
export function levelFor({ question, grouping }: Pick<Aggregation, 'question' | 'grouping'>): Level | undefined {
  const asked = [...filtersOf(question), ...groupedBy[grouping.by]];
  if (asked.length === 0) return tenantLevel;
  return asked.every((field) => inDetail.has(field)) ? detailLevel : undefined;
}

/** The pieces that the window is read in: those that there are summaries of, within one bucket each, and calls. */
export function piecesFor(aggregation: Pick<Aggregation, 'question' | 'grouping'>): Piece[] {
  const { question, grouping } = aggregation;
  const { from, to } = question;
  const inside = grouping.by === 'bucket' ? grouping.borders.filter((border) => border > from && border < to) : [];
  return coverWindow([from, ...inside, to], levelFor(aggregation)?.grains ?? []);
}

export const filtersOf = ({ filters }: Pick<Question, 'filters'>): FilterField[] =>
  filterFields.filter((field) => filters[field]);
