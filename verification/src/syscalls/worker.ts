/** A process of its own with the application: the one that meets the fault. */
import { serve, type WorkerSettings } from "./service.ts";

await serve(JSON.parse(process.argv[2] ?? "") as WorkerSettings);
