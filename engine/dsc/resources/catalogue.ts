import type { ResourceType } from '../resource.ts';
import { fileLine } from './file-line.ts';
import { file } from './file.ts';
import { packageType } from './package.ts';
import { service } from './service.ts';
import { sysctl } from './sysctl.ts';
import { user } from './user.ts';

const LIST: readonly ResourceType[] = [file, fileLine, packageType, service, sysctl, user];

/** Every resource type by its name, for example `Runward.Linux/File`; sorted by name. */
export const resourceTypes: ReadonlyMap<string, ResourceType> = new Map(LIST.map((type) => [type.type, type]));
