// Sequences that colour or move in a terminal: ESC [ … letter, ESC ] … BEL, and single ones.
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const SEQUENCES = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[@-Z\\-_])/g;
// oxlint-disable-next-line no-control-regex -- see above
const CONTROLS = /[\u0000-\u0008\u000B-\u001F\u007F]/g;
// Marks that turn the direction of writing around could make a name read as another one.
const TURNS = /[\u202A-\u202E\u2066-\u2069]/g;

/** Text of a machine or a stranger, safe to read: no terminal sequences, control characters as their symbols. */
export function plainText(text: string): string {
  return text.replace(SEQUENCES, '').replace(CONTROLS, symbol).replace(TURNS, '\uFFFD');
}

function symbol(character: string): string {
  const code = character.charCodeAt(0);
  return code === 0x7f ? '\u2421' : String.fromCharCode(0x2400 + code);
}
