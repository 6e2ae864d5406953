import { copyFile, mkdir, rename, rm, symlink } from "node:fs/promises";
import { dirname, relative } from "node:path";

/**
 * Makes a snapshot's path lead to a blob: by a relative link, or, where there can be none, by moving a blob that is new and copying
 * one that others may use.
 */
export async function linkToBlob(blob: string, pointer: string, links: boolean, isNew: boolean): Promise<void> {
  const draft = `${pointer}.${process.pid}.tmp`;
  await mkdir(dirname(pointer), { recursive: true });
  await rm(draft, { force: true });
  const linked =
    links &&
    (await symlink(relative(dirname(pointer), blob), draft).then(
      () => true,
      () => false,
    ));
  if (!linked && isNew) return rename(blob, pointer);
  if (!linked) await copyFile(blob, draft);
  await rename(draft, pointer);
}
