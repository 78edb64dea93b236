import { describe, expect, it } from 'vitest';
import { parametersFrom } from '../../../cli/drift.ts';

describe('parameters of the command line', () => {
  it('are JSON where they are that, and text everywhere else', () => {
    expect(parametersFrom(['port=22', 'tier=web', 'names=["a","b"]', 'title=a=b', 'empty='])).toEqual({
      port: 22,
      tier: 'web',
      names: ['a', 'b'],
      title: 'a=b',
      empty: '',
    });
    expect(() => parametersFrom(['=1'])).toThrow('write name=value');
  });
});
