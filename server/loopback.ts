import type { Config } from '../engine/config.ts';
import { RunwardError } from '../engine/errors.ts';

/** True for addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return /^(127(\.\d{1,3}){3}|localhost|::1|\[::1\])$/i.test(host);
}

/** True for a Host header that names this machine; every other name could be a foreign page that resolves to it. */
export function isLoopbackHost(header: string | undefined): boolean {
  return header !== undefined && isLoopback(header.replace(/:\d{1,5}$/, ''));
}

/** True when the cloud is a simulator on this machine: Azure never answers at a loopback address. */
export function isSimulated(config: Config): boolean {
  return isLoopback(new URL(config.azure.armEndpoint).hostname);
}

/** Throws USAGE_OPEN for a server without sign-in that others could reach, or that could touch a real estate. */
export function refuseOpen(config: Config): void {
  if (config.auth !== 'none') return;
  if (!isLoopback(config.host)) {
    throw new RunwardError(
      'USAGE_OPEN',
      `without sign-in the server listens on a loopback address only, not on ${config.host}: set RUNWARD_AUTH=token`,
    );
  }
  if (!isSimulated(config)) {
    throw new RunwardError(
      'USAGE_OPEN',
      `without sign-in only the simulator can be used, not ${config.azure.armEndpoint}: set RUNWARD_AUTH=token`,
    );
  }
}
