import { keptLevels } from '../../src/rollup/kept-levels.ts';
import { grains, grainsOf, levelsWith, type Grain } from '../../src/rollup/levels.ts';

/** Of a tenant away from UTC whose calls have users and a tag. */
const kept = keptLevels([], { hasUsers: true, tags: ['name'], personalTags: [], isAwayFromUtc: true });

const heads: Record<Grain, string> = {
  HOUR: 'hours',
  DAY: 'days',
  MONTH: 'months',
  YEAR: 'years',
  LOCAL_DAY: "days of the tenant's zone",
  LOCAL_MONTH: "months of the tenant's zone",
};

const words: Record<string, string> = {
  agentId: 'agent',
  channelId: 'channel',
  userId: 'user',
  'tag:name': 'one tag',
};

/** The summaries that stay, a row for each level. */
export const keptMarkdown = (): string =>
  [
    ['told apart by', ...grains.map((grain) => heads[grain])],
    ['---', ...grains.map(() => '---')],
    ...levelsWith(kept).map((level) => {
      const has = grainsOf(level, kept);
      const names = level.dimensions.map((name) => words[name] ?? name);
      return [names.join(', ') || 'time alone', ...grains.map((grain) => (has.includes(grain) ? 'yes' : ''))];
    }),
  ]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
