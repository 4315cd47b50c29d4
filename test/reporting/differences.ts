const isPercentile = /^p\d+$/;
const percentileError = 0.01;

/**
 * Where an answer is not as it should be, as "path: actual, not expected". Percentiles may be off by what is promised of
 * them; everything else is exact.
 */
export function differences(actual: unknown, expected: unknown, path = ''): string[] {
  if (isObject(actual) && isObject(expected) && Array.isArray(actual) === Array.isArray(expected)) {
    const keys = new Set([...Object.keys(actual), ...Object.keys(expected)]);
    return [...keys].flatMap((key) => differences(actual[key], expected[key], `${path}/${key}`));
  }
  const isNear =
    isPercentile.test(path.slice(path.lastIndexOf('/') + 1)) &&
    typeof actual === 'number' &&
    typeof expected === 'number' &&
    Math.abs(actual - expected) <= percentileError * expected;
  return isNear || Object.is(actual, expected)
    ? []
    : [`${path}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`];
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
