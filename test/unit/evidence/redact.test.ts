import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RunwardError } from '../../../engine/errors.ts';
import { createRedactor } from '../../../engine/evidence/redact.ts';

const SEED = Number(process.env['SEED'] ?? 20_261);

const SECRET = 'p&ss "wörd"/<7>\'+';
const bytes = Buffer.from(SECRET);

const FORMS: Readonly<Record<string, string>> = {
  raw: SECRET,
  base64: bytes.toString('base64'),
  'base64 behind one byte': Buffer.from(`x${SECRET}`).toString('base64'),
  'base64 behind two bytes': Buffer.from(`xy${SECRET}zz`).toString('base64'),
  base64url: bytes.toString('base64url'),
  hex: bytes.toString('hex'),
  'hex in capitals': bytes.toString('hex').toUpperCase(),
  url: encodeURIComponent(SECRET),
  form: new URLSearchParams({ v: SECRET }).toString(),
  json: JSON.stringify({ v: SECRET }),
  'json with escaped slashes': JSON.stringify({ v: SECRET }).replaceAll('/', '\\/'),
  xml: `<a b="p&amp;ss &quot;wörd&quot;/&lt;7&gt;&#39;+"/>`,
};

test.each(Object.entries(FORMS))('the secret is gone as %s', (_name, form) => {
  const shown = createRedactor([SECRET]).text(`before ${form} after`);
  expect(shown).toContain('***');
  expect(shown).toMatch(/^before .* after$/);
  const core = form.replaceAll(/[^A-Za-z0-9]/g, '').slice(8, 16);
  expect(shown).not.toContain(core.length === 8 ? core : SECRET);
});

test('lines of a longer secret are secrets as well, short lines are not', () => {
  const redactor = createRedactor(['-----BEGIN KEY-----\nMIIEvAIBADANBg\nab\n-----END KEY-----']);
  expect(redactor.text('> MIIEvAIBADANBg\n> ab')).toBe('> ***\n> ab');
});

test('a secret below six bytes is refused', () => {
  expect(() => createRedactor(['short'])).toThrow(RunwardError);
});

test('without secrets everything passes as it is, at once', () => {
  const stream = createRedactor([]).stream();
  expect(stream.push('as it is')).toBe('as it is');
  expect(stream.end()).toBe('');
});

test(`pieces of text give what the whole text gives (seed ${SEED})`, () => {
  const secret = fc.string({ unit: fc.constantFrom('a', 'b', 'A', '/', '"', 'é'), minLength: 6, maxLength: 12 });
  const chunk = fc.oneof(fc.string({ maxLength: 5 }), secret, fc.constantFrom('aaaaaaa', 'ab', 'bab'));
  const property = fc.property(fc.array(secret, { minLength: 1, maxLength: 3 }), fc.array(chunk, { maxLength: 12 }), (secrets, filler) => {
    const redactor = createRedactor(secrets);
    const chunks = filler.flatMap((piece, at) => [
      piece,
      secrets[at % secrets.length]?.slice(0, 4) ?? '',
      secrets[at % secrets.length]?.slice(4) ?? '',
    ]);
    const stream = redactor.stream();
    const streamed = chunks.map((piece) => stream.push(piece)).join('') + stream.end();
    expect(streamed).toBe(redactor.text(chunks.join('')));
    for (const value of secrets) expect(streamed.toLowerCase()).not.toContain(value.toLowerCase());
  });
  fc.assert(property, { seed: SEED, numRuns: 300 });
});

test(`no encoding of any secret survives, wherever the pieces are cut (seed ${SEED})`, () => {
  const property = fc.property(
    fc.uint8Array({ minLength: 4, maxLength: 30 }),
    fc.nat(),
    fc.constantFrom(...Object.keys(FORMS)),
    (random, cut, form) => {
      const value = `s${Buffer.from(random).toString('base64')}`;
      const encoded: Record<string, string> = {
        raw: value,
        hex: Buffer.from(value).toString('hex'),
        url: encodeURIComponent(value),
        base64: Buffer.from(value).toString('base64'),
      };
      const text = `>${encoded[form] ?? value}<`;
      const stream = createRedactor([value]).stream();
      const at = cut % text.length;
      const shown = stream.push(text.slice(0, at)) + stream.push(text.slice(at)) + stream.end();
      expect(shown).not.toContain((encoded[form] ?? value).slice(0, -3));
    },
  );
  fc.assert(property, { seed: SEED, numRuns: 300 });
});
