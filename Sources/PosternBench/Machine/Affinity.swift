internal import CLinux

/// Which processor runs what: every server on the first that this process may use, this client on
/// the second. With one processor everything shares it, and nothing is pinned.
enum Affinity {
  /// The mask of `sched_setaffinity`: 1,024 bits, as glibc's `cpu_set_t` has.
  private typealias Mask = [CUnsignedLongLong]

  /// The processors of this process when it started.
  static let processors: [Int] = {
    var mask = Mask(repeating: 0, count: 16)
    // SAFETY: the call writes at most the mask's bytes.
    guard unsafe clinux_get_affinity(&mask, UInt(mask.count * 8)) >= 0 else { return [] }
    return (0..<1024).filter { mask[$0 / 64] >> UInt64($0 % 64) & 1 == 1 }
  }()

  static var isPinned: Bool { processors.count > 1 }

  /// Moves the calling thread to the servers' processor. A child that is made then inherits it from
  /// its first instruction on.
  static func pinAsServer() { pin(to: 0) }

  /// Moves the calling thread to the client's processor.
  static func pinAsClient() { pin(to: 1) }

  private static func pin(to position: Int) {
    guard isPinned else { return }
    var mask = Mask(repeating: 0, count: 16)
    mask[processors[position] / 64] = 1 << UInt64(processors[position] % 64)
    // SAFETY: the call reads the mask's bytes.
    _ = unsafe clinux_set_affinity(mask, UInt(mask.count * 8))
  }
}
