import { z } from 'zod';

// The parts of SARIF 2.1.0 (OASIS, errata 01) that findings use, closed: a property that the standard does not have, or that is misplaced, is refused.

const message = z.strictObject({ text: z.string().min(1) });
const uri = z.string().regex(/^(?:[A-Za-z0-9\-._~!$&'()*+,;=@/]|%[0-9A-F]{2})+$/, 'is no relative reference (RFC 3986)');
const artifactLocation = z.strictObject({ uri });
const position = z.number().int().min(1);
const region = z.strictObject({ startLine: position, startColumn: position, endLine: position.optional(), endColumn: position.optional() });
const physicalLocation = z.strictObject({ artifactLocation, region });
const logicalLocation = z.strictObject({
  fullyQualifiedName: z.string().startsWith('/'),
  kind: z.enum(['object', 'array', 'property', 'value']),
});
const location = z.strictObject({
  id: z.number().int().min(0).optional(),
  message: message.optional(),
  physicalLocation,
  logicalLocations: z.array(logicalLocation).optional(),
});
const level = z.enum(['none', 'note', 'warning', 'error']);

const rule = z.strictObject({
  id: z.string(),
  shortDescription: message,
  help: message,
  defaultConfiguration: z.strictObject({ level }),
});

const fix = z.strictObject({
  description: message,
  artifactChanges: z
    .array(
      z.strictObject({
        artifactLocation,
        replacements: z.array(z.strictObject({ deletedRegion: region, insertedContent: z.strictObject({ text: z.string() }) })).min(1),
      }),
    )
    .min(1),
});

const result = z.strictObject({
  ruleId: z.string(),
  ruleIndex: z.number().int().min(0),
  level,
  message,
  locations: z.array(location).min(1),
  relatedLocations: z.array(location).min(1).optional(),
  partialFingerprints: z.record(z.string(), z.string()),
  fixes: z.array(fix).min(1).optional(),
});

/** A log with one run. */
export const sarifLog = z.strictObject({
  $schema: z.url(),
  version: z.literal('2.1.0'),
  runs: z
    .array(
      z.strictObject({
        tool: z.strictObject({
          driver: z.strictObject({
            name: z.string().min(1),
            version: z.string(),
            semanticVersion: z.string().regex(/^\d+\.\d+\.\d+/),
            rules: z.array(rule),
          }),
        }),
        columnKind: z.enum(['utf16CodeUnits', 'unicodeCodePoints']),
        results: z.array(result),
      }),
    )
    .length(1),
});
