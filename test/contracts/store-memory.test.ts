import { makeMemoryStore } from '../../adapters/memory/store.ts';
import { exerciseStore } from './store-contract.ts';

// A clock that moves by a millisecond each time it is read: time passes, and the same way in every run.
let now = 1_700_000_000_000;
const store = makeMemoryStore({
  nowMs: () => {
    now += 1;
    return now;
  },
});

exerciseStore('the memory store', () => store);
