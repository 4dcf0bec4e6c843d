/**
 * One object store of IndexedDB, by transactions of one request. Each opens the database and closes
 * it: an open one would stand in the way of `clearIntents`.
 */

export type Transact = <Result>(
  mode: IDBTransactionMode,
  call: (store: IDBObjectStore) => IDBRequest<Result>,
) => Promise<Result>;

export function opener(
  name: string,
  store: string,
  create: (database: IDBDatabase) => void,
): Transact {
  function open(): Promise<IDBDatabase> {
    const opening = indexedDB.open(name, 1);
    return new Promise((resolve, reject) => {
      opening.onupgradeneeded = () => create(opening.result);
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
  }

  return async function transact(mode, call) {
    const database = await open();
    try {
      // "strict": on the disk before it is called done, since a machine may lose its power.
      const transaction = database.transaction(store, mode, { durability: "strict" });
      const request = call(transaction.objectStore(store));
      await new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error);
      });
      return request.result;
    } finally {
      database.close();
    }
  };
}
