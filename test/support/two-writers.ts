import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { postgresPrograms } from './lacks.ts';
import type { PostgresPair, PostgresServer } from './postgres.ts';

const execute = promisify(execFile);
const TURN_MS = 20;

/** A client that writes one row after another and a witness that looks for two servers that take writes at the same time. */
export interface Watch {
  /** Numbers of the rows that a server has confirmed so far. */
  readonly confirmed: () => readonly number[];
  /** Moments at which both servers took writes; must stay empty. */
  readonly doubles: () => readonly string[];
  readonly looks: () => number;
  readonly stop: () => Promise<void>;
}

/** Makes the table and starts writer and witness; the writer finds the server that takes writes as libpq does. */
export async function watchWrites(pair: PostgresPair): Promise<Watch> {
  const [first, second] = pair.servers;
  await first.query('create table if not exists orders (number bigint primary key)');
  const confirmed: number[] = [];
  const doubles: string[] = [];
  let looks = 0;
  let going = true;

  const both = `host=127.0.0.1,127.0.0.1 port=${first.port},${second.port} user=${pair.login.name} dbname=postgres connect_timeout=2`;
  const psql = `${postgresPrograms() ?? ''}/psql`;
  const write = async (number: number): Promise<void> => {
    const sql = `insert into orders values (${number})`;
    await execute(psql, ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', `${both} target_session_attrs=read-write`, '-c', sql]);
    confirmed.push(number);
  };
  const writer = async (): Promise<void> => {
    for (let number = 1; going; number += 1) await write(number).catch(() => pause());
  };
  const witness = async (): Promise<void> => {
    while (going) {
      // The first server is asked again: two answers at different moments around a switch are no double.
      const seen = [await takesWrites(first), await takesWrites(second), await takesWrites(first)];
      if (seen.every(Boolean)) doubles.push(new Date().toISOString());
      looks += 1;
      await pause();
    }
  };
  const ended = Promise.all([writer(), witness()]);
  return {
    confirmed: () => [...confirmed],
    doubles: () => [...doubles],
    looks: () => looks,
    stop: async () => {
      going = false;
      await ended;
    },
  };
}

async function takesWrites(server: PostgresServer): Promise<boolean> {
  return await server.query('select not pg_is_in_recovery()').then(
    (answer) => answer === 't',
    () => false,
  );
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, TURN_MS));
}
