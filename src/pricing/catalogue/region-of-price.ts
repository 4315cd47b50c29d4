import type { CatalogueName } from '../model-names.ts';
import type { Unpriced } from '../price.ts';
import type { Entry } from './catalogue-data.ts';

/** Models that Vertex asks 10 % more for outside its global endpoint. */
const dearerInRegions = /^claude-(opus-4-[5-9]|sonnet-4-[5-9]|haiku-4-5|(opus|sonnet|fable)-5)|^gemini-3/;

/** What keeps an entry from being the price of the region that a name says, if anything. */
export function regionProblem({ provider, region, isVertex }: CatalogueName, entry: Entry): Unpriced | undefined {
  if (region === undefined) return undefined;
  if (provider === 'azure') return unpriced(region);
  if (provider === 'google' && isVertex && region !== 'global' && dearerInRegions.test(entry.id))
    return unpriced(region);
  return provider === 'aws' && !isForAwsRegion(entry, region) ? unpriced(region) : undefined;
}

/** Bedrock's entries are for regions by name, for the global profile, or else for the United States. */
function isForAwsRegion({ id, isCorrected }: Entry, region: string): boolean {
  // GovCloud has prices of its own.
  if (region.startsWith('us-gov')) return false;
  if (region === 'global' || id.startsWith('global.')) return id.startsWith('global.') && region === 'global';
  if (id.startsWith('regional.') || id.startsWith('us.anthropic.')) return true;
  if (isCorrected && id.startsWith(`${region}.`)) return true;
  return region === 'us' || region.startsWith('us-');
}

const unpriced = (region: string): Unpriced => ({ unpricedReason: `There is no price for the region ${region}.` });
