/// What becomes of a child transaction's changes, with the answer of whoever made them.
package enum ChildOutcome<Value> {
  /// The changes join the parent's.
  case keep(Value)

  /// The changes are undone: a refusal, which is no error of the store.
  case undo(Value)
}
