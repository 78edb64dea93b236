import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cksum } from '../../../engine/dsc/cksum.ts';
import { inDependencyOrder } from '../../../engine/dsc/order.ts';
import { compareVersions, parseVersionRange, versionFits } from '../../../engine/dsc/resources/debian-version.ts';

describe('the checksum of frames', () => {
  it('is that of POSIX cksum', () => {
    const texts = ['', 'a', '1 eHgwMDA=', 'Grüße\n', 'x'.repeat(70_000)];
    for (const text of texts) {
      const [expected] = execFileSync('cksum', { input: text, encoding: 'utf8' }).split(' ');
      expect(cksum(text)).toBe(Number(expected));
    }
  });
});

describe('the order of instances', () => {
  const item = (id: string, ...dependsOn: string[]) => ({ id, dependsOn });

  it('puts what is needed just before what needs it, and otherwise keeps the written order', () => {
    const order = inDependencyOrder([item('third', 'first', 'second'), item('second', 'first'), item('first'), item('fourth', 'third')]);
    expect('ordered' in order && order.ordered.map(({ id }) => id)).toEqual(['first', 'second', 'third', 'fourth']);
  });

  it.each([3, 6, 10])('finds a cycle of %i with its whole path', (length) => {
    const items = Array.from({ length }, (_, index) => item(String(index), String((index + 1) % length)));
    expect(inDependencyOrder(items)).toEqual({ cycle: [...items.map(({ id }) => id), '0'] });
  });
});

describe('Debian versions', () => {
  // The examples of deb-version(7) and Debian Policy 5.6.12.
  it.each([
    ['1.0', '1.0', 0],
    ['1.0~rc1', '1.0', -1],
    ['1:0.4', '0.5', 1],
    ['1.10', '1.9', 1],
    ['1.0-1', '1.0-1+b1', -1],
    ['2.0-1~bpo12+1', '2.0-1', -1],
    ['1.0a', '1.0+', -1],
    ['5.2.15-2+b7', '5.2.15-2+b7', 0],
  ])('orders %s and %s', (left, right, expected) => {
    expect(Math.sign(compareVersions(left, right))).toBe(expected);
    expect(Math.sign(compareVersions(right, left))).toBe(expected === 0 ? 0 : -expected);
  });

  it('fit a range only when every bound holds', () => {
    expect(versionFits('1:9.2p1-2', '>= 1:9, < 1:10')).toBe(true);
    expect(versionFits('1:10.0-1', '>= 1:9, < 1:10')).toBe(false);
    expect(versionFits('1.2', '1.2')).toBe(true);
    expect(parseVersionRange('>= ')).toBeUndefined();
    expect(parseVersionRange('')).toBeUndefined();
  });

  it('are ordered the same way from both sides', () => {
    const version = fc.stringMatching(/^[0-9][0-9a-z.+~]{0,8}(-[0-9a-z.+~]{1,4})?$/);
    fc.assert(
      fc.property(
        version,
        version,
        (left, right) => Math.sign(compareVersions(left, right)) === -Math.sign(compareVersions(right, left)) + 0,
      ),
    );
  });
});
