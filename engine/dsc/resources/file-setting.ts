import { cannotSet, commands, type Differing, type SetCommand, type SetKind, type Setting, together } from '../setting.ts';

interface FileWish {
  readonly path: string;
  readonly type?: 'file' | 'directory' | 'link' | undefined;
  readonly target?: string | undefined;
  readonly content?: string | undefined;
  readonly owner?: string | number | undefined;
  readonly group?: string | number | undefined;
  readonly mode?: string | undefined;
  readonly _exist: boolean;
}

// A folder that is not empty stays: nothing is ever removed below it.
const REMOVE: SetKind = {
  name: 'file.remove',
  seconds: 30,
  body: `if [ -d "$1" ] && [ ! -L "$1" ]; then rmdir -- "$1"; else rm -f -- "$1"; fi`,
};

const LINK: SetKind = {
  name: 'file.link',
  seconds: 30,
  body: `[ ! -d "$1" ] || [ -L "$1" ] || fail "$1 is a folder and does not become a link"
ln -sfn -- "$2" "$1"`,
};

const FOLDER: SetKind = {
  name: 'file.folder',
  seconds: 30,
  body: `[ -d "$1" ] && [ ! -L "$1" ] && exit 0
[ ! -e "$1" ] && [ ! -L "$1" ] || fail "$1 is there and is no folder"
mkdir -- "$1"`,
};

/** Writes beside the file and renames, so that nobody ever reads half of it; what is not given stays as it was. */
const CONTENT: SetKind = {
  name: 'file.content',
  seconds: 60,
  body: `need mktemp; need stat; p=$1
if [ -L "$p" ] && [ -z "$5" ]; then p=$(readlink -f -- "$p") || fail "nobody can tell where the link $1 leads"; fi
[ ! -d "$p" ] || [ -L "$p" ] || fail "$p is a folder"
[ -d "\${p%/*}/" ] || fail "the folder \${p%/*} is not there"
t=$(mktemp "\${p%/*}/.rw-XXXXXXXX") || exit 1; trap 'rm -f -- "$t"' EXIT
cat > "$t" && [ "$(wc -c < "$t")" -eq "$6" ] || fail "the content of $p did not arrive as a whole"
if [ -f "$p" ] && [ ! -L "$p" ]; then
o=$(stat -c %u:%g -- "$p") && m=$(stat -c %a -- "$p") || exit 1
[ "$(stat -c %u:%g -- "$t")" = "$o" ] || chown -- "$o" "$t" || exit 1
else m=644; fi
[ -z "$2" ] || chown -- "$2" "$t" || exit 1
[ -z "$3" ] || chown -- ":$3" "$t" || exit 1
chmod -- "\${4:-$m}" "$t" && mv -f -- "$t" "$p"`,
};

// A change of the owner takes away the upper bits of the mode, so the mode comes last.
const ATTRIBUTES: SetKind = {
  name: 'file.attributes',
  seconds: 30,
  body: `[ -e "$1" ] || [ -L "$1" ] || fail "$1 is not there"
[ -z "$2" ] || chown -h -- "$2" "$1" || exit 1
[ -z "$3" ] || chown -h -- ":$3" "$1" || exit 1
[ -z "$4" ] || chmod -- "$4" "$1"`,
};

const MAKING = ['/_exist', '/type', '/target', '/content', '/sha256'];

/** How a file, folder or link becomes as desired. */
export function fileSetting(desired: FileWish, differing: Differing): Setting {
  const { path } = desired;
  if (!desired._exist) return commands({ kind: REMOVE, args: [path], summary: `remove ${path}` });
  const makes = MAKING.filter((one) => differing.has(one));
  if (makes.length === 0) return commands(attributes(desired));
  const kind = desired.type ?? (desired.target === undefined ? 'file' : 'link');
  switch (kind) {
    case 'directory':
      return commands({ kind: FOLDER, args: [path], summary: `make the folder ${path}` }, attributes(desired));
    case 'link': {
      if (desired.target === undefined) return cannotSet(makes, 'the document does not say where the link points');
      const link = { kind: LINK, args: [path, desired.target], summary: `link ${path} to ${desired.target}` };
      return commands(link, attributes({ ...desired, mode: undefined }));
    }
    case 'file':
      return withContent(desired, differing, makes);
  }
}

function withContent(desired: FileWish, differing: Differing, makes: readonly string[]): Setting {
  const { path, content } = desired;
  if (content === undefined || content.includes('\0')) {
    const why = content === undefined ? 'the document does not hold its content' : 'its content has a NUL character';
    const rest = differing.has('/_exist') ? undefined : attributes(desired);
    return together(commands(rest), cannotSet(makes, why));
  }
  const args = [path, ...ownership(desired), desired.type ?? '', String(new TextEncoder().encode(content).length)];
  return commands({ kind: CONTENT, args, input: content, summary: `write ${path}` });
}

function attributes(desired: FileWish): SetCommand | undefined {
  const [owner, group, mode] = ownership(desired);
  const words = [
    ...(owner === '' && group === '' ? [] : [`chown ${owner}${group === '' ? '' : `:${group}`}`]),
    ...(mode === '' ? [] : [`chmod ${mode}`]),
  ];
  if (words.length === 0) return undefined;
  return { kind: ATTRIBUTES, args: [desired.path, owner, group, mode], summary: `${words.join(' and ')} ${desired.path}` };
}

function ownership({ owner, group, mode }: FileWish): readonly [owner: string, group: string, mode: string] {
  return [String(owner ?? ''), String(group ?? ''), mode ?? ''];
}
