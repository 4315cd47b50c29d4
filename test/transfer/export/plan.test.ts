import { describe, expect, it } from 'vitest';
import { OperatorError } from '../../../src/values/errors.ts';
import { planExport, type ExportOptions } from '../../../src/transfer/export/plan.ts';

const now = new Date('2026-11-22T12:00:00Z');
const plan = (options: Partial<ExportOptions>) => planExport({ tenant: 'acme', ...options }, now);

describe('the plan of an export', () => {
  it('is everything until now as CSV when nothing is said', () => {
    expect(plan({})).toEqual({
      tenant: 'acme',
      // The end of the current millisecond, as in every report.
      window: { from: undefined, to: new Date('2026-11-22T12:00:00.001Z') },
      filters: {},
      format: 'csv',
      output: undefined,
      gzip: false,
    });
  });

  it.each([
    ['a.csv', 'csv', false],
    ['a.CSV.GZ', 'csv', true],
    ['a.ndjson', 'ndjson', false],
    ['a.jsonl.gz', 'ndjson', true],
  ])('takes format and compression from the name %s', (output, format, gzip) => {
    expect(plan({ output })).toMatchObject({ format, gzip });
  });

  it('believes --format more than the name', () => {
    expect(plan({ output: 'a.csv', format: 'ndjson' })).toMatchObject({ format: 'ndjson' });
    expect(plan({ output: 'a.gz', format: 'csv' })).toMatchObject({ format: 'csv', gzip: true });
  });

  it('ORs the values of one filter, which may hold anything', () => {
    const filter = ['userId=a=b,c', 'userId= d', 'status=FAILED', 'model=gpt-5', 'tag:team=search'];
    expect(plan({ filter }).filters).toEqual({
      userId: ['a=b,c', ' d'],
      status: ['FAILED'],
      model: ['gpt-5'],
      'tag:team': ['search'],
    });
  });

  it('tells every problem with the name of its option', () => {
    const options = {
      tenant: '',
      from: '2026-04-01T00:00:00',
      to: 'tomorrow',
      filter: ['agent=a', 'model', 'userId=', 'status=failed', 'constructor=x'],
      output: 'calls.txt',
    };
    const fields =
      'agentId, provider, model, channelId, userId, botId, threadId, knowledgeBaseId, operation, status, serviceTier, recordedBy, costSource and tag:NAME';
    expect(() => plan(options)).toThrow(
      new OperatorError(
        [
          "--tenant: 'tenant' must not be empty",
          "--from: 'from' must be timezone-aware",
          "--to: 'to' must be an RFC 3339 date-time with an offset, like 2026-04-01T00:00:00Z",
          `--filter: there is no filter 'agent'; the filters are ${fields}`,
          "--filter: 'model' is not of the form field=value",
          "--filter: 'userId=' is not of the form field=value",
          "--filter: 'status' must be one of SUCCESS, FAILED",
          `--filter: there is no filter 'constructor'; the filters are ${fields}`,
          '--output: cannot tell the format from the name calls.txt: add --format csv or --format ndjson',
        ].join('\n'),
      ),
    );
  });

  it('refuses a window that ends before it begins', () => {
    const at = '2026-04-01T00:00:00Z';
    expect(() => plan({ from: at, to: at })).toThrow("--to: 'to' must be strictly greater than 'from'");
  });

  it('says that an open window would begin in the future', () => {
    expect(() => plan({ from: '2027-01-01T00:00:00Z' })).toThrow(
      `--from: 'from' is in the future: it is 2027-01-01T00:00:00.000Z, and it is now ${now.toISOString()}`,
    );
  });
});
