import { coverWindow, type Piece } from '../rollup/cover-window.ts';
import { agentLevel, detailLevel, modelLevel, tenantLevel, type Level } from '../rollup/levels.ts';
import type { Grain } from '../rollup/summary.entity.ts';
import { filterFields, type Aggregation, type FilterField, type Grouping } from './question.ts';

/** Which summaries answer a question, by the length of time; what has none is answered from calls. */
export type Summaries = Partial<Record<Grain, Level>>;

/** The first whose fields are all that a question asks by. */
const summariesByFields: readonly { fields: readonly FilterField[]; summaries: Summaries }[] = [
  { fields: [], summaries: { HOUR: tenantLevel, DAY: tenantLevel, MONTH: tenantLevel } },
  { fields: ['agentId'], summaries: { DAY: detailLevel, MONTH: agentLevel } },
  { fields: ['provider', 'model'], summaries: { DAY: detailLevel, MONTH: modelLevel } },
  { fields: ['agentId', 'provider', 'model', 'channelId'], summaries: { DAY: detailLevel, MONTH: detailLevel } },
];
/** By a user or a status, and whatever else there is. */
const noSummaries: Summaries = {};

const groupedBy: Record<Grouping['by'], readonly FilterField[]> = {
  total: [],
  bucket: [],
  agent: ['agentId'],
  provider: ['provider'],
  model: ['provider', 'model'],
  channel: ['channelId'],
  user: ['userId'],
};

type Asked = Pick<Aggregation, 'question' | 'grouping'>;

/** The one place that decides which summaries serve which question. It looks at the question alone. */
export function summariesFor({ question, grouping }: Asked): Summaries {
  const filtered = filterFields.filter((field) => question.filters[field]);
  const asked = [...filtered, ...groupedBy[grouping.by]];
  const serving = summariesByFields.find(({ fields }) => asked.every((field) => fields.includes(field)));
  return serving?.summaries ?? noSummaries;
}

const grains: readonly Grain[] = ['HOUR', 'DAY', 'MONTH'];

/** The pieces that the window is read in: those that there are summaries of, within one bucket each, and calls. */
export function piecesFor(asked: Asked): Piece[] {
  const { from, to } = asked.question;
  const borders = asked.grouping.by === 'bucket' ? asked.grouping.borders : [];
  const summaries = summariesFor(asked);
  return coverWindow(
    [from, ...borders.filter((border) => border > from && border < to), to],
    grains.filter((grain) => summaries[grain]),
  );
}
