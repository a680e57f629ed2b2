/** Makes something when it is first asked for: a schema takes a part of a millisecond that most commands need not spend. */
export function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
