import { describe, expect, it } from 'vitest';
import { presets } from '../../../src/transfer/import/presets/preset.ts';
import { checkHeader, parseFieldMap } from '../../../src/transfer/import/field-map.ts';

describe('parseFieldMap', () => {
  it('takes unmapped columns by their own names', () => {
    const { sources } = parseFieldMap(['inputTokens=usage.input,outputTokens=GeneratedTokens'], []);
    expect(sources.get('inputTokens')).toEqual({ column: 'usage.input', path: ['usage', 'input'], isMapped: true });
    expect(sources.get('durationMs')).toEqual({ column: 'durationMs', path: ['durationMs'], isMapped: false });
  });

  it('does not take a column twice, nor one whose field is a constant', () => {
    const { sources, constants } = parseFieldMap(['userId=model'], ['provider=azure']);
    expect(sources.get('userId')?.column).toBe('model');
    expect(sources.has('model')).toBe(false);
    expect(sources.get('provider')).toEqual({ constant: 'azure' });
    expect(constants.get('provider')).toBe('azure');
  });

  it('takes repeated options, and pairs with commas and equals signs', () => {
    const { mapped } = parseFieldMap(['userId=a=b, agentId=c', '"model=Model, name"'], []);
    expect([...mapped]).toEqual([
      ['userId', 'a=b'],
      ['agentId', 'c'],
      ['model', 'Model, name'],
    ]);
  });

  it('names every pair that cannot be used', () => {
    const wrong = () =>
      parseFieldMap(
        ['inputToken=a,tenantId=b,model', 'userId=c,userId=d,botId=e'],
        ['constructor=x,provider=,botId=f,requestId=g'],
      );
    expect(wrong).toThrow(
      [
        "--map: there is no field 'inputToken'",
        "--map: there is no field 'tenantId'",
        "--map: 'model' is not of the form field=value",
        "--map: 'userId' is given twice",
        "--set: there is no field 'constructor'",
        "--set: 'provider=' is not of the form field=value",
        "'botId' is given by both --map and --set",
        "--set: 'requestId' identifies a call, so it cannot be a constant",
      ].join('\n'),
    );
  });
});

describe('checkHeader', () => {
  it('names every mapped column that is missing, every one that is there twice, and what nothing gives', () => {
    const fields = parseFieldMap(['occurredAt=time,inputTokens=in,userId=user'], ['model=gpt-4']);
    expect(() => checkHeader(fields, ['in', 'user', 'user', 'model', 'model'])).toThrow(
      [
        "--map occurredAt=time: the file has no column 'time'",
        "The file has two columns named 'user'",
        "The file has no column 'outputTokens': name one with --map outputTokens=COLUMN, or give the value with --set",
        'Columns of the file: in, user, user, model, model',
      ].join('\n'),
    );
  });

  it('takes a path that leads into the JSON of a column', () => {
    const fields = parseFieldMap(['inputTokens=usage.in,outputTokens=usage.out'], []);
    expect(() => checkHeader(fields, ['usage'])).not.toThrow();
    expect(() => checkHeader(fields, ['use'])).toThrow("--map inputTokens=usage.in: the file has no column 'usage.in'");
  });

  it('names the columns of a preset that the file does not have', () => {
    expect(() => checkHeader(parseFieldMap([], []), ['request_id', 'startTime'], presets.litellm)).toThrow(
      "--preset: the file has no column 'prompt_tokens'\n--preset: the file has no column 'completion_tokens'",
    );
  });

  it('takes required fields from columns and constants', () => {
    expect(() => checkHeader(parseFieldMap([], ['outputTokens=0']), ['inputTokens', 'note', 'note'])).not.toThrow();
  });
});
