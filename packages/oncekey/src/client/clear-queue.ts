/**
 * One person's requests out of the database of `offlineQueue`. A file of its own, and without the
 * queue's code: a page that signs out need not be one that has a queue.
 */
import { QUEUE } from "./bodies.ts";
import { salted } from "./keep.ts";

export function clearQueue(principal: string): void {
  const opening = indexedDB.open(QUEUE);
  // There was none, and looking must not make it.
  opening.onupgradeneeded = () => opening.transaction?.abort();
  opening.onsuccess = () => {
    const database = opening.result;
    const transaction = database.transaction("requests", "readwrite");
    const walking = transaction.objectStore("requests").openCursor();
    walking.onsuccess = () => {
      const cursor = walking.result;
      if (!cursor) return;
      const { key, principal: whose } = cursor.value;
      if (whose === salted(key, principal)) cursor.delete();
      cursor.continue();
    };
    // Closed as soon as the transaction has ended: an open one stands in the way of whoever deletes it.
    database.close();
  };
}
