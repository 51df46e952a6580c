internal import Glibc

/// Zeroed memory of this process alone, straight from the kernel. A page that nothing was written
/// to takes none. Only one thread at a time may touch it.
///
/// `@safe`: it is unmapped once, in deinit.
@safe
package final class PrivateMemory: Sendable {
  package nonisolated(unsafe) let start: UnsafeMutableRawPointer
  package let byteCount: Int

  /// Maps `byteCount` bytes, on huge pages where the kernel gives them: a table that is read at
  /// random then misses no translation of addresses. Traps where no address space is left.
  package init(byteCount: Int) {
    let made = unsafe mmap(
      nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let made = unsafe made, unsafe made != MAP_FAILED else {
      preconditionFailure("no address space is left for \(byteCount) bytes")
    }
    // A kernel without huge pages refuses, and goes on without.
    _ = unsafe madvise(made, byteCount, MADV_HUGEPAGE)
    unsafe start = unsafe made
    self.byteCount = byteCount
  }

  deinit { unsafe munmap(start, byteCount) }
}
