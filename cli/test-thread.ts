import { parentPort, workerData } from 'node:worker_threads';
import { actions } from '../engine/actions/registry.ts';
import { loadDocuments } from '../engine/language/load.ts';
import { playShare, type ThreadRequest } from './play-tests.ts';

// A further thread of `runward test`. What is checked holds functions, which no thread can give to another: it checks the project for itself.
const request = workerData as ThreadRequest;
const loaded = loadDocuments(request.files, { actions });
parentPort?.postMessage(await playShare(loaded, request, request.next));
