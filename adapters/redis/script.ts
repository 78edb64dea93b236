import { createHash } from 'node:crypto';

/** A Lua script with its SHA-1 digest, by which Redis knows it. */
export interface Script {
  readonly name: string;
  readonly lua: string;
  readonly sha: string;
}

/** What a call of a script needs: every key is declared; arguments are text. */
export interface ScriptCall {
  readonly script: Script;
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

/** Names a script. */
export function script(name: string, lua: string): Script {
  return { name, lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/** The words with a blank around each, to be looked for in a Lua script: made once, where a table would be made at each call. */
export function luaWords(words: readonly string[]): string {
  return ` ${words.join(' ')} `;
}

/** Lua literal of a set of strings. */
export function luaSet(members: readonly string[]): string {
  return `{${members.map((member) => `['${member}']=true`).join(',')}}`;
}
