/// Whether two spans have equal bytes, in a time that depends only on their counts.
///
/// Never inlined, so that the compiler can't use what a caller knows of the bytes for an early
/// exit.
@inline(never)
package func constantTimeEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
  guard left.count == right.count else { return false }
  var difference: UInt8 = 0
  for index in left.indices { difference |= left[index] ^ right[index] }
  return difference == 0
}
