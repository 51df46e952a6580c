internal import Synchronization

/// Zeroes secret bytes.
///
/// Hazard: the optimizer removes stores into memory that is not read again. It can't look into
/// `observe`, so it must assume that `observe` reads the bytes.
@inline(__always)
func erase<let count: Int>(_ bytes: inout InlineArray<count, UInt8>) {
  for index in bytes.indices { bytes[index] = 0 }
  observe(bytes.span)
}

@inline(never)
@_optimize(none)
private func observe(_ bytes: Span<UInt8>) { _ = unknown.load(ordering: .relaxed) }

/// Prevents the optimizer from removing stores into a secret whose lifetime ends.
@inline(never)
@_optimize(none)
func observe(_ secret: borrowing TokenSecret) { _ = unknown.load(ordering: .relaxed) }

private let unknown = Atomic<UInt8>(0)

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
