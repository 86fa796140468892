// JSON Patch (RFC 6902) on a document, in place. It raises where a patch does not fit: then the document must be
// fetched anew, since half a patch may have been applied.

export function applyPatch(document, changes) {
  for (const change of changes) applyOne(document, change);
}

function applyOne(document, change) {
  const path = pointer(change.path);
  switch (change.op) {
    case "add":
      return add(document, path, change.value);
    case "remove":
      return void remove(document, path);
    case "replace":
      return replace(document, path, change.value);
    case "move":
      return add(document, path, remove(document, pointer(change.from)));
    case "copy":
      return add(document, path, structuredClone(valueAt(document, pointer(change.from))));
    case "test":
      if (JSON.stringify(valueAt(document, path)) === JSON.stringify(change.value)) return undefined;
      throw new Error(`test failed at ${change.path}`);
    default:
      throw new Error(`unknown operation ${change.op}`);
  }
}

// RFC 6901: `~1` is a slash and `~0` a tilde, in that order.
function pointer(text) {
  if (!text.startsWith("/")) throw new Error(`the whole document cannot be the target: ${text}`);
  return text
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function valueAt(document, path) {
  let found = document;
  for (const key of path) {
    // Own members only: a reading may be called `constructor`.
    if (found === null || typeof found !== "object" || !Object.hasOwn(found, key)) throw new Error(`nothing at ${key}`);
    found = found[key];
  }
  return found;
}

function add(document, path, value) {
  const parent = valueAt(document, path.slice(0, -1));
  const key = path.at(-1);
  if (!Array.isArray(parent)) return define(parent, key, value);
  const index = key === "-" ? parent.length : Number(key);
  if (!Number.isInteger(index) || index < 0 || index > parent.length) throw new Error(`no place at ${key}`);
  parent.splice(index, 0, value);
}

// In its place: readings are shown in the order in which they stand.
function replace(document, path, value) {
  valueAt(document, path);
  define(valueAt(document, path.slice(0, -1)), path.at(-1), value);
}

// Not by assignment, which would change the prototype where a reading is called `__proto__`.
function define(parent, key, value) {
  Object.defineProperty(parent, key, { value, writable: true, enumerable: true, configurable: true });
}

function remove(document, path) {
  const parent = valueAt(document, path.slice(0, -1));
  const key = path.at(-1);
  const removed = valueAt(parent, [key]);
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
  return removed;
}
