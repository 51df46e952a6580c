internal import Synchronization

/// Zeroes bytes that were secret.
///
/// Hazard: stores into memory that nobody reads again are removed by the optimizer. `observe` might
/// read it, for all that the optimizer knows, because it may not look inside.
@inline(__always)
func erase<let count: Int>(_ bytes: inout InlineArray<count, UInt8>) {
  for index in bytes.indices { bytes[index] = 0 }
  observe(bytes.span)
}

@inline(never)
@_optimize(none)
private func observe(_ bytes: Span<UInt8>) { _ = unknown.load(ordering: .relaxed) }

/// Keeps the stores into a secret that is about to die.
@inline(never)
@_optimize(none)
func observe(_ secret: borrowing TokenSecret) { _ = unknown.load(ordering: .relaxed) }

private let unknown = Atomic<UInt8>(0)
