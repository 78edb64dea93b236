import type { Command } from 'commander';
import { examplesFirst } from '../help.ts';
import { handled } from '../program-options.ts';

const ABOUT = {
  server: {
    verb: 'start',
    text: 'answer the API; settings are RUNWARD_* variables',
    example: 'RUNWARD_REDIS_URL=redis://127.0.0.1:6379 runward server start',
  },
  worker: {
    verb: 'start',
    text: 'carry runs; settings are RUNWARD_* variables',
    example: 'RUNWARD_REDIS_URL=redis://127.0.0.1:6379 runward worker start',
  },
  simulator: {
    verb: 'start',
    text: 'a stand-in for Azure on this computer; its options follow',
    example: 'runward simulator start --estate contoso-shop --scale 60 --print-env',
  },
} as const;

/** A process of the product that a command starts. */
export type ProcessName = keyof typeof ABOUT;

/** `server start`, `worker start`, `simulator start`: one process each, options passed through. */
export function processCommand(program: Command, name: ProcessName): void {
  const about = ABOUT[name];
  program
    .command(name)
    .description(`run the ${name}`)
    .addHelpText('before', examplesFirst([about.example]))
    .command(`${about.verb} [options...]`)
    .description(about.text)
    .allowUnknownOption()
    .helpOption(name === 'simulator' ? false : '-h, --help')
    .action(handled(async (_session, args) => (await import('../process-start.ts')).startProcess(name, args)))
    .addHelpText('before', examplesFirst([about.example]));
}
