/** Creates a value on first use and keeps it: building a schema takes a fraction of a millisecond that most commands save. */
export function once<Value>(create: () => Value): () => Value {
  let created: { value: Value } | undefined;
  return () => {
    created ??= { value: create() };
    return created.value;
  };
}
