import { chage, useradd, userdel, usermod } from './accounts.ts';
import { aptGet, aptMark } from './apt.ts';
import { curl } from './curl.ts';
import { dpkgQuery } from './dpkg-query.ts';
import { getent } from './getent.ts';
import { hostname } from './hostname.ts';
import { id } from './id.ts';
import { nc } from './nc.ts';
import { pgIsready } from './pg-isready.ts';
import { sysctl } from './sysctl.ts';
import { systemctl } from './systemctl.ts';
import { wget } from './wget.ts';

/** The stand-ins for tools that need more of a machine than its files; each is POSIX shell and works on files alone. */
export const SHIMS: readonly (readonly [string, string])[] = [
  ['systemctl', systemctl],
  ['curl', curl],
  ['wget', wget],
  ['nc', nc],
  ['pg_isready', pgIsready],
  ['hostname', hostname],
  ['id', id],
  ['getent', getent],
  ['dpkg-query', dpkgQuery],
  ['sysctl', sysctl],
  ['useradd', useradd],
  ['usermod', usermod],
  ['userdel', userdel],
  ['chage', chage],
  ['apt-get', aptGet],
  ['apt-mark', aptMark],
];
