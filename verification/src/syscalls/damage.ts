/** What a SQLite file says of itself. */
import Database from "libsql";

/** In SQLite's own words; empty if the file is sound. */
export function damageOf(file: string): readonly string[] {
  const database = new Database(file);
  try {
    const rows = database.prepare("pragma integrity_check").all() as readonly object[];
    const words = rows.map((row) => String(Object.values(row)[0]));
    return words.filter((word) => word !== "ok");
  } catch (error) {
    return [String(error)];
  } finally {
    database.close();
  }
}
