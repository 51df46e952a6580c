/// A rule, compiled: which sets of relations allow an action.
struct Rule: Sendable, Hashable {
  /// Each of these allows by itself.
  var singles: Relations = []
  /// Where in the policy's sets the rule's begin, each of several relations that allow together.
  var setsStart: UInt32 = 0
  var setCount: UInt32 = 0
  /// Where in the policy's named relations the rule's begin, for the first of its own bits.
  var namedStart: UInt32 = 0

  /// The rule's sets, among the policy's.
  var sets: Range<Int> { Int(setsStart)..<Int(setsStart) + Int(setCount) }
}
