/**
 * The places of a body that the SDK's own object does not have. SDKs lift the fields of `properties` to the level above for some resources, turn
 * times into dates, and keep maps as they are; null and absent are the same to them.
 */
export function lostFields(raw: unknown, made: unknown): readonly string[] {
  const lost: string[] = [];
  compare(raw, made, { pointer: '', lost });
  return lost;
}

function compare(raw: unknown, made: unknown, place: { readonly pointer: string; readonly lost: string[] }): void {
  if (raw === null || raw === undefined) return;
  if (Array.isArray(raw)) {
    if (!Array.isArray(made)) return void place.lost.push(place.pointer);
    for (const [number, each] of raw.entries()) compare(each, made[number], { ...place, pointer: `${place.pointer}/${number}` });
    return;
  }
  if (typeof raw === 'object') {
    if (typeof made !== 'object' || made === null) return void place.lost.push(place.pointer);
    const fields = made as Readonly<Record<string, unknown>>;
    for (const [name, value] of Object.entries(raw)) {
      const lifted = name === 'properties' && fields[name] === undefined;
      compare(value, lifted ? fields : fields[nameIn(fields, name)], { ...place, pointer: `${place.pointer}/${name}` });
    }
    return;
  }
  const same =
    made instanceof Date
      ? Math.abs(made.getTime() - Date.parse(`${raw as string | number | boolean}`)) < 1000 || Number.isNaN(made.getTime())
      : made === raw;
  if (!same) place.lost.push(place.pointer);
}

/** SDKs spell a few names with other capitals than the wire does, and leave the sign of `$schema` out. */
function nameIn(fields: Readonly<Record<string, unknown>>, name: string): string {
  if (name in fields) return name;
  const bare = name.replace(/^\$/, '').toLowerCase();
  return Object.keys(fields).find((each) => each.toLowerCase() === bare) ?? name;
}
