/** A worker whose store says that a result is kept before it is: the sweep has to find that. */
import { serve, type WorkerSettings } from "../src/syscalls/service.ts";

await serve(JSON.parse(process.argv[2] ?? "") as WorkerSettings, (ground) => ({
  ...ground,
  store: {
    ...ground.store,
    async complete(lease, result) {
      ground.store.complete(lease, result).catch(() => {});
      return true;
    },
  },
}));
