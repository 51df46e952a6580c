/// Whether two runs of bytes are equal, in a time that depends on their counts only.
///
/// Never inlined, so that no caller's knowledge of the bytes turns it into an early exit.
@inline(never)
package func constantTimeEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
  guard left.count == right.count else { return false }
  var difference: UInt8 = 0
  for index in left.indices { difference |= left[index] ^ right[index] }
  return difference == 0
}
